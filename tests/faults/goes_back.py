"""The story of a robot whose state goes back, again and again, and how each time is judged.

*Equal*: the collector holds what the truth says, to the count, on days that some clock showed. *Lost and said*: what
exists at neither side is missing, nothing else, and a gap says so. Whatever else comes out differs. In the end the
account's days are the sum of the robot's.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.put_back import Copy, Shelf
from tests.faults.restored import EXPORTED, LIVE, Restored

KINDS = (
    "none", "outbox", "outbox", "sources", "sources", "no_sources", "card", "deleted", "together", "store", "store",
)  # fmt: skip
UNTRACED = frozenset({"together", "sources", "no_sources"})  # what is gone then nobody else has ever heard of
# not in KINDS: what is salvaged of a damaged file is not compared with the collector (docs/agent.md)
DAMAGE = frozenset({"log", "damaged", "damaged_copy"})


@dataclass(frozen=True)
class Judged:
    """One restore. `loses`: something exists at neither side now; `traced`: and the far side has heard of it."""

    kind: str
    loses: bool
    said: bool
    traced: bool


@dataclass
class Story:
    """One seed."""

    robot: Restored
    shelf: Shelf

    async def told(self, rounds: int) -> list[Judged]:
        robot, judged = self.robot, []
        await robot.start()
        robot.exporter.born_s = robot.true_s + 1  # it began beside the agent
        if robot.pushes:  # before a push has ever arrived nobody knows that this robot pushes
            await robot.push(1)
            await robot.window()
        await robot.deliver()
        for _ in range(rounds):
            await self._copied()
            await self._gone_on()
            judged.append(await self._put_back())
        await robot.stop(clean=True)
        assert not (unlike := robot.unlike_days()), f"account-days unlike robot-days: {unlike}, {robot.seen()}"
        return judged

    async def _copied(self) -> None:
        """A copy of a stopped robot, or of a running one at some moment; or none this time."""
        robot, dice = self.robot, self.robot.dice
        clean, with_store = dice.random() < 0.5, dice.random() < 0.4
        await self._live_a_while()
        if not clean:
            if dice.random() < 0.7:
                self.shelf.copy(store=with_store)
            await self._live_a_while()
            await robot.deliver()
        await robot.stop(clean=clean)
        if clean:
            self.shelf.copy(store=with_store)
        if dice.random() < 0.5:
            self.shelf.back_up()
        await robot.start()

    async def _gone_on(self) -> None:
        """What the robot does after the copy, delivered; sometimes its last moments are on the card only."""
        robot, dice = self.robot, self.robot.dice
        await robot.deliver()
        await self._live_a_while()
        if dice.random() < 0.3:  # a program ends once all of it has arrived, and begins again
            await robot.all_heard()
            await robot.deliver()
            robot.born_again(dice.choice((*LIVE, EXPORTED)))
            await self._live_a_while()
        await robot.all_heard()
        await robot.deliver()
        if dice.random() < 0.4:
            robot.wire.up = False
            await self._live_a_while()

    async def _put_back(self) -> Judged:
        """End, put something back, begin again, deliver; then judge."""
        robot, dice = self.robot, self.robot.dice
        clean, (kind, copy) = dice.random() < 0.6, self._chosen()
        runs_on = kind == "store" and dice.random() < 0.5  # the robot sees nothing of it
        ended = clean and robot.wire.up and not runs_on  # its last word was a stop that arrived
        if not runs_on:
            await robot.stop(clean=clean)
            robot.count(dice.randint(0, 3))
        risk, before = self._at_risk(), robot.said_lost()
        loses = self._act(kind, copy)
        if kind in {"store", "together"}:
            before = robot.said_lost()
        robot.told.append(f"{kind}{' ended' if ended else ''}{' loses' if loses else ''}")
        if not runs_on:
            await robot.start()
        for _ in range(dice.choice((0, 0, 1, 2))):  # before anybody answers
            await self._live_a_while()
            if not robot.wire.up and not runs_on:
                await robot.stop(clean=dice.random() < 0.5)
                await robot.start()
            if dice.random() < 0.3:
                merge(robot)
        robot.wire.up = True
        await robot.deliver()
        await self._live_a_while()
        await robot.all_heard()
        await robot.deliver()
        if kind in DAMAGE:
            loses = self._lost_in_damage(risk)
        traced = kind not in UNTRACED
        return self._judge(Judged(kind, loses, robot.said_lost() > before, traced), ended=ended)

    def _chosen(self) -> tuple[str, Copy | None]:
        dice, shelf = self.robot.dice, self.shelf
        kind = dice.choice(KINDS)
        copies = shelf.copies
        if kind == "log":
            copies = [copy for copy in copies if copy.has_log]
        elif kind == "together":
            copies = [copy for copy in copies if copy.backup is not None and self._heard_by(copy)]
        if kind in {"none", "no_sources", "deleted", "damaged"}:
            return kind, None
        if kind == "store":
            return ("store", None) if shelf.backups else ("none", None)
        return (kind, dice.choice(copies)) if copies else ("none", None)

    def _heard_by(self, copy: Copy) -> bool:
        """Whether the exporter's life can be told from one that ran before the agent: then it is a baseline only."""
        exporter = self.robot.exporter
        return (EXPORTED, exporter.life) in copy.totals or exporter.born_s > self.robot.since_s

    def _act(self, kind: str, copy: Copy | None) -> bool:
        """Whether something exists at neither side now; of damage only the outcome tells."""
        robot, shelf, before = self.robot, self.shelf, Counter(self.robot.expected())
        if kind == "store":
            shelf.put_store_back(robot.dice.choice(shelf.backups))
        elif kind == "together" and copy is not None:
            shelf.put_both_back(copy)
        else:
            shelf.put_back(kind, copy)
        return bool(before - Counter(robot.expected()))

    # -- the judgement

    def _at_risk(self) -> Counter[str]:
        """Of each counter what has not arrived."""
        return Counter(self.robot.expected()) - Counter(self.robot.stored())

    def _lost_in_damage(self, risk: Counter[str]) -> bool:
        """Rows that cannot be read are lost, but never more than had not arrived. The truth follows."""
        robot = self.robot
        missing = Counter(robot.expected())
        missing.subtract(robot.stored())
        for counter, n in missing.items():
            assert 0 <= n <= risk[counter], f"{counter}: {n} of {risk[counter]} that had not arrived, {robot.seen()}"
            robot.lost[counter] += n
        return any(missing.values())

    def _judge(self, judged: Judged, *, ended: bool) -> Judged:
        robot = self.robot
        assert robot.stored() == robot.expected(), robot.seen()
        assert not robot.strange_days(), f"days {robot.strange_days()} were not: {robot.seen()}"
        assert judged.said or not judged.loses or not judged.traced, f"lost and not said: {robot.seen()}"
        went_back = judged.kind not in {"none", "sources", "no_sources", "store"}
        forgot = judged.kind in {"card", "deleted"}  # the kept source's file as well
        cut_off = went_back and not ended and (robot.pushes or forgot)  # something may have been counted until then
        cut_off = cut_off or judged.kind == "together"  # nobody remembers its last word
        nobody_can_tell = cut_off or judged.kind in DAMAGE or self.shelf.hole  # a hole, or a bad row, may hold no count
        assert not judged.said or judged.loses or nobody_can_tell, f"said, and not lost: {robot.seen()}"
        return judged

    async def _live_a_while(self) -> None:
        robot, dice = self.robot, self.robot.dice
        for _ in range(dice.randint(1, 3)):
            robot.count(dice.randint(1, 9))
            await robot.hear()
            if dice.random() < 0.4:
                robot.travel(dice.randint(1, 5))
            if robot.pushes and dice.random() < 0.3:
                await robot.push(dice.randint(1, 9))
            if dice.random() < 0.15:
                robot.clocks_change()
            if dice.random() < 0.1:
                robot.move_account()
            if dice.random() < 0.2:
                robot.close_days()
            if dice.random() < 0.7:
                await robot.window()


def merge(robot: Restored) -> None:
    """As when the outbox is nearly full: everything is merged that may be."""
    assert robot.outbox is not None
    room = robot.outbox._stream._room
    robot.outbox._thread.submit(lambda: all(room._merge_step() for _ in range(99))).result()


def run(folder: Path, seed: int, rounds: int) -> list[Judged]:
    """One seed: odd ones are of robots that never push."""
    robot = Restored(
        folder,
        f"sqlite:///{folder / 'collector.db'}",
        random.Random(f"restored/{seed}"),
        pushes=seed % 2 == 0,
    )
    try:
        return asyncio.run(Story(robot, Shelf(robot)).told(rounds))
    finally:
        robot.close()


def equal(judged: Sequence[Judged]) -> list[Judged]:
    """Those that lost nothing."""
    return [one for one in judged if not one.loses]


def table(judged: Sequence[Judged]) -> list[str]:
    """Per kind of restore: how many lost nothing and ended equal, how many lost something, and whether it was said."""
    rows = ["| restored | runs | lost nothing: equal | lost and said | lost without a trace | said in doubt |"]
    rows.append("|---|---|---|---|---|---|")
    for kind in [*sorted({one.kind for one in judged}), "all"]:
        ours = [one for one in judged if kind in {one.kind, "all"}]
        said = sum(one.loses and one.said for one in ours)
        untold = sum(one.loses and not one.said for one in ours)
        doubt = sum(one.said and not one.loses for one in ours)
        rows.append(f"| {kind} | {len(ours)} | {len(equal(ours))} | {said} | {untold} | {doubt} |")
    return rows
