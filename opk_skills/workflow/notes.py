"""What the orchestrator writes down, so that a crash costs little: the stage and when it was, as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from opk_skills.runtime.state import State

from .switching import Mission, Stage, Wish

FORMAT = 2


class Notes:
    """The last stage, and whether the one who wrote it ended as it should."""

    def __init__(self, where: State) -> None:
        self._where = where

    def read(self) -> Mapping[str, Any]:
        return self._where.read()

    def write(self, stage: Mapping[str, Any], at_s: float) -> None:
        """`at_s`: now, on the body's clock."""
        self._where.write({"format": FORMAT, "open": True, "at_s": at_s, "stage": dict(stage)})

    def closed(self) -> None:
        """It ended as it should, with nothing to go on with: the robot is switched off."""
        self._where.write({"format": FORMAT, "open": False})


def recalled(notes: Notes, now_s: float, oldest_s: float) -> tuple[Stage, bool]:
    """The stage to go on with, and whether the last one crashed. Notes that cannot be read are none, and so are those
    that are older than `oldest_s`, or of a body whose clock began anew since: nobody waits any more.
    """
    kept = notes.read()
    if kept.get("format") != FORMAT or not kept.get("open"):
        return Stage(), False
    try:
        stage, age_s = _stage(kept["stage"]), now_s - float(kept["at_s"])
    except (KeyError, TypeError, ValueError):
        return Stage(), True
    return stage if 0 <= age_s <= oldest_s else Stage(), True


def noted(stage: Stage) -> dict[str, Any]:
    """As JSON."""
    found: dict[str, Any] = json.loads(json.dumps({
        "now": _table(stage.now), "next": _table(stage.next),
        "interrupted": [_table(each) for each in stage.interrupted],
        "waiting": [_table(each) for each in stage.waiting],
    }))  # fmt: skip
    return found


def _table(mission: Mission | None) -> dict[str, Any] | None:
    if mission is None:
        return None
    wish = mission.wish
    return {
        "skill": mission.skill, "priority": mission.priority, "begun_s": mission.begun_s, "tried": mission.tried,
        "yields": mission.yields, "asks": mission.asks,
        "intent": wish.intent, "slots": dict(wish.slots), "source": wish.source, "at_s": wish.at_s,
    }  # fmt: skip


def _mission(table: Mapping[str, Any] | None) -> Mission | None:
    if table is None:
        return None
    wish = Wish(str(table["intent"]), dict(table["slots"]), str(table["source"]), float(table["at_s"]))
    return Mission(
        str(table["skill"]), int(table["priority"]), wish, float(table["begun_s"]), tuple(table["tried"]),
        bool(table["yields"]), bool(table["asks"]),
    )  # fmt: skip


def _stage(table: Mapping[str, Any]) -> Stage:
    interrupted, waiting = ([_mission(each) for each in table[name]] for name in ("interrupted", "waiting"))
    return Stage(
        _mission(table["now"]),
        _mission(table["next"]),
        tuple(each for each in interrupted if each),
        tuple(each for each in waiting if each),
    )
