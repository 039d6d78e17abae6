"""Wished settings are on trial until the collector answers under them. Pure: what is kept in, what to keep out.

A change is tried only while the collector answers, so that an answer which fails to come says something of the
change. Ten minutes of trying without one, and the settings of before are in force again. What was rolled back is
remembered on the disk and not tried again until it changes: without that it would be tried at every answer.
A start within a trial counts as a minute of it, so that settings which end the process are rolled back too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge_agent.desired.plan import InForce, OwnFile, Plan, Verdict, planned

TRIAL_S = 600.0
START_COSTS_S = 60.0
NO_ANSWER = "no answer under it"


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings in force that nobody has answered under yet, and for how long the agent has tried."""

    settings: Mapping[str, Any]
    tried_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Probation:
    """What the robot remembers: the settings that proved themselves, those on trial, those that were rolled back."""

    kept: Mapping[str, Any]
    trial: Trial | None = None
    rolled_back: Mapping[str, Any] | None = None

    def in_force(self, own: OwnFile) -> InForce:
        """What the agent runs by."""
        return planned(own, self.trial.settings if self.trial else self.kept).in_force

    def note(self) -> dict[str, Any]:
        """As it is kept on the disk."""
        trial = {"settings": dict(self.trial.settings), "tried_s": self.trial.tried_s} if self.trial else None
        return {"kept": dict(self.kept), "trial": trial, "rolled_back": self.rolled_back}


def restored(note: Mapping[str, Any] | None) -> Probation:
    """What an earlier process remembered; a trial in its middle goes on."""
    if note is None:
        return Probation({})
    trial = note["trial"]
    going_on = Trial(trial["settings"], trial["tried_s"] + START_COSTS_S) if trial else None
    return Probation(note["kept"], going_on, note["rolled_back"])


def tried(now: Probation, seconds: float) -> Probation:
    """The agent has tried for so long again."""
    return replace(now, trial=replace(now.trial, tried_s=now.trial.tried_s + seconds)) if now.trial else now


def judged(now: Probation, *, answered: bool) -> Probation:
    """End a trial whose result is known. `answered`: the collector has, since the trial began."""
    if now.trial is None:
        return now
    if answered:
        return Probation(now.trial.settings)
    if now.trial.tried_s >= TRIAL_S:
        return Probation(now.kept, rolled_back=now.trial.settings)
    return now


def begun(now: Probation, own: OwnFile, wished: Mapping[str, Any], *, link_up: bool) -> Probation:
    """Put what is wished on trial. `link_up`: the collector answers on this connection."""
    if now.trial is not None:
        return now
    wants = planned(own, wished).in_force
    if wants == now.in_force(own):  # nothing changes but what is refused
        return Probation(wished)
    if now.rolled_back is not None and wants == planned(own, now.rolled_back).in_force:
        return now
    return Probation(now.kept, Trial(wished), now.rolled_back) if link_up else now


def outcome(now: Probation, own: OwnFile, wished: Mapping[str, Any]) -> tuple[Verdict, ...] | None:
    """What to report of each wished setting; None as long as it is not known."""
    plan: Plan = planned(own, wished)
    if now.trial is not None:
        return None
    if wished == now.kept:
        return plan.verdicts
    if now.rolled_back is not None and plan.in_force == planned(own, now.rolled_back).in_force:
        return tuple(Verdict(verdict.setting, verdict.refused or NO_ANSWER) for verdict in plan.verdicts)
    return None
