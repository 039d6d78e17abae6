"""What a new outbox file begins with: where and why it began, and the outbox's records about itself. Pure."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from edge_agent.outbox.rows import Loss, Row, StateRow, Stream
from protocol import records

TRANSACTION_NUMBERS = 1024  # more than one transaction ever takes


@dataclass(frozen=True, slots=True)
class Stamped:
    """Records of the outbox about itself. Nobody has vouched for the clock yet: they are re-stamped later."""

    boot: int
    mono: int
    at: int

    def epoch(
        self,
        closes: str | None,
        cause: records.EpochCause,
        salvaged: int,
        held: int | None = None,
        *,
        state: Iterable[StateRow] = (),
        epoch: str = "",
        latest: tuple[str, int] | None = None,
    ) -> records.Record:
        """`state` are the documents of the new file, whose epoch is `epoch`; `latest`: see Back."""
        return records.epoch(
            boot=self.boot,
            mono=self.mono,
            at=self.at,
            closes=closes,
            cause=cause,
            salvaged=salvaged,
            held=held,
            open_faults=_open_faults(state, closes, epoch),
            latest=latest,
            sync="unsynced",
        )

    def lost(self, epoch: str, loss: Loss, cause: records.LossCause) -> records.Record:
        return records.lost(
            boot=self.boot,
            mono=self.mono,
            at=self.at,
            epoch=epoch,
            first=loss.first,
            last=loss.last,
            cause=cause,
            records=loss.records,
            sync="unsynced",
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Why and where a new file begins. `before` is the old epoch as the note beside the file knows it."""

    epoch: str
    cause: records.EpochCause
    before: str | None
    hardware: str
    boot_id: str
    now_s: int
    mono_s: int

    def stream(self, old: Stream) -> Stream:
        """The stream's document of the new file, before anything is in it."""
        boot = old.boot if old.boot_id and old.boot_id == self.boot_id else old.boot + 1
        return Stream(self.epoch, boot=boot, boot_id=self.boot_id, hardware=self.hardware, last_seen_s=old.last_seen_s)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The content of the new file."""

    rows: tuple[Row, ...]
    stream: Stream
    state: tuple[StateRow, ...]


def _open_faults(state: Iterable[StateRow], closes: str | None, epoch: str) -> dict[str, list[int]]:
    """By epoch the opening records, in files before this one, of the episodes that are open in it."""
    found: dict[str, list[int]] = {}
    for row in state:
        if row.kind == "episode":
            episode = json.loads(row.body)
            opened_epoch = episode.get("opened_epoch") or closes or ""
            if opened_epoch != epoch:
                found.setdefault(opened_epoch, []).append(int(episode["opened"]))
    return found
