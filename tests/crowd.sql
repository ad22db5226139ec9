-- A crowd of applications, drawn as tests/oracle/population.py draws a case: a million projects in seconds.
-- $seed and $count (of neighbourhoods) are put in before it is run; tests/crowd.py says what for.

-- The random source: a hash of the row (k) and of what is drawn of it.
CREATE OR REPLACE TEMP MACRO below(k, what, most) AS CAST(hash(k, what) % CAST(most AS UBIGINT) AS BIGINT);
CREATE OR REPLACE TEMP MACRO chance(k, what, of_1000) AS below(k, what, 1000) < of_1000;
CREATE OR REPLACE TEMP MACRO pick(k, what, options) AS options[below(k, what, len(options)) + 1];
CREATE OR REPLACE TEMP MACRO day_in(k, what, first, last) AS first + CAST(below(k, what, greatest(last - first, 0) + 1) AS INTEGER);

CREATE OR REPLACE TEMP MACRO valid_from() AS DATE '2020-08-15';
CREATE OR REPLACE TEMP MACRO valid_until() AS DATE '2023-08-14';
CREATE OR REPLACE TEMP MACRO most() AS 1000000000000;  -- 100亿元 in fen, the largest amount the facts allow
CREATE OR REPLACE TEMP MACRO edges() AS [
    DATE '2020-08-14', DATE '2020-08-15', DATE '2021-08-14', DATE '2021-08-15', DATE '2022-08-14', DATE '2022-08-15', DATE '2023-08-14',
    DATE '2023-08-15', DATE '2020-12-31', DATE '2021-01-01', DATE '2021-12-31', DATE '2022-01-01', DATE '2022-12-31', DATE '2020-01-01',
    DATE '2020-02-29', DATE '2023-02-28', DATE '2023-03-01', DATE '2024-02-29'];
CREATE OR REPLACE TEMP MACRO inner_edges(last) AS list_filter(edges(), lambda day: day BETWEEN valid_from() AND last);

-- An amount: at the threshold, where a cap begins to bite, at an end of the range, or anywhere.
CREATE OR REPLACE TEMP MACRO amount(k, what, threshold, crossings, lowest) AS CASE
    WHEN chance(k, what || ' at threshold', 300) THEN threshold + pick(k, what || ' beside', [0, 0, 0, 1, 1, 50, 1000000, -1, -1])
    WHEN chance(k, what || ' at cap', 430) THEN pick(k, what || ' cap', crossings) + pick(k, what || ' near', [0, 0, 1, 2, -1, -2, 50, -50, 1000000])
    WHEN chance(k, what || ' at end', 15) THEN pick(k, what || ' end', [0, 1, most() - 1, most()])
    ELSE (lowest + below(k, what || ' plain', threshold * CAST(pick(k, what || ' span', [1, 1, 7, 19]) AS BIGINT)))
        // pick(k, what || ' grain', [1, 1, 50, 100, 10000, 1000000]) * pick(k, what || ' grain', [1, 1, 50, 100, 10000, 1000000]) END;
CREATE OR REPLACE TEMP MACRO equipment(k, what) AS amount(k, what, 500000000, [3333333333, 2500000000, 2000000000], 450000000);
CREATE OR REPLACE TEMP MACRO robots(k, what) AS amount(k, what, 300000000, [2000000000, 1666666666, 1428571428], 270000000);
CREATE OR REPLACE TEMP MACRO software(k, what) AS amount(k, what, 200000000, [500000000, 454545454, 416666666], 180000000);
CREATE OR REPLACE TEMP MACRO joint(k, what) AS amount(k, what, 500000000, [3333333333, 2500000000, 2000000000], 500000000);
-- The drawn amount is the one with tax, or the one without; 13 % gives the other; or both are the same; or without tax nothing is left.
CREATE OR REPLACE TEMP MACRO gross(drawn, tax) AS CASE WHEN tax < 24 THEN least(CAST(drawn AS BIGINT) * 113 // 100, most()) ELSE drawn END;
CREATE OR REPLACE TEMP MACRO net(drawn, tax) AS CASE WHEN tax < 24 OR tax >= 86 THEN drawn WHEN tax < 84 THEN CAST(drawn AS BIGINT) * 100 // 113 ELSE 0 END;

CREATE OR REPLACE TEMP TABLE near AS
SELECT g, k, 3 + below(k, 'firms', 3) AS firms, pick(k, 'projects', [1, 1, 2, 2, 3, 3, 4, 4, 5]) AS projects,
    pick(k, 'crowd', [300, 500, 1000]) AS crowd,  -- how often the first firm is the applicant
    day_in(k, 'home', valid_from(), valid_until()) AS home, below(k, 'orders', 10) AS orders
FROM (SELECT g, hash($seed, g) AS k FROM range($count) r(g));

CREATE OR REPLACE TEMP TABLE firm AS
SELECT g, i, k, g || '/E' || i AS id, '某企业' AS name, '某镇' AS town,
    lpad(CAST(below(k, 'code', 1000000) AS VARCHAR), 6, '0') || '-' || g || '-' || i AS credit_code,
    NOT chance(k, 'registered', 15) AS registered_in_yanzhou, NOT chance(k, 'legal person', 15) AS is_independent_legal_person,
    NOT chance(k, 'management', 15) AS sound_management, NOT chance(k, 'credit', 15) AS good_credit,
    CASE WHEN chance(k, 'no grade', 260) THEN NULL WHEN chance(k, 'grade D', 55) THEN 'D' ELSE pick(k, 'grade', ['A', 'A', 'B', 'B', 'C']) END AS output_grade,
    chance(k, 'list', 350) AS on_cultivation_list,
    i = 2 OR (i > 2 AND chance(k, 'small', 750)) AS is_sme, i = 1 OR chance(k, 'leader', 200) AS is_chain_leader
FROM (SELECT g, i, hash(k, 'firm', i) AS k FROM near, range(1, 6) r(i) WHERE i <= firms);

-- Projects, all but what they say of their members' filing. Days of invoices: within the validity, on its edges, now and then beyond.
CREATE OR REPLACE TEMP TABLE filing AS
WITH told AS (
    SELECT g, i, hash(k, 'project', i) AS k, home, orders, CASE WHEN chance(hash(k, 'project', i), 'by the first', crowd) THEN 1
        ELSE 1 + below(hash(k, 'project', i), 'applicant', firms) END AS led, below(k, 'shift', 20) AS shift,
        below(hash(k, 'project', i), 'tax', 100) AS tax
    FROM near, range(1, 6) r(i) WHERE i <= projects
), dated AS (
    SELECT *, pick(k, 'program', ['equipment', 'equipment', 'equipment', 'robot', 'robot', 'informatization', 'informatization', 'consortium', 'consortium', 'consortium']) AS program,
        CASE WHEN chance(k, 'edge', 120) THEN pick(k, 'which edge', edges())
            WHEN chance(k, 'inner edge', 150) THEN pick(k, 'which inner edge', inner_edges(valid_until()))
            WHEN chance(k, 'far', 400) THEN day_in(k, 'day', valid_from(), valid_until())
            WHEN chance(k, 'any', 60) THEN day_in(k, 'any day', DATE '2019-01-01', DATE '2025-12-31')
            ELSE day_in(k, 'home day', greatest(valid_from(), make_date(year(home), 1, 1)), least(valid_until(), make_date(year(home), 12, 31))) END AS declared_on
    FROM told
), spent AS (
    SELECT *, CASE WHEN program = 'robot' AND chance(k, 'mostly robots', 600) THEN robots(k, 'whole') ELSE equipment(k, 'equipment') END AS whole,
        CASE WHEN program <> 'robot' AND chance(k, 'no robots', 300) THEN 0 ELSE robots(k, 'robots') END AS robots, software(k, 'software') AS software,
        declared_on < valid_from() OR chance(k, 'odd invoices', 80) AS odd
    FROM dated
), bounded AS (
    SELECT *, CASE WHEN odd THEN DATE '2019-06-01' ELSE valid_from() END AS low,
        CASE WHEN odd THEN greatest(declared_on, DATE '2019-06-01') ELSE least(valid_until(), declared_on) END AS high,
        gross(CASE WHEN program = 'robot' THEN greatest(whole, robots) ELSE whole END, tax) AS equipment_investment,
        net(CASE WHEN program = 'robot' THEN greatest(whole, robots) ELSE whole END, tax) AS equipment_investment_net,
        gross(least(robots, CASE WHEN program = 'robot' THEN robots ELSE whole END), tax) AS robot_investment,
        net(least(robots, CASE WHEN program = 'robot' THEN robots ELSE whole END), tax) AS robot_investment_net
    FROM spent
), paid AS (
    SELECT *, CASE WHEN chance(k, 'first at once', 300) THEN low ELSE day_in(k, 'first', low, high) END AS first FROM bounded
), closed AS (
    SELECT *, CASE WHEN chance(k, 'last at last', 300) THEN high ELSE day_in(k, 'last', first, high) END AS last FROM paid
)
SELECT g, i, k, g || '/P' || i AS id, g || '/E' || led AS applicant, led, '某项目' AS project_name,
    lpad(CAST(below(k, 'code', 1000000) AS VARCHAR), 6, '0') || '-' || g || '-' || i AS project_code, declared_on, program AS program_applied,
    chance(k, 'also equipment', 350) AS also_equipment, chance(k, 'also robots', 350) AS also_robot, chance(k, 'also software', 350) AS also_informatization,
    CASE WHEN orders < 3 THEN pick(k, 'order', [1, 1, 2, 20]) WHEN orders < 6 THEN i ELSE 1 + (i * 7 + shift) % 20 END AS declared_order,
    chance(k, 'exception', 250) AS quota_exception_approved, NOT chance(k, 'filed', 20) AS approved_or_filed,
    NOT chance(k, 'statistics', 20) AS in_statistics_platform, NOT chance(k, 'upgrade', 20) AS is_industrial_upgrade,
    equipment_investment, equipment_investment_net, robot_investment, robot_investment_net,
    gross(software, tax) AS software_hardware_investment, net(software, tax) AS software_hardware_investment_net,
    pick(k, 'system', ['ERP', 'ERP', 'ERP', 'MES', 'MES', 'SCM', 'WMS', 'similar', 'similar', 'unrelated']) AS system_kind,
    least(first - CASE WHEN chance(k, 'a day before', 50) THEN 1 ELSE 0 END, declared_on) AS first_invoice_on,
    least(last + CASE WHEN chance(k, 'a day after', 50) THEN 1 ELSE 0 END, declared_on) AS last_invoice_on
FROM closed;

-- Seats in consortia: mostly the first two firms (a chain leader, an SME) and some others. The total is cut at their weights: what SMEs
-- invest adds up to their share, at and beside one half of it; now and then in equal parts (tied remainders), or nothing.
CREATE OR REPLACE TEMP TABLE seat AS
WITH sits AS (
    SELECT p.g, f.i, p.i AS of_project, p.id AS project, f.id AS member, f.is_sme, p.k AS owner, hash(p.k, 'seat', f.i) AS k
    FROM filing p JOIN firm f ON p.g = f.g
    WHERE (p.program_applied = 'consortium' AND NOT chance(p.k, 'nobody', 10) OR chance(p.k, 'members', 30))
        AND chance(hash(p.k, 'seat', f.i), 'sits', CASE WHEN f.i <= 2 THEN 930 ELSE 450 END)
), whole AS (
    SELECT *, CASE WHEN chance(owner, 'nothing', 20) THEN 0 ELSE least(joint(owner, 'joint'), most() - 1) + pick(owner, 'odd', [0, 0, 1]) END AS total,
        CASE WHEN chance(owner, 'equal', 250) THEN 1 WHEN chance(k, 'none', 40) THEN 0 ELSE 1 + below(k, 'weight', 1000) END AS weight,
        bool_or(is_sme) OVER (PARTITION BY project) AS any_sme, bool_and(is_sme) OVER (PARTITION BY project) AS all_sme
    FROM sits
), halved AS (
    SELECT *, CASE WHEN NOT any_sme THEN 0 WHEN all_sme THEN total ELSE least(total, CASE pick(owner, 'share', [0, 1, 2])
        WHEN 0 THEN (total + 1) // 2 + CASE WHEN total > 1 THEN pick(owner, 'near half', [0, 0, 0, 0, 1, -1]) ELSE 0 END
        WHEN 1 THEN total * (50 + below(owner, 'more', 46)) // 100 ELSE total * (48 + below(owner, 'about', 13)) // 100 END) END AS by_sme
    FROM whole
), cut AS (
    SELECT *, CASE WHEN is_sme THEN by_sme ELSE total - by_sme END AS together,
        sum(weight) OVER (PARTITION BY project, is_sme) AS weights,
        sum(weight) OVER (PARTITION BY project, is_sme ORDER BY i ROWS UNBOUNDED PRECEDING) AS reached
    FROM halved
), parts AS (
    SELECT *, CASE WHEN weights = 0 THEN 0 ELSE CAST(together * reached // weights - together * (reached - weight) // weights AS BIGINT) END AS part,
        below(owner, 'tax of members', 100) AS tax FROM cut
)
SELECT g, k, project || '/M' || i AS id, project, member, gross(part, tax) AS member_investment, net(part, tax) AS member_investment_net,
    NOT chance(k, 'filed', 12) AS member_filed, NOT chance(k, 'statistics', 12) AS member_in_statistics_platform,
    NOT chance(k, 'upgrade', 12) AS member_is_industrial_upgrade
FROM parts;

-- From which days a firm is looked at: nothing of its past may lie after the first.
CREATE OR REPLACE TEMP TABLE seen AS
SELECT firm, min(day) AS first, max(day) AS last FROM (
    SELECT applicant AS firm, declared_on AS day FROM filing
    UNION ALL SELECT s.member, p.declared_on FROM seat s JOIN filing p ON s.project = p.id)
GROUP BY firm;

CREATE OR REPLACE TEMP VIEW "draw enterprise" AS
WITH watched AS (
    SELECT f.*, s.first, CASE WHEN chance(f.k, 'early', 500) THEN s.first ELSE s.last END AS day FROM firm f LEFT JOIN seen s ON f.id = s.firm
), past AS (
    SELECT *, CASE WHEN chance(k, 'near', 700) THEN pick(k, 'violation', [
            CAST(day - INTERVAL 3 YEAR AS DATE) - 1, CAST(day - INTERVAL 3 YEAR AS DATE) - 1, CAST(day - INTERVAL 3 YEAR AS DATE),
            CAST(day - INTERVAL 3 YEAR AS DATE) + 1, make_date(year(day) - 3, 1, 1) - 1, make_date(year(day) - 3, 1, 1) - 1,
            make_date(year(day) - 3, 1, 1), DATE '2020-02-29'])
        ELSE pick(k, 'long ago', [DATE '2012-02-29', day_in(k, 'ago', DATE '2014-01-01', first)]) END AS violation FROM watched
)
SELECT * EXCLUDE (first, day, violation), CASE WHEN violation <= first AND chance(k, 'violated', 200) THEN violation END AS last_major_violation_on FROM past;

-- A consortium whose members all did what is asked cannot be said not to have done it.
CREATE OR REPLACE TEMP VIEW "draw project" AS
WITH members AS (
    SELECT project, bool_and(member_filed) AS filed, bool_and(member_in_statistics_platform) AS listed, bool_and(member_is_industrial_upgrade) AS upgrade
    FROM seat GROUP BY project
)
SELECT p.* REPLACE (
    p.approved_or_filed OR (p.program_applied = 'consortium' AND COALESCE(m.filed, TRUE)) AS approved_or_filed,
    p.in_statistics_platform OR (p.program_applied = 'consortium' AND COALESCE(m.listed, TRUE)) AS in_statistics_platform,
    p.is_industrial_upgrade OR (p.program_applied = 'consortium' AND COALESCE(m.upgrade, TRUE)) AS is_industrial_upgrade)
FROM filing p LEFT JOIN members m ON p.id = m.project;

CREATE OR REPLACE TEMP VIEW "draw participation" AS SELECT * FROM seat;

CREATE OR REPLACE TEMP VIEW "draw support" AS
WITH owners AS (
    SELECT g, id AS project, NULL AS participation, hash(k, 'support', n) AS k, id || '/S' || n AS id FROM filing p, range(1, 3) r(n) WHERE chance(p.k, 'support', 130) AND (n = 1 OR chance(p.k, 'again', 130))
    UNION ALL
    SELECT g, NULL, id, hash(k, 'support', n), id || '/S' || n FROM seat s, range(1, 3) r(n) WHERE chance(s.k, 'support', 130) AND (n = 1 OR chance(s.k, 'again', 130))
)
SELECT *, pick(k, 'level', ['national', 'province', 'city', 'district']) AS support_level,
    pick(k, 'kind', ['grant', 'award', 'interest_subsidy', 'tax_preference', 'tax_preference', 'tax_preference', 'fund_equity', 'fund_equity']) AS support_kind,
    pick(k, 'status', ['received', 'approved', 'pending', 'rejected']) AS support_status,
    pick(k, 'amount', [0, 1, 10000000, below(k, 'money', 300000000)]) AS support_amount
FROM owners;

-- An award under this document was filed within its validity and before every filing that looks at it.
CREATE OR REPLACE TEMP VIEW "draw earlier_award" AS
WITH firms AS (
    SELECT f.g, f.id AS applicant, hash(f.k, 'earlier', n) AS k, f.id || '/A' || n AS id, least(COALESCE(s.first, valid_until()), valid_until()) AS last
    FROM firm f LEFT JOIN seen s ON f.id = s.firm, range(1, 4) r(n)
    WHERE n <= pick(f.k, 'earlier awards', [0, 0, 0, 0, 0, 0, 1, 1, 2, 3]) AND COALESCE(s.first, valid_until()) >= valid_from()
), items AS (
    SELECT *, pick(k, 'item', ['equipment', 'robot', 'informatization', 'equipment', 'robot', 'consortium']) AS award_item FROM firms
), capped AS (
    SELECT *, CASE WHEN award_item = 'informatization' THEN 50000000 ELSE 100000000 END AS cap FROM items
)
SELECT g, k, id, applicant, award_item,
    CASE WHEN chance(k, 'edge', 500) THEN pick(k, 'which edge', list_append(inner_edges(last), last))
        WHEN chance(k, 'that year', 500) THEN day_in(k, 'filed', greatest(make_date(year(last), 1, 1), valid_from()), last)
        ELSE day_in(k, 'filed at all', valid_from(), last) END AS award_filed_on,
    CASE WHEN chance(k, 'near the cap', 700) THEN pick(k, 'near', [cap, cap - 1, cap - 100, cap - 10000, cap - 1000000, cap // 2, cap // 3, 1000000, 0])
        ELSE below(k, 'plain', cap + 1) // 10000 * 10000 END AS award_amount
FROM capped;
