"""The explanation as sentences, English and Chinese, from the same numbers. Pure.

64 → 49 (yellow) in 7 days. Capped at 49 by SILENT: 4 messages since 2026-10-01, no reply.
Raw 71: lost 4.1 on momentum (0.73 of what was expected), 2.6 on fault burden (5.2 per 100 robot-hours, peers 1.9,
    n = 34).
"""

from collections.abc import Mapping, Sequence

from collector.health.cap_words import evidence_text
from collector.health.decompose import Change, Part, rounded
from collector.health.model import Cap, Scored
from collector.health.words import BAND_WORDS, EXCEPTION_WORDS, MEASURE_WORDS, PROFILE_WORDS, Lang, why, written

PARTS_SHOWN = 4
SHARE_LOW = 0.999
GREEN_NUMBER = 70.0  # of the shipped policy; another policy's border only changes when this sentence is said


def of(
    scored: Scored, changes: Sequence[Change], losses: Sequence[str], robots: Mapping[int, str], lang: Lang
) -> list[str]:
    """All sentences, the most important first."""
    found = [_headline(scored, changes, lang)]
    if held := _held_band(scored, lang):
        found.append(held)
    found += [_cap(scored, cap, robots, lang) for cap in scored.caps]
    if scored.raw is not None and losses:
        found.append(_losses(scored, losses, lang))
    found += [text for one in changes if (text := _change(one, lang))]
    found.append(_basis(scored, lang))
    if scored.sentiment is not None:
        found.append(
            f"主观评价 {scored.sentiment}/5（仅供参考，不计入得分）。"
            if lang == "zh"
            else f"The CSM's own view is {scored.sentiment} of 5; it is shown beside the score, not inside it."
        )
    return found


def _headline(scored: Scored, changes: Sequence[Change], lang: Lang) -> str:
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


def _held_band(scored: Scored, lang: Lang) -> str:
    """Why the band is not what the number alone would say; "" where it is."""
    if scored.final is None or scored.band == "grey":
        return ""
    if scored.candidate_band is not None:
        waits = BAND_WORDS[scored.candidate_band].say(lang)
        if lang == "zh":
            return f"按分数应为{waits}，须再持续一天才变更。"
        return f"The number alone would say {waits}; the band changes when that lasts another day."
    if scored.band == "yellow" and scored.final >= GREEN_NUMBER:
        coverage = f"{scored.coverage * 100:.0f} %"
        if lang == "zh":
            return f"数据覆盖率为 {coverage}，已知数据不足以评为绿色。"
        return f"Not green: with {coverage} of the weight present, what is known does not carry it."
    return ""


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


def _change(one: Change, lang: Lang) -> str:
    if one.difference is None or round(one.difference, 1) == 0:
        return ""
    printed = rounded(one.parts, one.difference)
    shown = [f"{part(p, lang)} {_signed(p.points)}" for p in printed[:PARTS_SHOWN]]
    rest = sum(p.points for p in printed[PARTS_SHOWN:])
    if printed[PARTS_SHOWN:]:
        shown.append(f"{'其他' if lang == 'zh' else 'the rest'} {_signed(rest)}")
    ago = one.to_day - one.from_day
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
    profile = PROFILE_WORDS[scored.profile].say(lang)
    missing = [
        f"{MEASURE_WORDS[m].name.say(lang)}{'：' if lang == 'zh' else ': '}{why(said.why, lang)}"
        for m, said in scored.measures.items()
        if said.state in {"na", "muted"} and said.why not in {"", "none_due", "not_near"}
    ]
    coverage = f"{scored.coverage * 100:.0f} %"
    if lang == "zh":
        text = f"覆盖率 {coverage}，按「{profile}」权重，同类组 {scored.peer_group or '无'}（n = {scored.peer_n}）。"
        return text + (f"未计入：{'；'.join(missing)}。" if missing and scored.coverage < SHARE_LOW else "")
    group = f"peers {scored.peer_group} (n = {scored.peer_n})" if scored.peer_group else "no peers yet"
    text = f"Coverage {coverage}, weights of {profile}, {group}."
    return text + (f" Not counted: {'; '.join(missing)}." if missing and scored.coverage < SHARE_LOW else "")


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
    return f"{points:+.1f}".replace("-", "−")
