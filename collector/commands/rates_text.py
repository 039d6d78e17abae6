"""Rates, segments, capacity and cost ratio as lines for a terminal, in both languages. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from unicodedata import east_asian_width

from collector.accounts.rates.figures import Figure

_TEXTS = {
    "period": ("{first} to {last}, as known on {as_of}; renewals are late up to {grace_days} days; money in {currency}",
               "{first} 至 {last},截至 {as_of} 所知;续约宽限期 {grace_days} 天;金额单位 {currency}"),
    "rate": ("1 {currency} = {worth:g} since {since}", "1 {currency} = {worth:g}(自 {since})"),
    "left_out": ("left out, no rate is stated for {currency}: {accounts}", "{currency} 没有汇率,未计入:{accounts}"),
    "group": ("{group}: {opening_customers} customers and ARR {opening_arr:,.2f} at the start, {new_customers} new",
              "{group}:期初客户 {opening_customers} 家,期初ARR {opening_arr:,.2f},新客户 {new_customers} 家"),
    "everybody": ("Everybody", "全部客户"),
    "chosen": ("Accounts with {said}", "{said} 的客户"),
    "nobody_chosen": ("no account has {said}: check how it is written (`collector export accounts`)",
                      "没有 {said} 的客户:请核对写法(`collector export accounts`)"),
    "of_csm": ("CSM {word}", "客户成功经理 {word}"), "of_reseller": ("reseller {word}", "代理商 {word}"),
    "of_segment": ("segment {word}", "分层 {word}"),
    "none": ("(none)", "(无)"),
    "fates": ("contracts due: {said}", "到期合同:{said}"),
    "figure": ("figure", "指标"),
    "above": ("above", "分子"),
    "below": ("below", "分母"),
    "rate_of": ("rate", "比率"),
    "definition": ("definition", "定义"),
    "account": ("account", "客户"),
    "name": ("name", "名称"),
    "notes": ("what", "说明"),
    "nobody": ("no account", "没有客户"),
    "segment": ("segment", "分层"),
    "accounts": ("accounts", "客户数"),
    "arr": ("ARR", "ARR"),
    "share": ("of ARR", "ARR占比"),
    "hours": ("h/account", "小时/客户"),
    "cadence": ("cadence", "触达间隔"),
    "people": ("people", "人数"),
    "tier": ("tier", "层级"),
    "points": ("points", "得分"),
    "potential": ("potential", "潜力"),
    "money": ("{day}; money in {currency} a year", "{day};金额单位 {currency}/年"),
    "base_money": ("{day}; money in the collector's base currency, a year", "{day};金额单位为系统本位币/年"),
    "who": ("who", "负责人"),
    "load": ("load", "负荷"),
    "needs": ("needs h", "需要小时"),
    "has": ("has h", "现有小时"),
    "nobody_looks": ("(nobody)", "(无人负责)"),
    "no recurring revenue": ("no recurring revenue", "没有经常性收入"),
    "capacity": ("{hours_needed:,.0f} h / {hours_per_person:,.0f} h = {people_exact:.2f} people: {people_needed}",
                 "{hours_needed:,.0f} 小时 ÷ {hours_per_person:,.0f} 小时 = {people_exact:.2f} 人:{people_needed} 人"),
    "there": ("{people_there} people there with {hours_there:,.0f} h; {hours_missing:,.0f} h missing",
              "现有 {people_there} 人共 {hours_there:,.0f} 小时;缺 {hours_missing:,.0f} 小时"),
    "cost": ("cost", "成本"),
    "paid": ("paid", "收费服务"),
    "ratio": ("ratio", "成本率"),
    "fits": ("fits", "达标"),
    "yes": ("yes", "是"),
    "no": ("NO", "否"),
    "levers": ("{segment} fits at {at_most:.0%} with one of: {said}", "{segment} 达到 {at_most:.0%} 需满足其一:{said}"),
    "fate_renewed": ("renewed", "已续约"), "fate_early": ("early", "提前续约"), "fate_auto": ("by itself", "自动续约"),
    "fate_late": ("late", "迟到续约"), "fate_partial": ("in part", "部分续约"),
    "fate_in_grace": ("in grace", "宽限期内"), "fate_won_back": ("won back later", "流失后赢回"),
    "fate_lost": ("lost", "流失"),
    "cost_per_hour": ("cost per hour {now:,.0f} -> {needs:,.0f}", "每小时成本 {now:,.0f} -> {needs:,.0f}"),
    "hours_per_account": ("hours per account {now:,.1f} -> {needs:,.1f}", "每客户小时 {now:,.1f} -> {needs:,.1f}"),
    "paid_revenue": ("paid work {now:,.0f} -> {needs:,.0f}", "收费服务 {now:,.0f} -> {needs:,.0f}"),
    "lever_arr": ("ARR {now:,.0f} -> {needs:,.0f}", "ARR {now:,.0f} -> {needs:,.0f}"),
}  # fmt: skip


def _say(key: str, lang: str, **words: Any) -> str:
    text = _TEXTS[key][1 if lang == "zh" else 0]
    return text.format(**words) if words else text


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Lines with the columns under each other; those of `right` end at one place."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(head))]
    lines = []
    for row in cells:
        padded = [
            " " * (widths[at] - _width(cell)) + cell if at in right else cell + " " * (widths[at] - _width(cell))
            for at, cell in enumerate(row)
        ]
        lines.append("  ".join(padded).rstrip())
    return lines


def rates(answer: Mapping[str, Any], lang: str, chosen: Mapping[str, str] = MappingProxyType({})) -> str:
    """The whole report, each figure with its definition. `chosen`: the segment, reseller or CSM that was asked for."""
    report = answer["rates"]
    lines = [_say("period", lang, **{k: report[k] for k in ("first", "last", "as_of", "grace_days", "currency")})]
    lines += [
        _say("rate", lang, **{k: rate[k] for k in ("currency", "worth", "since")}) for rate in report["exchange_rates"]
    ]
    lines += [
        _say("left_out", lang, currency=each["currency"], accounts=", ".join(each["accounts"]))
        for each in report["left_out"]
    ]
    said = ", ".join(_say(f"of_{key}", lang, word=word) for key, word in chosen.items())
    if said and not any(group["accounts"] for group in report["groups"]):
        return "\n".join([*lines, "", _say("nobody_chosen", lang, said=said)])
    everybody = _say("chosen", lang, said=said) if said else _say("everybody", lang)
    for group in report["groups"]:
        name = group["group"] or (_say("none", lang) if report["by"] else everybody)
        lines += ["", _say("group", lang, **{**group, "group": name})]
        if group["fates"]:
            said = ", ".join(f"{_say(f'fate_{fate}', lang)} {n}" for fate, n in group["fates"].items())
            lines.append(_say("fates", lang, said=said))
        lines += _values(group["values"], lang)
    for worth in answer["economics"]:
        shown = worth["why"] if worth["value"] is None else f"{worth['value']:,.2f}"
        lines += ["", f"{worth['name']}: {shown}", f"  {worth['definition']}"]
    return "\n".join(lines)


def _values(values: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    rows = [
        (
            value["name"],
            _number(value["numerator"], value["unit"]),
            _number(value["denominator"], value["unit"]),
            value["why"] if value["value"] is None else _rate(value),
            value["definition"],
        )
        for value in values
    ]
    head = [_say(key, lang) for key in ("figure", "above", "below", "rate_of", "definition")]
    return table(head, rows, frozenset({1, 2, 3}))


def _rate(value: Mapping[str, Any]) -> str:
    """NPS is told in points from -100 to 100, every other figure in percent."""
    return f"{100 * value['value']:+.0f}" if value["figure"] == "nps" else f"{value['value']:.1%}"


def _number(value: float, unit: str) -> str:
    return f"{value:,.2f}" if unit == "amount" else f"{value:,}"


def behind(found: Sequence[Mapping[str, Any]], figure: Figure, lang: str) -> str:
    """The accounts that one figure is made of."""
    if not found:
        return _say("nobody", lang)
    rows = [
        (each["account"], each["name"], _number(each["numerator"], figure.unit),
         _number(each["denominator"], figure.unit), "; ".join(each["notes"]))
        for each in found
    ]  # fmt: skip
    head = [_say(key, lang) for key in ("account", "name", "above", "below", "notes")]
    at = 1 if lang == "zh" else 0
    return "\n".join([f"{figure.name[at]}: {figure.definition[at]}", *table(head, rows, frozenset({2, 3}))])


def places(found: Sequence[Mapping[str, Any]], lang: str) -> str:
    """Each account's segment, tier and points."""
    if not found:
        return _say("nobody", lang)
    rows = [
        (each["account"], each["name"], each["segment"], each["tier"], f"{each['arr']:,.2f}",
         f"{each['potential']:,.2f}", f"{each['points']:g}")
        for each in found
    ]  # fmt: skip
    head = [_say(key, lang) for key in ("account", "name", "segment", "tier", "arr", "potential", "points")]
    return "\n".join(table(head, rows, frozenset({4, 5, 6})))


def segments(shown: Mapping[str, Any], lang: str) -> str:
    """Segments, the people they need, and what they cost."""
    rows = [
        (each["name"], f"{each['accounts']:,}", f"{each['arr']:,.2f}", _share(each["arr_share"]),
         f"{each['hours_per_account']:g}", f"{each['cadence_days']} d")
        for each in shown["segments"]
    ]  # fmt: skip
    head = [_say(key, lang) for key in ("segment", "accounts", "arr", "share", "hours", "cadence")]
    name_of = {each["segment"]: each["name"] for each in shown["segments"]}
    lines = [_say("money" if shown["currency"] else "base_money", lang, day=shown["day"], currency=shown["currency"])]
    lines.append("")
    lines += [*table(head, rows, frozenset({1, 2, 3, 4, 5})), ""]
    plan = {key: value for key, value in shown["capacity"].items() if key not in {"needs", "loads"}}
    lines += [_say("capacity", lang, **plan), _say("there", lang, **plan)]
    lines += _loads(shown["capacity"]["loads"], lang)
    head = [_say(key, lang) for key in ("segment", "cost", "paid", "arr", "ratio", "fits")]
    rows = [
        (name_of.get(each["segment"], each["segment"]), f"{each['cost']:,.2f}", f"{each['paid']:,.2f}",
         f"{each['arr']:,.2f}", _say(each["why"], lang) if each["why"] else _share(each["ratio"]),
         "" if each["fits"] is None else _say("yes" if each["fits"] else "no", lang))
        for each in shown["cost_ratio"]
    ]  # fmt: skip
    lines += ["", *table(head, rows, frozenset({1, 2, 3, 4}))]
    for each in shown["cost_ratio"]:
        if each["fits"] is False:
            said = "; ".join(_lever(lever, lang) for lever in each["levers"] if lever["needs"] is not None)
            name = name_of.get(each["segment"], each["segment"])
            lines.append(_say("levers", lang, segment=name, at_most=each["at_most"], said=said))
    return "\n".join(lines)


def _loads(loads: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """Each person's accounts against that person's hours; last the accounts that nobody looks after."""
    rows = [
        (each["csm"] or _say("nobody_looks", lang), f"{each['accounts']:,}", f"{each['hours_needed']:,.0f}",
         f"{each['hours_year']:,.0f}", "" if each["load"] is None else f"{each['load']:.0%}")
        for each in loads
    ]  # fmt: skip
    head = [_say(key, lang) for key in ("who", "accounts", "needs", "has", "load")]
    return ["", *table(head, rows, frozenset({1, 2, 3, 4}))] if rows else []


def _lever(lever: Mapping[str, Any], lang: str) -> str:
    key = "lever_arr" if lever["lever"] == "arr" else lever["lever"]
    return _say(key, lang, now=lever["now"], needs=lever["needs"])


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"
