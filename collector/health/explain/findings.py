"""What an explanation says, as data: losses, lifts, what is kept quiet, why the band is not the number's. Pure.

The words are made of it in `collector.language`. Points lost sum to 100 - raw over all measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.ledger.view import FIELD_OF_KIND
from collector.calendar import days
from collector.health.model import Cap, Scored
from collector.health.policy.file import Policy
from collector.health.score import bands
from collector.values.texts import in_address

TOP_LOSSES = 3
TELEMETRY = "ABC"  # groups whose measures are made of the robots' counters
ROBOT_KEYS = frozenset({"robots", "dark", "stuck", "affected", "conflicts"})
_PATHS = {field: KINDS[kind].path for kind, field in FIELD_OF_KIND.items()}
LINKS_MAX = 20
_PAIR = 2
_NOT_MISSING = frozenset({"", "none_due", "not_near", "not_in_model"})  # reasons for which nobody can do anything


@dataclass(frozen=True, slots=True)
class PossibleLift:
    """What would lift the score: `name` is a measure or an exception's code.

    `waits`: a cap binds, so that a better measure shows only once it is gone.
    """

    kind: Literal["cap", "measure"]
    name: str
    points: float
    waits: bool = False


@dataclass(frozen=True, slots=True)
class BandReason:
    """Why the band is not the one that the number alone would have.

    grey: too little is known. waits: a change of band needs a second day, or `margin` points beyond the border.
    little: the better band needs more to be known. unknown: the band rests on `assured`.
    """

    kind: Literal["grey", "waits", "little", "unknown"]
    would: str
    least: float
    margin: float
    assured: float


def losses(scored: Scored) -> list[str]:
    """The measures that cost most, largest first."""
    lost = [(measure, said.lost) for measure, said in scored.measures.items() if said.lost > 0]
    return [measure for measure, _ in sorted(lost, key=lambda one: (-one[1], one[0]))][:TOP_LOSSES]


def binds(scored: Scored, cap: Cap) -> bool:
    """Whether this exception is what makes the score another number than the raw one."""
    return scored.final is not None and cap is scored.caps[0] and scored.final != scored.raw


def lifts(scored: Scored) -> list[PossibleLift]:
    """The three largest, the binding cap first: until it goes, no measure lifts the score beyond it."""
    found = []
    bound = False
    if scored.final is not None and scored.raw is not None and scored.final < scored.raw and scored.caps:
        bound = True
        others = [cap.value for cap in scored.caps[1:] if cap.bound == "cap"]
        found.append(PossibleLift("cap", scored.caps[0].code, min([scored.raw, *others]) - scored.final))
    by_loss = sorted(((said.lost, measure) for measure, said in scored.measures.items() if said.lost > 0), reverse=True)
    found += [PossibleLift("measure", measure, lost, bound) for lost, measure in by_loss]
    return found[:TOP_LOSSES]


def muted(scored: Scored) -> dict[str, str]:
    """Measures that are kept quiet, each with the reason."""
    return {measure: said.why or "muted" for measure, said in scored.measures.items() if said.state == "muted"}


def missing(scored: Scored) -> dict[str, list[str]]:
    """Measures that are not counted, by reason."""
    by_reason: dict[str, list[str]] = {}
    for measure, said in scored.measures.items():
        if said.state in {"na", "muted"} and said.why not in _NOT_MISSING:
            by_reason.setdefault(said.why, []).append(measure)
    return by_reason


def incidents(scored: Scored) -> dict[tuple[str, str], list[str]]:
    """The common causes (kind, value) that keep measures of this account quiet, with those measures."""
    found: dict[tuple[str, str], list[str]] = {}
    for measure, said in scored.measures.items():
        if said.state == "muted" and said.why == "incident" and len(said.detail.get("incident", ())) == _PAIR:
            cause, value = said.detail["incident"]
            found.setdefault((cause, value), []).append(measure)
    return found


def band_reason(scored: Scored, policy: Policy) -> BandReason | None:
    """Why the band is another than the number's; None where it is the same."""
    least, margin, assured = policy.coverage.green_from, policy.bands.margin, scored.assured or 0.0
    if scored.band == "grey" and scored.coverage > 0:
        return BandReason("grey", "grey", policy.coverage.grey_below, margin, assured)
    if scored.final is None or scored.band == bands.of_number(scored.final, policy):
        return None
    would = bands.of_number(scored.final, policy)
    if scored.candidate_band is not None:
        return BandReason("waits", scored.candidate_band, least, margin, assured)
    if scored.band == "yellow" and scored.coverage < least:
        return BandReason("little", would, least, margin, assured)
    if scored.assured is not None and scored.raw is not None and scored.assured < scored.raw:
        return BandReason("unknown", would, least, margin, assured)
    return None


def named(detail: Mapping[str, Any], robots: Mapping[int, str]) -> dict[str, Any]:
    """Evidence with robots by their names and days as dates."""
    found: dict[str, Any] = {}
    for key, value in detail.items():
        if key in ROBOT_KEYS and isinstance(value, list | tuple):
            found[key] = [robots.get(robot, str(robot)) if isinstance(robot, int) else robot for robot in value]
        elif (key == "day" or key.endswith("_day")) and isinstance(value, int):
            found[key] = days.iso(value)
        elif key == "days" and isinstance(value, list | tuple):
            found[key] = [days.iso(day) if isinstance(day, int) else day for day in value]
        else:
            found[key] = value
    return found


def links(evidence: Mapping[str, Any]) -> list[str]:
    """Where the evidence can be read: addresses of the API. `evidence` is as `named` makes it."""
    found: list[str] = []
    for key, value in evidence.items():
        entries = value if isinstance(value, list | tuple) else [value]
        if key in ROBOT_KEYS:
            found += [f"/api/v1/robots/{robot}" for robot in entries]
        elif key in _PATHS:
            found += [f"/api/v1/{_PATHS[key]}/{in_address(entry)}" for entry in entries if isinstance(entry, str)]
        elif key in FIELD_OF_KIND and isinstance(value, str):
            found.append(f"/api/v1/{_PATHS[FIELD_OF_KIND[key]]}/{in_address(value)}")
    return found[:LINKS_MAX]
