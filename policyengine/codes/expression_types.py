"""Codes of one stage: expression. Here: types, units, options, and what must be asked first."""

from __future__ import annotations

from policyengine.codes.code import Code

_UNITS: tuple[Code, ...] = (
    Code(
        "unit-mismatch",
        "“{left}”是“{left_type}”，“{right}”是“{right_type}”，不能用“{operator}”连在一起",
        "`{left}` is of type {left_type_en} and `{right}` of type {right_type_en}: `{operator}` cannot join them",
        ("加减和比较要同一种量：金额对金额，比例对比例", "要乘上比例或单价，用 *"),
        (
            "sums and comparisons need equal kinds: money with money, rate with rate",
            "to apply a rate or a price use `*`",
        ),
        "500万元加3%没有意义；多半是写错了名字，或者该用乘。",
        "500万元 plus 3% means nothing; most likely a name is wrong or `*` was meant.",
        "formula: equipment_investment + equipment_rate",
        "formula: equipment_investment * equipment_rate",
    ),
    Code(
        "type-mismatch",
        "“{left}”是“{left_type}”，“{right}”是“{right_type}”，不能用“{operator}”连在一起",
        "`{left}` is of type {left_type_en} and `{right}` of type {right_type_en}: `{operator}` cannot join them",
        (
            "选项、是否、文字只能用 == 和 != 比；大小只能比数和日期",
            "某个值有没有，只对写了 optional: true 的事实才能问（== none）",
        ),
        (
            "options, yes/no and texts compare with == and != only; numbers and days also by size",
            "whether something is there (== none) may only be asked of facts that are `optional: true`",
        ),
        "两边不是一类东西，比出来没有意义。",
        "The two sides are of different kinds, so the comparison means nothing.",
        "test: output_grade > 'B'",
        "test: output_grade in ['C', 'D']",
    ),
    Code(
        "points-misuse",
        "“{what}”把百分点当成了百分数，或者把百分数当成了百分点",
        "`{what}` takes percentage points for a rate, or a rate for percentage points",
        (
            "百分点只能加到比例上，或从比例里减去，或直接乘金额、个数",
            "提高1个百分点（3%变成4%）写 1个百分点，用加；提高1%（3%变成3.03%）写 1%，用乘",
        ),
        (
            "points may only be added to a rate, taken from it, or multiply an amount or a count",
            "up by one point (3% becomes 4%) is `1个百分点` and a sum; up by 1% (3% becomes 3.03%) is `1%` and a product",
        ),
        "“提高1个百分点”是3%变成4%，“提高1%”是3%变成3.03%。500万元的项目，前者补20万元，后者补15.15万元。"
        "两个说法只差几个字，钱差得多，所以百分点是单独的一类，用错了就报。",
        "Up by one percentage point turns 3% into 4%; up by 1% turns 3% into 3.03%. On 5 million that is 200,000 against"
        " 151,500 yuan. The words are close and the money is not, so points are a type of their own.",
        "rate_bonus: {value: 1%, label: 提高1个百分点, cite: 四.4/1}   # add_points: [rate_bonus]",
        "rate_bonus: {value: 1个百分点, label: 提高1个百分点, cite: 四.4/1}",
    ),
    Code(
        "magic-number",
        "数“{number}”直接写在表达式里",
        "the number `{number}` stands in the expression itself",
        (
            "登记成参数（label、value、cite），这里写参数的名字",
            "表达式里只能写0，以及与个数相加减、相比较的1",
        ),
        (
            "make it a parameter (label, value, cite) and write its name here",
            "only 0, and 1 added to or compared with a count, may stand in an expression",
        ),
        "原文里的每个数只登记一次，带单位、带出处；改一个数只改一处，也才能解释“500万元从哪里来”。",
        "Every number of the text is entered once, with unit and source: it is changed in one place, and can be explained.",
        "test: equipment_investment >= 5000000",
        "test: equipment_investment >= equipment_min_investment",
    ),
    Code(
        "unexpected-type",
        "“{what}”是“{got}”，这里要的是“{want}”",
        "`{what}` is of type {got_en}, and {want_en} is needed here",
        ("检查名字有没有写错；要把比例变成金额，乘上基数",),
        ("see whether the name is right; to make an amount of a rate, multiply it by a base",),
        "每一处要哪一种值是固定的：条件要是否，基数要金额，比例要比例。",
        "Each place takes one kind of value: a test yes or no, a base money, a rate a rate.",
        "base: equipment_rate",
        "base: equipment_investment",
    ),
    Code(
        "expected-quantity",
        "这里要一个数，“{what}”却是“{got}”",
        "a number is needed here, and `{what}` is of type {got_en}",
        ("要按条件取数，写成 金额 if 条件 else 0", "算日期用 add_years、years_between"),
        (
            "to take a number by a condition write `amount if condition else 0`",
            "compute with days by `add_years` and `years_between`",
        ),
        "加减乘除只对数；日期、选项、是否不能直接算。",
        "Arithmetic is for numbers only, not for days, options, or yes and no.",
        "formula: is_sme * bonus",
        "formula: bonus if is_sme else 0",
    ),
    Code(
        "expected-bool",
        "这里要一个“是否”，“{what}”却是“{got}”",
        "yes or no is needed here, and `{what}` is of type {got_en}",
        ("写成比较，例如 {number} > 0", "每个条件都要写完整：a == 'A' or a == 'B'，或者 a in ['A', 'B']"),
        (
            "write a comparison, such as `{number} > 0`",
            "write each condition in full: `a == 'A' or a == 'B'`, or `a in ['A', 'B']`",
        ),
        "and、or、not、if 的两边只能是成立或不成立的话。",
        "`and`, `or`, `not` and `if` take what holds or does not hold.",
        "test: grade == 'A' or 'B'",
        "test: grade in ['A', 'B']",
    ),
)

_OPTIONS: tuple[Code, ...] = (
    Code(
        "unknown-option",
        "没有“{value}”这个选项",
        "there is no option `{value}`",
        ("{meant_zh}", "可以写：{options}"),
        ("{meant_en}", "options: {options}"),
        "写错的选项永远不会相等，条件就悄悄失效了。",
        "A misspelt option would never be equal to anything, and the rule would do nothing.",
        "test: output_grade == 'a'",
        "test: output_grade == 'A'",
    ),
    Code(
        "expected-enum",
        "in 的左边要是选项，这里是“{got}”",
        "left of `in` an option is needed, and this is of type {got_en}",
        ("in 只用于登记了 options 的事实；金额、日期的范围用 下限 <= 值 <= 上限",),
        ("`in` is for facts with `options`; for ranges write `lower <= value <= upper`",),
        "in 问的是一个选项在不在一列选项里。",
        "`in` asks whether an option is one of several.",
        "test: investment in ['A']",
        "test: output_grade in ['A']",
    ),
    Code(
        "expected-set",
        "in 的右边要是同一组选项的集合",
        "right of `in` a set of the same options is needed",
        ("写成 ['A', 'B']", "或登记一个参数：value: [A, B]，keys: 左边那个事实的名字"),
        (
            "write `['A', 'B']`",
            "or make a parameter with `value: [A, B]` and `keys:` naming the fact on the left",
        ),
        "拿一件事的选项去另一件事的集合里找，永远找不到。",
        "An option looked for in a set of other options is never found.",
        "test: output_grade in named_systems",
        "test: system_kind in named_systems",
    ),
)

_CALLS: tuple[Code, ...] = (
    Code(
        "wrong-arguments",
        "{signature} 里给的是（{got}），不合要求",
        "{signature} was given ({got_en}), which does not fit",
        ("它算的是{zh}", "个数要对，种类要对：金额对金额、日期对日期；分档表的界限要和后面的数同一种"),
        (
            "it gives {en}",
            "the number and the kinds must fit: money with money, days with days, a tier table with numbers of its own kind",
        ),
        "函数要几个值、各是什么，是固定的。",
        "What a function takes is fixed.",
        "formula: add_years(award_amount, lookback)",
        "formula: add_years(declared_on, lookback)",
    ),
    Code(
        "generator-needed",
        "{name} 里面要说明对哪一组对象算",
        "`{name}` needs to be told what to go over",
        ("写成 {name}(p.… for p in 关系)，例如 sum(p.investment for p in participants)",),
        ("write `{name}(p.… for p in relation)`, such as `sum(p.investment for p in participants)`",),
        "sum、count、any、all 是对一组对象汇总；几个数相加直接用 +。",
        "`sum`, `count`, `any` and `all` go over a relation; to add single numbers use `+`.",
        "formula: sum(base, extra)",
        "formula: base + extra",
    ),
    Code(
        "no-such-day",
        "没有{text}这一天",
        "there is no day {text}",
        ("检查月和日",),
        ("see whether month and day are right",),
        "date(年, 月, 日) 要是历上有的日子；只有平年的2月29日按2月28日算。",
        "`date(y, m, d)` must be a day of the calendar; only 29 February of a common year becomes the 28th.",
        "formula: date(2021, 2, 30)",
        "formula: date(2021, 2, 28)",
    ),
)

_GUARDS: tuple[Code, ...] = (
    Code(
        "may-be-absent",
        "“{name}”可能没有，要先问有没有",
        "`{name}` may be absent, and that must be asked first",
        ("写成 is_none({name}) or …（没有就算通过）", "或 … if not is_none({name}) else …"),
        ("write `is_none({name}) or …` (absent passes)", "or `… if not is_none({name}) else …`"),
        "写了 optional: true 的事实可以是“无”；“无”不能比大小，也不能算。问的要写在左边，先问后用。",
        "A fact that is `optional: true` may be absent, and what is absent cannot be compared or computed with. The question stands to the left.",
        "test: last_violation_on < add_years(as_of, -lookback)",
        "test: is_none(last_violation_on) or last_violation_on < add_years(as_of, -lookback)",
    ),
    Code(
        "division-may-be-zero",
        "除数“{divisor}”可能是0",
        "the divisor `{divisor}` may be 0",
        ("先问：… / {divisor} if {divisor} > 0 else 0", "比占比时把除写成乘：部分 >= 总额 * 占比"),
        (
            "ask first: `… / {divisor} if {divisor} > 0 else 0`",
            "to test a share, multiply instead: `part >= total * share`",
        ),
        "除以0没有结果。写成“部分 >= 总额 * 占比”就不用除。",
        "Division by 0 has no result; `part >= total * share` needs no division.",
        "test: sme_investment / total_investment >= sme_share",
        "test: sme_investment >= total_investment * sme_share",
    ),
    Code(
        "aggregate-may-be-empty",
        "{relation} 里可能一个也没有，{name} 就没有结果",
        "`{relation}` may hold nothing, and then `{name}` has no result",
        (
            "先问有没有，条件要写得一样：max(p.x for p in {relation} if p.ok) if any(p.ok for p in {relation}) else 0",
        ),
        (
            "ask first, with the same condition: `max(p.x for p in {relation} if p.ok) if any(p.ok for p in {relation}) else 0`",
        ),
        "没有对象时，合计是0，个数是0，最大最小却不存在。",
        "Of nothing the sum and the count are 0, but the least and the greatest do not exist.",
        "formula: max(p.investment for p in participants)",
        "formula: max(p.investment for p in participants) if any(true for p in participants) else 0",
    ),
)

TYPES: tuple[Code, ...] = _UNITS + _OPTIONS + _CALLS + _GUARDS
