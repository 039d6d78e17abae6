"""The explanation as sentences, English and Chinese, from the same numbers. Pure.

64 → 49 (yellow) in 7 days. Capped at 49 by SILENT: 4 messages since 2026-10-01, no reply.
Raw 71: lost 4.1 on momentum (0.73 of what was expected), 2.6 on fault burden (5.2 per 100 robot-hours, peers 1.9,
    n = 34).
"""

from collections.abc import Mapping, Sequence

from collector.health.explain.cap_words import evidence_text
from collector.health.explain.decompose import Part, ScoreChange, rounded
from collector.health.explain.words import (
    BAND_WORDS,
    CAUSE_WORDS,
    EXCEPTION_WORDS,
    MEASURE_WORDS,
    PROFILE_WORDS,
    Lang,
    why,
    written,
)
from collector.health.model import Cap, Scored
from collector.health.policy.file import Policy
from collector.health.score import bands

PARTS_SHOWN = 4
SHARE_LOW = 0.999
ALL = "all"  # the widest group of peers
PAIR = 2


def of(
    scored: Scored,
    changes: Sequence[ScoreChange],
    losses: Sequence[str],
    robots: Mapping[int, str],
    lang: Lang,
    policy: Policy,
) -> list[str]:
    """All sentences, the most important first. `policy`: whose borders of bands are named."""
    found = [_headline(scored, changes, lang)]
    if held := _why_band(scored, policy, lang):
        found.append(held)
    found += [_cap(scored, cap, robots, lang) for cap in scored.caps]
    if scored.raw is not None and losses:
        found.append(_losses(scored, losses, lang))
    found += _incidents(scored, lang)
    found += [_change(one, lang) for one in changes]
    if not changes and scored.final is not None:
        found.append(_NOT_BEFORE[lang])
    found.append(_basis(scored, lang))
    if scored.sentiment is not None:
        found.append(
            f"主观评价 {scored.sentiment}/5（仅供参考，不计入得分）。"
            if lang == "zh"
            else f"The CSM's own view is {scored.sentiment} of 5; it is shown beside the score, not inside it."
        )
    return found


def _headline(scored: Scored, changes: Sequence[ScoreChange], lang: Lang) -> str:
    band = BAND_WORDS[scored.band].say(lang)
    if scored.final is None:
        return "没有可以评分的数据。" if lang == "zh" else "There is nothing to judge by."
    now = f"{scored.final:.0f}"
    week = next((c for c in changes if c.difference is not None), None)
    if week is not None and week.before is not None and round(week.before) != round(scored.final):
        ago = week.to_day - week.from_day
        before = f"{week.before:.0f}"
        return (
            f"{ago} 天内 {before} → {now}（{band}）。" if lang == "zh" else f"{before} → {now} ({band}) in {ago} days."
        )
    return f"{now} 分（{band}）。" if lang == "zh" else f"{now} ({band})."


def _cap(scored: Scored, cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:
    binds = cap is scored.caps[0] and scored.final != scored.raw
    evidence = evidence_text(cap, robots, lang)
    if lang == "zh":
        effect = ("上限" if cap.bound == "cap" else "下限") + f" {cap.value:.0f}"
        start = f"受 {cap.code} 限制（{effect}）" if binds else f"{cap.code} 成立（{effect}，当前未起作用）"
        return f"{start}：{evidence or EXCEPTION_WORDS[cap.code].zh}。"
    verb = "Capped" if cap.bound == "cap" else "Held up"
    start = f"{verb} at {cap.value:.0f} by {cap.code}" if binds else f"{cap.code} holds ({cap.bound} {cap.value:.0f})"
    return f"{start}: {evidence or EXCEPTION_WORDS[cap.code].en}."


def _losses(scored: Scored, losses: Sequence[str], lang: Lang) -> str:
    parts = []
    for measure in losses:
        said, word = scored.measures[measure], MEASURE_WORDS[measure]
        notes = [] if said.value is None else [written(measure, said.value, lang)]
        if said.peer_median is not None:
            median = written(measure, said.peer_median, lang).split(" per ")[0].split(" of what")[0]
            notes.append(
                f"同类 {median}，n = {scored.peer_n}" if lang == "zh" else f"peers {median}, n = {scored.peer_n}"
            )
        if said.state == "stale":
            notes.append("数据过旧" if lang == "zh" else "stale")
        name = word.name.say(lang)
        if lang == "zh":
            parts.append(f"{name} −{said.lost:.1f}" + (f"（{'，'.join(notes)}）" if notes else ""))
        else:
            parts.append(f"{said.lost:.1f} on {name}" + (f" ({', '.join(notes)})" if notes else ""))
    if lang == "zh":
        return f"原始分 {scored.raw:.0f}：主要失分 " + "；".join(parts) + "。"
    return f"Raw {scored.raw:.0f}: lost " + ", ".join(parts) + "."


def _change(one: ScoreChange, lang: Lang) -> str:
    ago = one.to_day - one.from_day
    if one.difference is None:
        return (
            f"与 {ago} 天前不可比：当时没有得分。"
            if lang == "zh"
            else f"Over {ago} days: one of the days has no number to compare with."
        )
    printed = rounded(one.parts, one.difference)
    if not printed:
        return f"{ago} 天内没有变化。" if lang == "zh" else f"Over {ago} days: no change."
    shown = [f"{part(p, lang)} {_signed(p.points)}" for p in printed[:PARTS_SHOWN]]
    rest = sum(p.points for p in printed[PARTS_SHOWN:])
    if printed[PARTS_SHOWN:]:
        shown.append(f"{'其他' if lang == 'zh' else 'the rest'} {_signed(rest)}")
    if lang == "zh":
        return f"{ago} 天变化 {_signed(one.difference)}：" + "，".join(shown) + "。"
    return f"Over {ago} days {_signed(one.difference)}: " + ", ".join(shown) + "."


def part(cause: Part, lang: Lang) -> str:
    """What a part of a change is called."""
    if cause.kind == "cap":
        return cause.name
    if cause.kind == "profile":
        return "权重变化" if lang == "zh" else "other weights"
    name = MEASURE_WORDS[cause.name].name.say(lang)
    if cause.kind == "measure":
        return name
    return f"{name}（数据变化）" if lang == "zh" else f"{name} (data came or went)"


def _basis(scored: Scored, lang: Lang) -> str:
    profile, coverage = PROFILE_WORDS[scored.profile].say(lang), f"{scored.coverage * 100:.0f} %"
    missing = _missing(scored, lang) if scored.coverage < SHARE_LOW else ""
    if lang == "zh":
        group = "全部其他客户" if scored.peer_group == ALL else f"同类客户（{scored.peer_group}）"
        peers = f"与{group}比较，n = {scored.peer_n}" if scored.peer_n else "暂无可比客户"
        text = f"数据覆盖 {coverage} 的权重，按「{profile}」分配权重，{peers}。"
        return text + (f"未计入：{missing}。" if missing else "")
    peers = "all other customers" if scored.peer_group == ALL else scored.peer_group
    group = f"compared with {peers} (n = {scored.peer_n})" if scored.peer_n else "nobody to compare with yet"
    text = f"{coverage} of the weight is known, weighed for the {profile} profile, {group}."
    return text + (f" Not counted: {missing}." if missing else "")


def _missing(scored: Scored, lang: Lang) -> str:
    """What is not counted, those of one reason together."""
    by_reason: dict[str, list[str]] = {}
    for measure, said in scored.measures.items():
        if said.state in {"na", "muted"} and said.why not in {"", "none_due", "not_near"}:
            by_reason.setdefault(why(said.why, lang), []).append(MEASURE_WORDS[measure].name.say(lang))
    if lang == "zh":
        return "；".join(f"{'、'.join(names)}（{reason}）" for reason, names in by_reason.items())
    return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def _why_band(scored: Scored, policy: Policy, lang: Lang) -> str:
    """Why the band is not the one that the number alone would have; "" where it is."""
    if scored.final is None or scored.band == bands.of_number(scored.final, policy):
        return ""
    words = {
        "band": BAND_WORDS[scored.band].say(lang),
        "would": BAND_WORDS[bands.of_number(scored.final, policy)].say(lang),
        "known": f"{scored.coverage * 100:.0f} %",
        "margin": f"{policy.bands.margin:.0f}",
        "least": f"{(policy.coverage.grey_below if scored.band == 'grey' else policy.coverage.green_from) * 100:.0f} %",
    }
    if scored.band == "grey":
        why_not = "grey"
    elif scored.candidate_band is not None:
        why_not, words["would"] = "waits", BAND_WORDS[scored.candidate_band].say(lang)
    elif scored.band == "yellow" and scored.coverage < policy.coverage.green_from:
        why_not = "little"
    elif scored.assured is not None and scored.raw is not None and scored.assured < scored.raw:
        why_not, words["assured"] = "unknown", f"{scored.assured:.0f}"
    else:
        return ""
    return _BAND[lang][why_not].format(**words)


_NOT_BEFORE: Mapping[Lang, str] = {
    "en": "There is no score of a week or four weeks before to compare with.",
    "zh": "一周前和四周前没有可比的评分。",
}
_BAND: Mapping[Lang, Mapping[str, str]] = {
    "en": {
        "grey": "Only {known} of the weight is known: below {least} there is no band.",
        "waits": (
            "Still {band}: the number alone says {would}. A band changes on the second day in a row, or {margin} "
            "points beyond the border."
        ),
        "little": "Not {would}: only {known} of the weight is known, {would} needs {least}.",
        "unknown": "The band rests on {assured}: whatever is unknown counts 0 for it.",
    },
    "zh": {
        "grey": "已知权重仅 {known}，低于 {least} 不定颜色。",
        "waits": "仍为{band}：仅看得分应为{would}。连续第二天如此，或超出界线 {margin} 分，颜色才改变。",
        "little": "未评为{would}：已知权重仅 {known}，评为{would}需要 {least}。",
        "unknown": "颜色依据 {assured} 分：未知的数据在此按 0 分计。",
    },
}
_INCIDENT: Mapping[Lang, str] = {
    "en": (
        "One incident of ours, {cause} {value}, affects several customers: {names} do not count meanwhile, and no "
        "alarm is raised for this one alone."
    ),
    "zh": "多个客户受我方同一原因影响：{cause} {value}。{names}暂不计入，也不单独告警。",
}


def _incidents(scored: Scored, lang: Lang) -> list[str]:
    """One sentence for each common cause that keeps measures of this account quiet."""
    found: dict[tuple[str, str], list[str]] = {}
    for measure, said in scored.measures.items():
        if said.state == "muted" and said.why == "incident" and len(said.detail.get("incident", ())) == PAIR:
            cause, value = said.detail["incident"]
            found.setdefault((cause, value), []).append(MEASURE_WORDS[measure].name.say(lang))
    return [
        _INCIDENT[lang].format(
            cause=CAUSE_WORDS[cause].say(lang) if cause in CAUSE_WORDS else cause,
            value=value,
            names=("、" if lang == "zh" else ", ").join(names),
        )
        for (cause, value), names in found.items()
    ]


def lift_of_cap(cap: Cap, lang: Lang) -> str:
    """What solving an exception is called."""
    what = EXCEPTION_WORDS[cap.code].say(lang)
    return f"解决 {cap.code}（{what}）" if lang == "zh" else f"solve {cap.code} ({what})"


def lift_of_measure(measure: str, *, bound: bool, lang: Lang) -> str:
    """What bringing a measure to 100 is called; while a cap binds, it shows only afterwards."""
    name = MEASURE_WORDS[measure].name.say(lang)
    if lang == "zh":
        return f"{name}达到满分" + ("（解除上限后才体现）" if bound else "")
    return f"bring {name} to its target" + (" (shows once the cap is gone)" if bound else "")


def _signed(points: float) -> str:
    return "0.0" if round(points, 1) == 0 else f"{points:+.1f}".replace("-", "−")
