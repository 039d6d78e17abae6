"""Collectors for the stream's simulation: several processes, one database, one transaction per batch.

The decisions are `protocol.stream`'s; this file only stores them, as a collector does.
"""

import copy
import random
from collections import Counter
from dataclasses import dataclass, field

from protocol import stream
from protocol.stream import BatchVerdict, Judged, StreamStanding, Take
from tests.property.stream_robot import Crash, Down, Rec, Up


@dataclass
class Database:
    """What is committed."""

    standings: dict[str, StreamStanding] = field(default_factory=dict)
    counts: Counter[int] = field(default_factory=Counter)
    holes: list[tuple[str, int, int]] = field(default_factory=list)
    parked: list[Rec] = field(default_factory=list)

    def backup(self) -> "Database":
        return copy.deepcopy(self)


@dataclass
class Collector:
    """One process. `crash_rate` is per step; `bugs` names the protections that are off."""

    rng: random.Random
    bugs: frozenset[str] = frozenset()
    crash_rate: float = 0.0

    def hears(self, batch: Up, database: Database) -> tuple[Database, Down]:
        """The database after the transaction, and the ack. A Crash carries what was committed and said before it."""
        if any(r.poison for r in batch.records):
            return database, Down(batch.epoch, 0, refused=batch.digest)
        before = database
        decision = self._decide(database.standings.get(batch.epoch, StreamStanding()), batch)
        pause = self.rng.choice((0.0, 0.0, 0.0, 0.0, 20.0))
        ack = Down(batch.epoch, decision.mark, decision.verdict is BatchVerdict.GAP, pause_s=pause)
        if "ack_before_commit" in self.bugs:
            self._step(before, ack)
        self._step(before, None)
        if decision.verdict is BatchVerdict.COMMIT:
            database = self._commit(database.backup(), batch, decision)
        self._step(database, None)
        return database, ack

    def _step(self, database: Database, said: Down | None) -> None:
        if self.rng.random() < self.crash_rate:
            raise Crash(database, said)

    def _decide(self, standing: StreamStanding, batch: Up) -> Judged:
        decision = stream.receive(standing, batch.first, batch.last, batch.held)
        if decision.verdict is BatchVerdict.GAP and "gap_accepted" in self.bugs:
            return Judged(BatchVerdict.COMMIT, batch.last, standing.mark)
        return decision

    def _commit(self, database: Database, batch: Up, decision: Judged) -> Database:
        database.standings[batch.epoch] = StreamStanding(decision.mark)
        if decision.hole:
            database.holes.append((batch.epoch, *decision.hole))
        previous = 0
        for rec in batch.records:
            judged = stream.take(rec.seq, rec.first if rec.first != rec.seq else None, decision, previous)
            previous = rec.seq
            if judged is Take.BROKEN:
                database.parked.append(rec)
            elif judged is Take.TAKE:
                self._store(database, rec)
        return database

    def _store(self, database: Database, rec: Rec) -> None:
        if rec.was:
            old = database.standings.get(rec.was[0])
            if not stream.take_salvaged(old, rec.was[1]):
                return
            if "old_mark_stays" not in self.bugs:
                database.standings[rec.was[0]] = stream.after_salvage(old, rec.was[1])
        if rec.closes:
            epoch, held = rec.closes
            database.standings[epoch], hole = stream.after_close(database.standings.get(epoch), held)
            if hole:
                database.holes.append((epoch, *hole))
        if rec.lost:
            database.holes.append(rec.lost)
        database.counts.update(rec.ids)
