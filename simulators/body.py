"""A robot's body: how it fails. Seven families, each could_not (the robot sees it) or wrong (a label).

Two ways: single acts fail by chance (a face not recognised among faces; `simulators/bodies/body.py` does it act by
act), and episodes open, last and close, and while open that family cannot. Codes are the field's own numbers and names,
kept as text. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from simulators.chance import poisson

WORSE_WHILE_OPEN = 6.0  # factor on a family's failures while one of its episodes is open


@dataclass(frozen=True, slots=True)
class Failing:
    """One failure counter: its share of the opportunities that name its family."""

    counter: str
    family: str
    per: str
    share: float


FAILINGS = (
    Failing("vision_not_recognised", "vision", "faces", 0.04),
    Failing("vision_wrong", "vision", "faces", 0.004),
    Failing("touch_no_response", "touch", "touches", 0.015),
    Failing("touch_wrong", "touch", "touches", 0.004),
    Failing("navigation_not_started", "navigation", "navigation_tasks", 0.008),
    Failing("navigation_aborted", "navigation", "navigation_tasks", 0.015),
    Failing("asr_not_recognised", "asr", "utterances", 0.08),
    Failing("asr_wrong", "asr", "utterances", 0.02),
    Failing("nlp_not_handled", "nlp", "queries", 0.10),
    Failing("nlp_wrong", "nlp", "queries", 0.015),
    Failing("tts_not_played", "tts", "plays", 0.002),
    Failing("tts_wrong", "tts", "plays", 0.001),
)


@dataclass(frozen=True, slots=True)
class Ailment:
    """A kind of episode: how often per operating hour, how long on average, what it counts when it opens."""

    family: str
    code: str
    per_hour: float
    mean_s: float
    severity: Literal["warning", "urgent", "critical", "fatal"] = "warning"
    did: Literal["could_not", "wrong"] = "could_not"
    counts: tuple[str, ...] = ()
    detail: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """One of them is open at a time."""
        return self.family, self.code


AILMENTS = (
    Ailment("network", "6", 0.010, 240, "urgent", counts=("network_episodes",), detail="socket disconnected"),
    Ailment("network", "7", 0.004, 900, "urgent", counts=("network_episodes",), detail="service unusable"),
    Ailment("vision", "-32600004", 0.002, 900, detail="person detection failed to open"),
    Ailment("vision", "32720011", 0.001, 600, detail="camera switch failed"),
    Ailment("touch", "no_response", 0.001, 1200, detail="touch watchdog"),
    Ailment("navigation", "32610009", 0.004, 300, "urgent", detail="navigation failed to start"),
    Ailment("navigation", "-32620006", 0.006, 180, detail="blocked for too long"),
    Ailment("navigation", "-32620008", 0.002, 900, "critical", counts=("intervention",), detail="stuck"),
    Ailment("navigation", "radar", 0.002, 600, "critical", "wrong", ("navigation_lidar",), "lidar exception"),
    Ailment("navigation", "-32620001", 0.004, 420, "critical", "wrong", ("navigation_localisation",), "not located"),
    Ailment(
        "navigation",
        "-32620014",
        0.001,
        1500,
        "fatal",
        "wrong",
        ("navigation_relocalisation", "intervention"),
        "relocation failed",
    ),
    Ailment("navigation", "-124", 0.0004, 7200, "fatal", counts=("intervention",), detail="wheel over-current"),
    Ailment("asr", "api_disconnected", 0.003, 300, detail="speech service gone"),
    Ailment("nlp", "other", 0.002, 600, detail="intents fall through"),
    Ailment("tts", "on_error", 0.002, 240, detail="speech output failed"),
)


@dataclass(slots=True)
class Episode:
    """An open fault of one robot. `opened` is the seq of its open record, known once it is recorded."""

    ailment: Ailment
    ref: str
    from_s: int
    to_s: int
    opened: int = 0


def outbreaks(
    rng: Random, from_s: int, to_s: int, frailty: float, busy: Mapping[tuple[str, str], Episode]
) -> list[Episode]:
    """Episodes that open in a span, in time order. One that is open already does not open again."""
    found = []
    for ailment in AILMENTS:
        if (ailment.family, ailment.code) in busy or not poisson(
            rng, ailment.per_hour * frailty * (to_s - from_s) / 3600
        ):
            continue
        opens_s = rng.randrange(from_s, to_s)
        lasts_s = max(20, round(rng.expovariate(1 / ailment.mean_s)))
        ref = f"point-{rng.randrange(1, 20)}" if ailment.family == "navigation" else ""
        found.append(Episode(ailment, ref, opens_s, opens_s + lasts_s))
    return sorted(found, key=lambda e: (e.from_s, e.ailment.code))
