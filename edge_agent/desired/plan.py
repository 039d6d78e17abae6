"""Which of the wished settings this robot follows, and why not the others. Pure.

Nobody has signed the document. So it may change the rhythm and the log level, and switch on or off what the
robot's own file names; addresses, paths and commands never come from it. Each wish is judged by itself:
one that is refused is named in the report and costs the others nothing.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge_agent.deferred import deferred
from protocol.limits import CODE_MAX_CHARS

LOG_LEVELS = ("debug", "info", "warning", "error")
SETTINGS_MAX = 64  # verdicts in a report; it stays below 32 kB
ONLY_OWN_FILE = deferred("only the robot's own file sets it")
NOT_NAMED = deferred("the robot's own file does not name it")
UNKNOWN = deferred("no setting of this agent")
NOT_A_SWITCH = deferred("true or false is expected")
NO_TABLE = deferred("an object of names is expected")
NO_NUMBER = deferred("a number is expected")
NOT_WHOLE = deferred("a whole number is expected")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """What the robot's own configuration says. `limits`: of each number, (least, greatest). `names`: every setting."""

    sample_s: float
    upload_s: int
    log_level: str
    rules: Mapping[str, frozenset[str]]  # each source that it runs -> patterns of its rules
    limits: Mapping[str, tuple[float, float]]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class InForce:
    """What the agent is to run by."""

    sample_s: float
    upload_s: int
    log_level: str
    sources_off: frozenset[str] = frozenset()
    rules_off: frozenset[tuple[str, str]] = frozenset()  # (source, pattern)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one setting. `refused`: why it is not followed; empty: it is."""

    setting: str
    refused: str = ""

    def told(self) -> dict[str, str]:
        """As a report carries it."""
        name = self.setting[:CODE_MAX_CHARS]
        if not self.refused:
            return {"setting": name, "state": "applied"}
        return {"setting": name, "state": "refused", "reason": self.refused}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the agent runs by when it follows a document, and what becomes of each setting in it."""

    in_force: InForce
    verdicts: tuple[Verdict, ...]


def planned(own: OwnFile, wished: Mapping[str, Any]) -> Plan:
    """Judge every wished setting; what is not wished is as the robot's own file says."""
    plan = Plan(InForce(own.sample_s, own.upload_s, own.log_level), ())
    for name in sorted(wished):
        for in_force, verdict in _judged(own, plan.in_force, name, wished[name]):
            plan = Plan(in_force, (*plan.verdicts, verdict))
    return plan


def shown(verdicts: tuple[Verdict, ...]) -> list[dict[str, str]]:
    """At most SETTINGS_MAX of them as a report carries them; the last one says how many are not told."""
    if len(verdicts) <= SETTINGS_MAX:
        return [verdict.told() for verdict in verdicts]
    more = len(verdicts) - SETTINGS_MAX + 1
    refused = sum(1 for verdict in verdicts[SETTINGS_MAX - 1 :] if verdict.refused)
    rest = Verdict("...", f"{more} more settings are not told one by one; {refused} of them are refused")
    return [verdict.told() for verdict in (*verdicts[: SETTINGS_MAX - 1], rest)]


def _judged(own: OwnFile, now: InForce, name: str, value: Any) -> Iterator[tuple[InForce, Verdict]]:
    if name in {"sample_s", "upload_s"}:
        why = _number(value, *own.limits[name], whole=name == "upload_s")
        yield (now if why else _with_number(now, name, value)), Verdict(name, why)
    elif name == "log_level":
        known = isinstance(value, str) and value in LOG_LEVELS
        why = "" if known else f"one of {', '.join(LOG_LEVELS)} is expected"
        yield (replace(now, log_level=value) if known else now), Verdict(name, why)
    elif name == "sources":
        yield from _sources(own, now, value)
    elif name == "rules":
        yield from _rules(own, now, value)
    else:
        yield now, Verdict(name, ONLY_OWN_FILE if name in own.names else UNKNOWN)


def _with_number(now: InForce, name: str, value: float) -> InForce:
    return replace(now, sample_s=float(value)) if name == "sample_s" else replace(now, upload_s=int(value))


def _number(value: Any, low: float, high: float, *, whole: bool) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return NO_NUMBER
    if whole and value != int(value):
        return NOT_WHOLE
    return "" if low <= value <= high else f"it is outside {low:g} to {high:g}"


def _sources(own: OwnFile, now: InForce, value: Any) -> Iterator[tuple[InForce, Verdict]]:
    if not isinstance(value, dict):
        yield now, Verdict("sources", NO_TABLE)
        return
    for source in sorted(value):
        why = _switch(value[source], named=source in own.rules)
        if not why and not value[source]:
            now = replace(now, sources_off=now.sources_off | {source})
        yield now, Verdict(f"sources.{source}", why)


def _rules(own: OwnFile, now: InForce, value: Any) -> Iterator[tuple[InForce, Verdict]]:
    if not isinstance(value, dict):
        yield now, Verdict("rules", NO_TABLE)
        return
    for source in sorted(value):
        if not isinstance(value[source], dict):
            yield now, Verdict(f"rules.{source}", NO_TABLE)
            continue
        for pattern in sorted(value[source]):
            on = value[source][pattern]
            why = _switch(on, named=pattern in own.rules.get(source, ()))
            if not why and not on:
                now = replace(now, rules_off=now.rules_off | {(source, pattern)})
            yield now, Verdict(f"rules.{source}.{pattern}", why)


def _switch(value: Any, *, named: bool) -> str:
    if not named:
        return NOT_NAMED
    return "" if isinstance(value, bool) else NOT_A_SWITCH
