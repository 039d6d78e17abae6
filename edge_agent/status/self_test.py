"""The self-test of the page: seven questions with a number each, so that the result can be read out. Pure.

How it is done, and where the newest result lies: self_testing.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edge_agent.status.catalogue import gettext, ngettext

STEPS = ("runs", "stores", "clock", "sources", "skills", "connected", "answered")
Passed = Literal["yes", "no", "none"]  # none: this robot has nothing of it


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`passed`: of each of STEPS. `at`: the robot's own time, as text."""

    at: str
    passed: Mapping[str, Passed]

    @property
    def failed(self) -> list[int]:
        """The numbers of what is not in order."""
        return [number for number, step in enumerate(STEPS, 1) if self.passed[step] == "no"]


def judged(status: Mapping[str, Any]) -> dict[str, Passed]:
    """What one look tells; `answered` is not known by it."""
    hosted = status.get("skills")
    link = status["link"]
    found: dict[str, bool | None] = {
        "runs": True,
        "stores": not status["outbox"].get("trouble") and not status["outbox"].get("full"),
        "clock": (status.get("clock") or {}).get("state") != "unsynced",
        "sources": not [one for one in status.get("sources", ()) if one["error"] or one.get("troubles")],
        "skills": None if not hosted or not hosted["skills"] else all(one["active"] for one in hosted["skills"]),
        "connected": bool(link["connected"]) and not link.get("refusal"),
        "answered": False,
    }
    return {step: "none" if well is None else "yes" if well else "no" for step, well in found.items()}


def question(step: str, language: str) -> str:
    """What a step asks."""
    return {
        "runs": gettext(language, "The agent runs"),
        "stores": gettext(language, "It can store what it counts"),
        "clock": gettext(language, "The time is known"),
        "sources": gettext(language, "Every source counts"),
        "skills": gettext(language, "Every skill runs"),
        "connected": gettext(language, "It is connected"),
        "answered": gettext(language, "The collector answered after an upload"),
    }[step]


def sentence(tested: SelfTest, language: str) -> str:
    """To read out."""
    if not tested.failed:
        asked = [step for step in STEPS if tested.passed[step] != "none"]
        return ngettext(
            language, "Passed: {n} question, all in order", "Passed: {n} questions, all in order", len(asked)
        )
    numbers = ", ".join(str(number) for number in tested.failed)
    return gettext(language, "Not passed: number {numbers}", numbers=numbers)
