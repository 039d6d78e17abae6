"""One cause behind many alarms: found, named once, and the single alarms muted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.health.anomaly import Statistics, Verdict
from collector.health.anomaly_rules import DEFAULT, AnomalyRules

Cause = Literal["firmware", "model", "region", "skill", "date"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`of` says what rose or fell together: usage fell, or faults of `family` rose."""

    cause: Cause
    value: str  # which firmware; of a skill `guide 1.4.2`; of a date the day
    day: int  # T
    since_day: int  # the accounts' changes began on (median)
    of: Literal["usage", "faults"]
    family: str = ""
    accounts: tuple[str, ...] = ()  # that alarm, in order
    sharing: int = 0  # accounts that share the cause and can be judged
    others_share: float = 0.0  # of the accounts without it that alarm


def find(
    found: Sequence[Statistics], verdicts: Mapping[str, Verdict], rules: AnomalyRules = DEFAULT
) -> tuple[Incident, ...]:
    """The incidents of the day, each account in at most one of usage and one of faults."""
    raise NotImplementedError


def muted(verdicts: Mapping[str, Verdict], incidents: Sequence[Incident]) -> Mapping[str, Verdict]:
    """The verdicts with their incident named: `drop` is false for these."""
    raise NotImplementedError
