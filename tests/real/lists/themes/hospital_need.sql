-- title: 医院物资需求主题库
-- grain: 每次申报一行
-- department: wj
-- key: [record]
-- columns:
--   record: 申报序号
--   hospital: 医院名称
--   district: 区县；未填报时为空
--   supplies: 填报了需求数量的物资种数
-- not_null: [hospital, supplies]
-- hold:
--   物资种数不为负: supplies >= 0
SELECT
    record,
    max(value) FILTER (field = '医院名称') AS hospital,
    max(value) FILTER (field = '区县') AS district,
    count(*) FILTER (kind = 'supply' AND value <> '0') AS supplies
FROM wj_hospital_need
GROUP BY record
