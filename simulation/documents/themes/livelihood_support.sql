-- title: 民生保障主题库
-- grain: 每个保障对象一行：享受最低生活保障的、持残疾人证的，或家中有这样的人
-- department: mz
-- key: [citizen_id]
-- columns:
--   citizen_id: 公民身份号码
--   name: 姓名
--   age: 周岁，按构建之日
--   division: 户籍地区划
--   street_code: 户籍地址所在街道；地址未能对应时为空
--   minimum_living_state: 最低生活保障状态（1 享受，2 停发）
--   minimum_living_amount: 最低生活保障月金额（元）
--   disability_kind: 残疾类别
--   disability_level: 残疾等级（1 最重）
--   medical_covered: 是否有有效的基本医疗保险
--   household_members: 同户人数
--   household_supported: 同户享受最低生活保障的人数
--   died: 是否已登记死亡
--   to_check: 需要核实的情形，多项以“；”分隔，没有则为空
-- not_null: [medical_covered, household_members, household_supported, died]
-- hold:
--   已死亡的对象都提示核实: NOT (died AND coalesce(minimum_living_state, '') = '1') OR to_check LIKE '%死亡%'
--   年龄在 0 到 130 之间: age IS NULL OR age BETWEEN 0 AND 130
--   保障人数不超过同户人数: household_supported <= household_members
WITH person AS (
    SELECT
        citizen_id, name, division, household_no, minimum_living_state, minimum_living_amount, disability_kind,
        disability_level, coalesce(medical_state = '1', false) AS medical_covered,
        CASE WHEN birth_date <= getvariable('as_of') THEN date_diff('year', birth_date, getvariable('as_of'))
            - CASE WHEN strftime(birth_date, '%m%d') > strftime(getvariable('as_of'), '%m%d') THEN 1 ELSE 0 END END AS age,
        death_date IS NOT NULL AS died
    FROM population
),
household AS (
    SELECT
        household_no, count(*) AS members, count(*) FILTER (minimum_living_state = '1') AS supported,
        count(*) FILTER (disability_kind IS NOT NULL) AS disabled
    FROM person
    WHERE household_no IS NOT NULL
    GROUP BY household_no
),
place AS (
    SELECT citizen_id, street_code FROM population_place WHERE item = 'address'
)
SELECT
    p.citizen_id,
    p.name,
    CASE WHEN p.age BETWEEN 0 AND 130 THEN p.age END AS age,
    p.division,
    a.street_code,
    p.minimum_living_state,
    p.minimum_living_amount,
    p.disability_kind,
    p.disability_level,
    p.medical_covered,
    coalesce(h.members, 1) AS household_members,
    coalesce(h.supported, CASE WHEN p.minimum_living_state = '1' THEN 1 ELSE 0 END) AS household_supported,
    p.died,
    nullif(concat_ws('；',
        CASE WHEN p.died AND p.minimum_living_state = '1' THEN '已登记死亡仍享受保障' END,
        CASE WHEN p.disability_level = '1' AND p.minimum_living_state IS NULL AND NOT p.died THEN '一级残疾未纳入保障' END,
        CASE WHEN NOT p.medical_covered AND NOT p.died THEN '没有有效的医疗保险' END
    ), '') AS to_check
FROM person AS p
LEFT JOIN household AS h USING (household_no)
LEFT JOIN place AS a ON a.citizen_id = p.citizen_id
WHERE p.minimum_living_state IS NOT NULL OR p.disability_kind IS NOT NULL OR coalesce(h.supported + h.disabled, 0) > 0
