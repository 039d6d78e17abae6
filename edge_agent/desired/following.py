"""Follows the desired settings: looks when something changed, remembers on the disk, has them applied.

The decisions are in plan.py and probation.py. What is decided is on the disk before it is applied, so that
a restart in the middle of a trial goes on with it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from edge_agent.desired.plan import InForce, OwnFile, shown
from edge_agent.desired.probation import Probation, begun, judged, outcome, restored, tried
from edge_agent.errors import OutboxUnwritable, StorageFull
from edge_agent.outbox import Outbox
from protocol import records

NOTE = "settings"
LOOK_S = 10.0  # while something is on trial
KEEP_S = 60.0  # what a crash takes of the time that was tried; ten writes for a trial that ends badly

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """Of the link. `proven`: the collector has answered on this connection; `at_s`: when it last answered."""

    proven: bool
    at_s: float | None


class Following:
    """`apply` puts settings in force; `ask` has the collector answer; `report`: there is something new to tell.

    `hand_over` takes the signed part of a new document: what it says of skills is not judged here.
    """

    def __init__(
        self,
        own: OwnFile,
        outbox: Outbox,
        *,
        heard: Callable[[], Heard],
        apply: Callable[[InForce], Awaitable[None]],
        ask: Callable[[], None],
        report: Callable[[], None],
        hand_over: Callable[[records.Record], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own, self._outbox, self._heard, self._now_s = own, outbox, heard, now_s
        self._apply, self._ask, self._report, self._hand_over = apply, ask, report, hand_over
        self._state = Probation({})
        self._kept = self._state  # as it is on the disk
        self._wished: records.Record | None = None
        self._revision: int | None = None
        self._looked_s = self._since_s = now_s()
        self._look = asyncio.Event()

    @property
    def in_force(self) -> InForce:
        return self._state.in_force(self._own)

    async def restore(self) -> None:
        """Go on from what is on the disk: those settings are in force from the first reading on."""
        note = await self._outbox.note(NOTE)
        self._state = restored(note)
        await self._read_wish()
        self._kept = self._state
        if self._state.trial is not None:
            with contextlib.suppress(StorageFull, OutboxUnwritable):  # the next look keeps it
                await self._keep()
        await self._apply(self.in_force)

    def look(self) -> None:
        """Something changed: a document was kept, or the collector answered."""
        self._look.set()

    def told(self, revision: int) -> list[records.Record] | None:
        """What to report of this revision's settings; None as long as it is not known."""
        if revision != self._revision or self._wished is None:
            return None
        verdicts = outcome(self._state, self._own, self._wished)
        return None if verdicts is None else shown(verdicts)

    def status(self) -> records.Record | None:
        """As `edge-agent status` shows it; None: nothing was ever desired."""
        if self._revision is None:
            return None
        trial = self._state.trial
        return {
            "revision": self._revision,
            "trial_s": None if trial is None else round(trial.tried_s),
            "settings": self.told(self._revision) or [],
        }

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if self._state.trial else None):
                    await self._look.wait()
            self._look.clear()
            try:
                await self._step()
            except (StorageFull, OutboxUnwritable) as error:
                logger.warning("desired settings wait: %s", error, extra={"action": "settings_wait"})

    async def _step(self) -> None:
        now_s = self._now_s()
        passed_s, self._looked_s = min(now_s - self._looked_s, 2 * LOOK_S), now_s
        await self._read_wish()
        heard, before = self._heard(), self._state
        answered = heard.at_s is not None and heard.at_s > self._since_s
        after = judged(tried(before, passed_s), answered=answered)
        if self._wished is not None:
            after = begun(after, self._own, self._wished, link_up=heard.proven)
        was = before.in_force(self._own)
        self._state = after
        try:
            if replace(after, trial=None) != replace(self._kept, trial=None) or self._is_old():
                await self._keep()
        except BaseException:
            self._state = before  # not on the disk, so not in force
            raise
        if self.in_force != was:
            await self._apply(self.in_force)
        if after.trial is not None and before.trial is None:
            self._since_s = self._looked_s = self._now_s()
            logger.info("new settings are on trial", extra={"action": "settings_on_trial", "revision": self._revision})
            self._ask()
        elif before.trial is not None and after.trial is None:
            self._said(after)
        self._report()

    def _said(self, after: Probation) -> None:
        extra = {"action": "settings_kept", "revision": self._revision}
        if after.rolled_back is None:
            logger.info("the collector answers under the new settings", extra=extra)
        else:
            extra["action"] = "settings_rolled_back"
            logger.warning("no answer under the new settings: those of before are in force again", extra=extra)

    def _is_old(self) -> bool:
        """Whether the disk knows too little of the trial."""
        on_disk, now = self._kept.trial, self._state.trial
        if on_disk is None or now is None:
            return on_disk is not now
        return now.settings != on_disk.settings or now.tried_s - on_disk.tried_s >= KEEP_S

    async def _keep(self) -> None:
        await self._outbox.set_note(NOTE, self._state.note())
        self._kept = self._state

    async def _read_wish(self) -> None:
        desired = await self._outbox.note("desired")
        if desired is not None:
            if desired.get("sealed") and desired["revision"] != self._revision:
                self._hand_over(desired["sealed"])
            self._revision, self._wished = desired["revision"], desired.get("settings", {})
