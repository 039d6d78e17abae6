"""The words of anomalies: an account's statistics of one day, and the verdict. Pure, and trusted data.

Days are numbers, T is the closed day that is judged; ratios are to what was expected.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["fell", "steady", "too_few", "no_history", "closed", "not_arrived", "unsupported", "no_deployment"]
Rule = Literal["", "week", "two_weeks", "month"]
Said = Literal["demand", "conversion", "both", "unclear", "unknown"]


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """Known open days of a window: what was counted, what was expected, and the sum of squared daily expectations."""

    days: int = 0
    observed: float = 0.0
    expected: float = 0.0
    squares: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShift:
    """Since when: the day of the most likely break, with the mean per open day before and since."""

    day: int
    before: float
    since: float
    from_day: int  # the days that are nearly as likely
    to_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Demand before product: did fewer people pass, or did fewer of them use the robot? Ratios to expectation."""

    said: Said
    traffic_ratio: float | None = None
    conversion_ratio: float | None = None
    stage: str = ""  # of the funnel that fell most: solicitation, wake_up, interaction


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRise:
    """A family whose faults rose: in the week, its expectation, since when, on which robots."""

    family: str
    observed: int
    expected: float
    p: float
    since_day: int
    robots: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Vouched:
    """Days of one account that may have been closed without anybody saying so.

    `zeros`: its robots vouch that nobody was there; `past`: of these, those that its own past makes likely; `rests`:
    days that were entered as closed, beyond its weekdays.
    """

    zeros: tuple[int, ...] = ()
    past: tuple[int, ...] = ()
    rests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What one account's verdict of day T needs: pass 1's result."""

    account: str
    row_id: int
    day: int
    counter: str
    state: State
    peers: tuple[str, ...] = ()  # keys of its peer groups, the narrowest first
    causes: tuple[tuple[str, str], ...] = ()  # (firmware | model | region | skill, value) that it shares with others
    week: UsageWindow = UsageWindow()
    eve: UsageWindow = UsageWindow()  # the week that ended a day earlier
    before: UsageWindow = UsageWindow()  # the week before it
    month: UsageWindow = UsageWindow()
    base: UsageWindow = UsageWindow()
    dispersion: float = 0.0  # own estimate
    dispersion_variance: float = 0.0  # of that estimate
    base_weeks: int = 0
    week_squares: float = 0.0  # sum of squared residuals of the base's weeks …
    week_variance: tuple[float, float] = (0.0, 0.0)  # … and what independent days would give: a + b * dispersion
    change: LevelShift | None = None
    demand: Demand | None = None
    faults: tuple[FaultRise, ...] = ()
    region: str = ""
    scene: str = ""
    vouched: Vouched = Vouched()
    apart: "Statistics | None" = None  # the same without `vouched.zeros`; None: there are none
    silent: bool | None = None  # nothing was heard or counted on T, where there usually is something; None: not known

    @property
    def causes_of_silence(self) -> tuple[tuple[str, str], ...]:
        return (*self.causes, ("scene", self.scene)) if self.scene else self.causes


@dataclass(frozen=True, slots=True)
class Variation:
    """How the counts of everybody varied by the end of one day: what an account that is judged alone cannot say."""

    dispersion: Mapping[str, tuple[float, float]]  # peer group ("": everybody) -> mean, variance between its accounts
    week_excess: float  # weeks' variance over that of independent days
    closed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # region -> days learned to be closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is said of one account's usage at the end of day T. `ratio` = observed / expected in the rule's window."""

    account: str
    row_id: int
    day: int
    counter: str
    state: State
    rule: Rule = ""
    p: float = 1.0
    ratio: float | None = None
    observed: float = 0.0
    expected: float = 0.0
    dispersion: float = 0.0
    since_day: int | None = None
    change: LevelShift | None = None
    demand: Demand | None = None
    fault_before: FaultRise | None = None  # the fault whose rise preceded the fall
    faults: tuple[FaultRise, ...] = ()
    incident: tuple[str, str] | None = None  # (cause, value) of the incident that explains it: muted
    silent: bool | None = None  # on T, and not a closed day that was learned; None: not known
    faults_incident: tuple[str, str] | None = None  # of the one that explains a rise of its faults

    @property
    def drop(self) -> bool:
        """The exception DROP holds: fell, and no common cause explains it."""
        return self.state == "fell" and self.incident is None
