"""The thresholds of anomalies and incidents: the policy file's section [anomaly]. Pure.

`AnomalyRules.of(section)` reads the section; what it leaves out has the value that stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyRules:
    """Each value with its unit; the reasons and sources are in policy.toml."""

    p_week: float = 0.005  # tail of one week that is a drop
    p_week_eve: float = 0.02  # tail that the week which ended a day earlier must have had as well …
    p_week_at_once: float = 0.0005  # … unless the week alone is this unlikely
    p_two_weeks: float = 0.05  # tail of each of two weeks in a row that are a drop …
    r_two_weeks: float = 0.7  # … when momentum (B2) is at most this
    r_pseudo_events: float = 20.0  # of momentum: added to both of its sides
    p_month: float = 0.005  # tail of 28 days, where a week has too few events
    week_min_expected: float = 10.0  # events in a week; below: 28 days are judged
    month_below_expected: float = 20.0  # events in a week; from here on the week alone decides
    month_min_expected: float = 20.0  # events in 28 days; below: "too few events to judge"
    week_min_days: int = 3  # known open days in a week; below: the week is not judged
    base_open_days: int = 56  # open days before the window of 28 days that expectation is made of
    base_min_days: int = 14  # of these, known; below: no history yet
    weekday_pseudo_days: float = 4.0  # how strongly a weekday's factor is drawn to 1
    dispersion_default: float = 0.15  # variance = mean + dispersion * mean^2, where peers cannot say
    dispersion_floor: float = 0.02  # no account is steadier than this
    dispersion_peers_min: int = 8  # accounts; below: the next larger peer group
    dispersion_default_weight: float = 8.0  # accounts that the default counts for among peers
    week_excess_max: float = 4.0  # weeks' variance over that of independent days, at most
    incident_share: float = 0.20  # of the accounts that share a cause alarm together
    incident_min_accounts: int = 3  # that alarm
    incident_p: float = 0.01  # chance of so many by the rate of the others
    incident_window_days: int = 7  # changes that begin within so many days are "together"
    cause_share: float = 0.5  # of an account's robots that must have a firmware or version to share it
    fault_window_days: int = 14  # a rise of faults that began so long before a fall is named
    p_faults: float = 0.005  # tail of a week's fault episodes that is a rise
    faults_min: int = 3  # episodes of a family that a rise has at least
    fault_dispersion: float = 1.0  # of fault episodes a day: faults come in bursts
    demand_ratio: float = 0.8  # foot traffic at or below this share of its expectation fell, too
    conversion_ratio: float = 0.8  # interactions per passer-by, likewise
    p_swing: float = 0.005  # tail of a rate's swing (active, renewal, upsell, churn)
    swing_history: int = 6  # earlier periods that a swing is judged by, at least

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> "AnomalyRules":
        """Raises ValueError for a name that is no threshold."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(section) - known)
        if unknown:
            raise ValueError(f"[anomaly] has no {unknown[0]!r}: its thresholds are {', '.join(sorted(known))}")
        return cls(**section)
