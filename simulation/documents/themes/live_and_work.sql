-- title: 居住与就业主题库
-- grain: 每个街道一行，按街道代码
-- department: ga
-- key: [street_code]
-- columns:
--   street_code: 街道代码
--   street: 街道名称
--   division: 所属区划
--   registered: 户籍人口（户籍地址在本街道、未登记死亡）
--   residents: 居住人口（有居住登记的按居住地址，其余按户籍地址）
--   children: 居住人口中不满 18 周岁的
--   elderly: 居住人口中 65 周岁及以上的
--   living_and_insured: 居住人口中在职参保的
--   employers: 住所在本街道的存续单位
--   jobs: 本街道单位的在职参保人数
--   jobs_per_insured: 岗位数与居住的在职参保人数之比；没有在职参保居民时为空
-- not_null: [registered, residents, children, elderly, living_and_insured, employers, jobs]
-- hold:
--   分组不超过居住人口: children + elderly <= residents AND living_and_insured <= residents
--   数量不为负: registered >= 0 AND residents >= 0 AND jobs >= 0
-- map: {street: street_code, value: residents, title: 各街道居住人口}
WITH located AS (
    SELECT
        citizen_id,
        max(street_code) FILTER (item = 'address') AS home_street,
        max(street_code) FILTER (item = 'residence_address') AS residence_street
    FROM population_place
    GROUP BY citizen_id
),
person AS (
    SELECT
        l.home_street,
        coalesce(l.residence_street, l.home_street) AS street_code,
        date_sub('year', p.birth_date, getvariable('as_of')) AS age,
        p.insured_state = '1' AS insured,
        p.employer_code
    FROM population AS p
    JOIN located AS l USING (citizen_id)
    WHERE p.death_date IS NULL
),
living AS (
    SELECT
        street_code,
        count(*) AS residents,
        count(*) FILTER (age < 18) AS children,
        count(*) FILTER (age >= 65) AS elderly,
        count(*) FILTER (insured) AS insured
    FROM person
    WHERE street_code IS NOT NULL
    GROUP BY street_code
),
registered AS (
    SELECT home_street AS street_code, count(*) AS people FROM person WHERE home_street IS NOT NULL GROUP BY home_street
),
staff AS (
    SELECT employer_code, count(*) AS jobs FROM person WHERE insured AND employer_code IS NOT NULL GROUP BY employer_code
),
working AS (
    SELECT a.street_code, count(*) AS employers, coalesce(sum(s.jobs), 0) AS jobs
    FROM legal_person AS l
    JOIN legal_person_place AS a ON a.credit_code = l.credit_code AND a.item = 'address'
    LEFT JOIN staff AS s ON s.employer_code = l.credit_code
    WHERE l.state = 'active' AND a.street_code IS NOT NULL
    GROUP BY a.street_code
)
SELECT
    t.street_code,
    t.name AS street,
    t.division,
    coalesce(r.people, 0) AS registered,
    coalesce(v.residents, 0) AS residents,
    coalesce(v.children, 0) AS children,
    coalesce(v.elderly, 0) AS elderly,
    coalesce(v.insured, 0) AS living_and_insured,
    coalesce(w.employers, 0) AS employers,
    CAST(coalesce(w.jobs, 0) AS BIGINT) AS jobs,
    round(CASE WHEN v.insured > 0 THEN coalesce(w.jobs, 0) / v.insured END, 2) AS jobs_per_insured
FROM place_street AS t
LEFT JOIN living AS v USING (street_code)
LEFT JOIN registered AS r USING (street_code)
LEFT JOIN working AS w USING (street_code)
