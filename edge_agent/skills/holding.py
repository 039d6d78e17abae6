"""Whether the robot may be touched now, as far as anybody knows: tasks of skills, and what the body says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from edge_agent.skills.body import BodyRelay
from edge_agent.skills.readiness import Hold, RobotNow, SwitchWhen, held
from edge_agent.skills.robot_state import robot_now

ASK_S = 2.0  # between two questions to the body, while something waits


class Holding:
    """`hold`: what an exchange waits for. The body is asked only while something is to be exchanged."""

    def __init__(
        self, body: Path | None, when: SwitchWhen, at_min: Callable[[], int], now_s: Callable[[], float]
    ) -> None:
        self.hold: Hold | None = None
        self.when = when
        self._body, self._at_min, self._now_s = body, at_min, now_s
        self._said = RobotNow()
        self._asked_s: float | None = None

    async def look(self, relays: Mapping[str, BodyRelay], *, ask: bool) -> None:
        """`ask`: something waits. Its own tasks are known without a question."""
        now_s = self._now_s()
        if not ask:
            self._said, self._asked_s = RobotNow(), None
        elif self._asked_s is None or now_s - self._asked_s >= ASK_S:
            self._asked_s = now_s
            said = await robot_now(self._body)
            since_s = self._said.since_s if said.task == self._said.task else now_s
            self._said = replace(said, since_s=since_s)
        robot = self._said
        begun = {key: began_s for key, relay in relays.items() if (began_s := relay.busy_since_s(now_s)) is not None}
        if begun:
            key = min(begun, key=lambda one: begun[one])
            robot = replace(robot, task=key, since_s=begun[key])
        self.hold = held(robot, self.when, self._at_min())
