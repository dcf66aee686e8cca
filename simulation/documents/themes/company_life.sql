-- title: 企业生命周期主题库
-- grain: 每个法人单位一行，按统一社会信用代码
-- department: sc
-- key: [credit_code]
-- columns:
--   credit_code: 统一社会信用代码
--   name: 名称
--   type: 主体类型
--   industry: 行业门类
--   division: 行政区划
--   street_code: 住所所在街道；地址未能对应时为空
--   established_on: 成立日期
--   age_years: 成立至构建之日的整年数
--   state: 登记状态
--   tax_state: 纳税人状态
--   employees_insured: 参加社会保险的在职人数
--   licences_valid: 有效证照数
--   licences_lapsed: 过期仍标为有效的证照数
--   penalties: 行政处罚次数
--   penalty_amount: 罚没金额合计（元）
--   stage: 阶段：设立一年内、存续、异常、退出
--   to_check: 需要核实的情形，多项以“；”分隔，没有则为空
-- not_null: [employees_insured, licences_valid, licences_lapsed, penalties, penalty_amount, stage]
-- hold:
--   阶段取值已知: stage IN ('设立一年内', '存续', '异常', '退出')
--   退出的单位持有有效证照都提示核实: NOT (stage = '退出' AND licences_valid > 0) OR to_check LIKE '%证照%'
--   成立年数不为负: age_years IS NULL OR age_years >= 0
WITH insured AS (
    SELECT employer_code, count(*) AS employees
    FROM population
    WHERE insured_state = '1' AND employer_code IS NOT NULL
    GROUP BY employer_code
),
licensed AS (
    SELECT
        holder_code,
        count(*) FILTER (state = '1' AND valid_to >= getvariable('as_of')) AS valid,
        count(*) FILTER (state = '1' AND valid_to < getvariable('as_of')) AS lapsed
    FROM licence
    WHERE holder_kind = '2'
    GROUP BY holder_code
),
penalised AS (
    SELECT party_code, count(*) AS times, coalesce(sum(amount), 0) AS amount
    FROM zf_penalty
    WHERE party_kind = '2'
    GROUP BY party_code
),
place AS (
    SELECT credit_code, street_code FROM legal_person_place WHERE item = 'address'
),
unit AS (
    SELECT
        l.*,
        CASE WHEN l.established_on <= getvariable('as_of') THEN date_sub('year', l.established_on, getvariable('as_of')) END
            AS age_years,
        CASE
            WHEN l.state IN ('cancelled', 'revoked') THEN '退出'
            WHEN l.tax_state = '02' THEN '异常'
            WHEN l.established_on > getvariable('as_of') - INTERVAL 1 YEAR THEN '设立一年内'
            ELSE '存续'
        END AS stage
    FROM legal_person AS l
)
SELECT
    u.credit_code,
    u.name,
    u.type,
    u.industry,
    u.division,
    a.street_code,
    u.established_on,
    u.age_years,
    u.state,
    u.tax_state,
    coalesce(i.employees, 0) AS employees_insured,
    coalesce(c.valid, 0) AS licences_valid,
    coalesce(c.lapsed, 0) AS licences_lapsed,
    coalesce(z.times, 0) AS penalties,
    coalesce(z.amount, 0) AS penalty_amount,
    u.stage,
    nullif(concat_ws('；',
        CASE WHEN u.stage = '退出' AND coalesce(c.valid, 0) > 0 THEN '已退出仍持有有效证照' END,
        CASE WHEN u.stage = '退出' AND coalesce(i.employees, 0) > 0 THEN '已退出仍有人参保' END,
        CASE WHEN coalesce(c.lapsed, 0) > 0 THEN '证照过期仍标为有效' END,
        CASE WHEN u.state = 'cancelled' AND u.tax_state = '01' THEN '已注销仍正常纳税' END
    ), '') AS to_check
FROM unit AS u
LEFT JOIN insured AS i ON i.employer_code = u.credit_code
LEFT JOIN licensed AS c ON c.holder_code = u.credit_code
LEFT JOIN penalised AS z ON z.party_code = u.credit_code
LEFT JOIN place AS a ON a.credit_code = u.credit_code
