"""What the body itself has seen of the standard counters, from its log alone. Pure.

Written apart from what a skill's runtime counts, so that the two can be compared: what is on one side only shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_NOT_DONE = {"not_permitted", "unknown"}


def witnessed(log: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """By counter; metres and seconds with their fractions."""
    seen: Counter[str] = Counter()
    for row in log:
        if "corrected" in row:
            seen[f"{row['corrected']}_wrong"] += 1
        elif row.get("do") == "go_to" and row.get("code") not in _NOT_DONE:
            _drive(seen, row)
        elif row.get("do") in {"speak", "listen", "see", "touch"}:
            _encounter(seen, row)
    return {counter: n for counter, n in seen.items() if n}


def toured(log: Iterable[Mapping[str, Any]], least_charge: float) -> int:
    """Missions that were tours: in which something was said, with enough charge."""
    tours, spoke, low, on = 0, False, False, False
    for row in log:
        if row.get("state") == "begun":
            on, spoke, low = True, False, False
        elif on and "mission" in row and row.get("state") in {"done", "failed", "stopped"}:
            tours += spoke and not low
            on = False
        spoke = spoke or row.get("do") == "speak"
        low = low or row.get("charge", 1.0) < least_charge
    return tours


def _drive(seen: Counter[str], row: Mapping[str, Any]) -> None:
    metres = row.get("metres", 0.0)
    seen["navigation_tasks"] += 1
    seen["distance_m"] += metres
    seen["driving_s"] += row.get("seconds", 0.0)
    if row["ok"] or row.get("cancelled"):
        return
    seen["navigation_aborted" if metres else "navigation_not_started"] += 1
    special = {"radar": "lidar", "-32620001": "localisation", "-32620014": "relocalisation"}.get(row["code"])
    if special:
        seen[f"navigation_{special}"] += 1


def _encounter(seen: Counter[str], row: Mapping[str, Any]) -> None:
    do, ok = row["do"], row["ok"]
    chance = {"speak": "plays", "listen": "utterances", "see": "faces", "touch": "touches"}[do]
    failure = {"speak": "tts_not_played", "listen": "asr_not_recognised", "see": "vision_not_recognised",
               "touch": "touch_no_response"}[do]  # fmt: skip
    if row.get("cancelled") or row.get("code") in _NOT_DONE or row.get("family") == "network":
        return
    if not ok:
        seen[chance] += 1
        seen[failure] += 1
    elif do == "speak" or row.get("text") or row.get("face") is not None or row.get("button") is not None:
        seen[chance] += 1
        if do == "listen":
            seen["queries"] += 1
            seen["nlp_not_handled"] += not row["intent"]
