"""What the parts of an entry are called: `equipment.rate` is 适用补助比例."""

from __future__ import annotations

from collections.abc import Mapping

from policyengine import model as m

ROLES: Mapping[str, m.Label] = {
    "eligible": m.Label("符合{}条件", "{}: conditions met"),
    "qualifies": m.Label("符合{}本身的条件", "{}: own conditions met"),
    "base": m.Label("计算基数", "Base"),
    "base_rate": m.Label("补助比例", "Rate"),
    "points": m.Label("提高的百分点", "Added points"),
    "multiplier": m.Label("倍数", "Multiplier"),
    "rate": m.Label("适用补助比例", "Applicable rate"),
    "computed": m.Label("按标准计算的金额", "Computed amount"),
    "at_least": m.Label("最低金额", "Lower bound"),
    "cap": m.Label("上限", "Cap"),
    "capped": m.Label("封顶后的金额", "Amount after the cap"),
    "rounded": m.Label("取整后的金额", "Rounded amount"),
    "pay_from": m.Label("起付金额", "Smallest amount paid"),
    "round_to": m.Label("取整单位", "Rounding unit"),
    "round_mode": m.Label("取整方式", "Rounding mode"),
    "amount": m.Label("{}金额", "{}: amount"),
    "requires": m.Label("前提条件", "Prerequisite"),
    "rank": m.Label("排序位次", "Rank"),
    "keep": m.Label("可保留个数", "How many are kept"),
    "within": m.Label("{}（按名次）", "{} (by rank)"),
    "where": m.Label("列入比较", "Takes part in the comparison"),
    "of": m.Label("应得金额", "Amount asked for"),
    "limit": m.Label("限额", "Limit"),
    "total": m.Label("分配总额", "Total to share"),
    "weight": m.Label("分配权重", "Weight"),
    "key": m.Label("分组", "Group"),
    "by": m.Label("排序依据", "Order"),
    "option": m.Label("选定的项目", "Program chosen"),
    "test": m.Label("{}（不看例外）", "{} (exceptions aside)"),
    "unless": m.Label("例外", "Exception"),
    "when": m.Label("适用情形", "Case"),
}
