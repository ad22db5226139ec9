"""What the pages say besides the policy's own words, in Chinese and in English."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from policyengine import wording
from policyengine.decision import Outcome
from policyengine.exact import Number
from policyengine.model import Label
from policyengine.render.said import span
from policyengine.values import Unknown, Value

TITLES: dict[Outcome, Label] = {  # {}: the outcome in the policy's words
    "granted": Label("补助测算说明", "Calculation of the award"),
    "refused": Label("{}告知书", "Notice: {}"),
    "undetermined": Label("待补材料清单", "Facts and documents still needed"),
    "choice-open": Label("待企业选择事项单", "Choices for the applicant to make"),
    "person-decides": Label("待裁量事项单", "Matters for an official to decide"),
}
_SAY: dict[str, Label] = {
    "draft": Label("测算稿 · 非正式文件", "Draft calculation · not an official document"),
    "what_if": Label("假设测算 · 非正式文件", "What-if calculation · not an official document"),
    "page": Label("第 {0} 页，共 {1} 页", "Page {0} of {1}"),
    "id": Label("编号", "No."),
    "declared": Label("受理日期", "Accepted on"),
    "applied": Label("申报", "Applied for"),
    "under": Label("依据", "Under"),
    "conclusion": Label("测算结论", "Conclusion"),
    "in_words": Label("人民币{}", "{}"),
    "open_amount": Label("如{}，金额", "Amount if {}"),
    "as_chosen": Label("按选定的一项", "by what is chosen"),
    "not_met": Label("{}项条件不满足", "{} not met"),
    "to_answer": Label("{}项待补", "{} to be answered"),
    "all_met": Label("全部满足", "all met"),
    "met": Label("满足", "met"),
    "failed": Label("不满足", "not met"),
    "unknown": Label("待补", "open"),
    "said_granted": Label("{who}符合条件，", "{who} meets the conditions: "),
    "said_amount": Label("{0}{1}。", "{0}, {1}. "),
    "said_cut": Label(
        "{0}为{1}，超过{2}{3}，核减{4}。", "{0}: {1}, more than {2} ({3}), so {4} is cut off. "
    ),
    "said_free": Label("{0}没有超过{1}{2}。", "{0} stays within {1} ({2}). "),
    "said_refused": Label(
        "{who}有{n}项条件不满足，{word}。理由逐条列在下面。",
        "{who} is {word}: {n} of the conditions not met. Each reason follows.",
    ),
    "said_open": Label(
        "{who}还缺{n}项，补齐之前不能认定：{may}。",
        "{who} cannot be decided yet, {n} still needed: {may}. ",
    ),
    "may_be": Label("可能{}", "it may be {}"),
    "or": Label("，也", ", or "),
    "amount_between": Label("如{0}，金额在{1}到{2}之间。", "If {0}, the amount lies between {1} and {2}."),
    "amount_most": Label("如{0}，金额不超过{1}。", "If {0}, the amount is at most {1}."),
    "amount_is": Label("如{0}，金额是{1}。", "If {0}, the amount is {1}."),
    "who": Label("{who}“{title}”{option}，", "{who}“{title}”{option}"),
    "by": Label("{}以", "{}: "),
    "for": Label("申报“{}”", " ({})"),
    "for_nothing": Label("申报", " (application)"),
    "cap_title": Label("计算的金额与最高额", "Computed amount and cap"),
    "range_title": Label("如{}，金额的范围", "Range of the amount if {}"),
    "least": Label("最少 {}", "at least {}"),
    "most": Label("最多 {}", "at most {}"),
    "reasons_note": Label("逐条列出，不因前一条不满足就不看后一条", "all of them; none hides another"),
    "original": Label("原文依据", "Words of the document"),
    "other_conditions": Label("其余条件", "The other conditions"),
    "met_conditions": Label("已满足的条件", "Conditions that are met"),
    "open_conditions": Label("待补的条件", "Conditions that are still open"),
    "candidates": Label("选定哪一项，结果如何", "What each choice would come to"),
    "members": Label("各{}的条件", "Conditions of each: {}"),
    "members_met": Label("{}项条件全部满足", "all {} conditions met"),
    "members_failed": Label("不满足：{}", "not met: {}"),
    "members_open": Label("待补：{}", "open: {}"),
    "questions": Label("需要补充的材料", "What is still needed"),
    "questions_note": Label("最能定下结果的排在前面；补齐一项，在方框里打一个勾", "the most telling first; tick the box when it has come in"),
    "answered_by": Label("由谁填报", "Answered by"),
    "evidence": Label("证明材料", "Evidence"),
    "answer": Label("答", "Answer"),
    "yes": Label("是", "yes"),
    "no": Label("否", "no"),
    "none": Label("无", "none"),
    "day_blank": Label("＿＿＿＿年＿＿月＿＿日", "＿＿＿＿-＿＿-＿＿"),
    "blank": Label("＿＿＿＿＿＿＿＿{}", "＿＿＿＿＿＿＿＿{}"),
    "yuan": Label("元", " yuan"),
    "steps": Label("逐步计算", "Step by step"),
    "steps_note": Label("自上而下，右侧是所依据的原文，标出的是起作用的字词", "from the top; on the right the words it rests on, the decisive ones marked"),
    "conditions": Label("申报资格", "Conditions"),
    "since": Label("适用：{}", "since {}"),
    "supposed": Label("假设取值，不是原文的数", "supposed for this calculation; not the number of the document"),
    "equals": Label("＝", "="),
    "shares": Label("分配结果", "How it is shared"),
    "whose": Label("对象", "Who"),
    "what": Label("事项", "What"),
    "amount": Label("金额", "Amount"),
    "total": Label("合计", "Total"),
    "set_aside": Label("没有计入的", "Left out of account"),
    "readings": Label("采用的解释口径", "Readings of the text in use"),
    "readings_note": Label("原文有不止一种读法的地方，本测算这样读", "where the text can be read in more than one way"),
    "read_as": Label("若读作“{}”", "read as “{}”"),
    "together": Label("有的口径互相影响，一并改时：", "Some readings bear on each other; changed together:"),
    "more_pairs": Label("另有{}对", "{} more pairs"),
    "quiet": Label("下面各条换一种读法，本件结果不变：", "Of these, another reading leaves the result as it is:"),
    "otherwise": Label("如果情况不同", "If things were different"),
    "at": Label("数值", "At"),
    "would_get": Label("结果", "Result"),
    "reading_open": Label("待{}明确", "not yet settled by {}"),
    "settled": Label("下面各条已经明确：", "These are settled:"),
    "reading_not_settled": Label("不是已经明确的读法", "not as settled"),
    "reading_changed": Label("非默认口径", "not the default reading"),
    "assumed": Label("假定", "Assumed"),
    "assumed_note": Label("没有填报，按政策写明的假定测算", "not stated; the policy says what to assume"),
    "inputs": Label("所用数据", "Facts used"),
    "inputs_from": Label("取自 {}", "from {}"),
    "value": Label("内容", "Value"),
    "place": Label("出处", "Place"),
    "line": Label("第{}行{}列", "line {}, col {}"),
    "lines": Label("第{}行", "line {}"),
    "of_each": Label("各家数额", "Of each"),
    "by_command": Label("测算时给出", "for this calculation"),
    "everything": Label("全部过程", "Everything that was read"),
    "notes": Label("说明", "Notes"),
    "tie": Label("{}与{}次序相同，按固定标识先后排列", "{} and {} rank equal; their stable keys put them in order"),
    "if_title": Label("本页是假设测算", "This page is a what-if"),
    "if_text": Label("下列内容是测算时另行假设的，不是文件或材料的原样：", "Supposed for this calculation, unlike the document or the papers:"),
    "signatures": Label("签字", "Signatures"),
    "sign_1": Label("经办人", "Prepared by"),
    "sign_2": Label("复核人", "Checked by"),
    "sign_3": Label("负责人", "In charge"),
    "sign_4": Label("日期", "Date"),
    "provenance": Label("复核", "To check this again"),
    "p_policy": Label("政策数据", "Policy data"),
    "p_text": Label("官方原文", "Official text"),
    "p_input": Label("申报材料", "Application"),
    "p_engine": Label("测算程序", "Program"),
    "p_readings": Label("改用的口径", "Readings"),
    "p_changed": Label("另行设定", "Set besides"),
    "p_command": Label("复核命令", "Command"),
    "summary": Label("测算结果汇总", "Summary of results"),
    "case": Label("案件", "Case"),
    "title": Label("名称", "Title"),
    "outcome": Label("结果", "Outcome"),
    "counted": Label("{0}{1}件", "{1} {0}"),
    "in_all": Label("共{0}件：{1}。{3}合计{2}。", "{0} in all: {1}. {3} in total: {2}."),
    "results": Label("按企业汇总", "By enterprise"),
    "amended": Label("经“{}”修订", "as amended by “{}”"),
}  # fmt: skip
_CHINESE = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Say:
    """The words of one language: `say("met")`, `say("not_met", 3)`."""

    lang: str

    def __call__(self, key: str, *values: object, **named: object) -> str:
        return _SAY[key](self.lang).format(*values, **named)

    def label(self, label: Label) -> str:
        return label(self.lang)

    def list(self, words: Iterable[str]) -> str:
        return ("、" if self.lang == "zh" else ", ").join(words)

    def number(self, n: int) -> str:
        """The number of a step: 一, 十二, 二十; in English in figures."""
        if self.lang != "zh" or n > 99:
            return str(n)
        tens, ones = divmod(n, 10)
        head = "" if not tens else "十" if tens == 1 else f"{_CHINESE[tens]}十"
        return head + (_CHINESE[ones] if ones or not tens else "")

    def money(self, amount: Number) -> str:
        return wording.money(amount, self.lang)

    def amount(self, value: Value) -> str:
        """An amount, or the range it may still take."""
        if isinstance(value, Decimal | Fraction):
            return self.money(value)
        return span(value, self.lang) if isinstance(value, Unknown) else ""

    def place(self, place: str, file: str) -> str:
        """Where something was stated; the file is left out where it is the one that the page names."""
        found = re.fullmatch(r"(.*):(\d+):(\d+)", place)
        if found is None:
            return self("by_command") if place.startswith("--") else place
        spot = self("line", found[2], found[3])
        return spot if found[1] == file else f"{found[1]} {spot}"
