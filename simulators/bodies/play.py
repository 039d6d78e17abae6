"""A day of a workflow, told. `python -m simulators.bodies.play` takes what is asked, says what happened, as JSON."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from simulators.bodies.day import Circumstances, live
from simulators.bodies.ensemble import ORCHESTRATOR
from simulators.bodies.scene_days import SCENE_DAYS

HOUR_S = 3600
MISSION_STATES = {"begun", "done", "failed", "stopped", "refused"}


def told(log: Iterable[Mapping[str, Any]], opens_h: int) -> list[dict[str, str]]:
    """What a person would want to read of a day: missions, orders of the clock, faults. Pure."""
    rows, asked = [], {}
    for row in log:
        if row.get("state") == "asked" and "intent" in row:
            asked[row.get("by", ""), row["mission"]] = row["intent"]
        story = _mission(row, asked) or _fault(row)
        if story is not None:
            second = int(opens_h * HOUR_S + row["at_s"])
            clock = f"{second // HOUR_S % 24:02d}:{second // 60 % 60:02d}"
            rows.append({"clock": clock, **story})
    return rows


def _mission(row: Mapping[str, Any], asked: Mapping[tuple[str, int], str]) -> dict[str, str] | None:
    if "mission" not in row or row.get("state") not in MISSION_STATES or row.get("by") == ORCHESTRATOR:
        return None
    intent = asked.get((row.get("by", ""), row["mission"]), "")
    return {"skill": row.get("by", ""), "did": row["state"], "told": f"{intent} {row.get('why', '')}".strip()}


def _fault(row: Mapping[str, Any]) -> dict[str, str] | None:
    if "episode" not in row:
        return None
    return {"skill": row["family"], "did": f"fault {row['episode']}", "told": row["code"]}


def main() -> None:
    asked = json.load(sys.stdin)
    scene = asked.pop("scene")
    day = live(scene, Circumstances(**asked))
    rows = told(day.log, SCENE_DAYS[scene].opens_h())
    json.dump({"rows": rows, "counted": day.counted, "wanted": day.wanted}, sys.stdout)


if __name__ == "__main__":
    main()
