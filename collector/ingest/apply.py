"""From a valid batch to the rows it adds: the collector's half of the stream, without a database. Pure.

`apply_batch` judges one batch against what is committed (protocol.stream), and writes what it adds into `UnitOfWork`:
everything that one transaction will store. The rows read the states of the streams
before, in the same transaction, and write the unit of work after; nothing here is kept between transactions.
"""

from collections.abc import Mapping
from dataclasses import replace

from collector.calendar.days import HOUR_S, MINUTE_S, QUARTER_S, day_hour
from collector.ingest import bounds as bounds_of
from collector.ingest import description, robot_events, went_back
from collector.ingest.budget import Budget
from collector.ingest.decode import ReadBatch, Record, bad_record
from collector.ingest.state import RobotState, StreamState, UnitOfWork, clean
from collector.ingest.timestamps import ESTIMATED, Anchor, Confidence, believed_end, observed_s, place, spread
from collector.ingest.witnesses import SWAY_S
from protocol.messages import Fault, Lifecycle, SkillRecord, Window
from protocol.stream import (
    BatchVerdict,
    Judged,
    StreamStanding,
    Take,
    after_salvage,
    receive,
    take,
    take_salvaged,
)

CLOSED_SPEAKS_S = 600  # a closed stream that still brings news after this is no straggler: somebody runs on it


def epochs_of(batch: ReadBatch) -> frozenset[str]:
    """Every epoch whose stream `apply_batch` may ask for; looked for once in a batch."""
    if batch.epochs is None:
        batch.epochs = frozenset(_epochs_named(batch))
    return batch.epochs


def _epochs_named(batch: ReadBatch) -> set[str]:
    epochs = {batch.epoch}
    for record in batch.records:
        if record.was is not None:
            epochs.add(record.was.epoch)
        if isinstance(record, Lifecycle) and record.event in {"epoch", "lost"}:
            epochs.update(robot_events.epochs_named(record.detail))
    return epochs


def apply_batch(work: UnitOfWork, robot: RobotState, batch: ReadBatch, received_s: int, latest_s: int) -> Judged:
    """Judge a batch; when it is to be committed, add what it brings to the unit of work and move the stream on.

    `latest_s`: the latest moment that a vouched-for clock is believed. A batch that asks too much is taken in part:
    the decision's mark lies before its last record then (collector.ingest.budget).
    """
    stream = robot.stream(batch.epoch, received_s)
    runs = stream.past.runs if batch.run else []
    decision = receive(
        StreamStanding(stream.mark, stream.closed_at is not None),
        batch.first,
        batch.last,
        batch.held,
        run=batch.run,
        known_run=runs[-1][0] if runs else None,
    )
    if decision.verdict is not BatchVerdict.COMMIT:
        _not_taken(work, robot, stream, batch, decision.verdict, received_s)
        return decision
    _inherit(robot, stream, batch)
    if stream.mark == 0:
        went_back.inherit(robot, stream)
    _watch_epochs(work, robot, stream, received_s)
    robot = robot.booked(stream)
    description.before(work, robot, batch, received_s, hole=decision.hole is not None)
    stream.received_at = received_s
    stream.changed = True
    taken, mark = _taken(work, robot, batch, decision, received_s)
    if mark != decision.mark:
        decision = replace(decision, mark=mark)
    before = None
    if stream.last_at is not None:
        before = Anchor(stream.last_boot or 0, stream.last_mono or 0, stream.last_at, stream.last_end or stream.last_at)
    placed = place(taken, before, received_s, latest_s)
    if decision.hole:
        stream.past.counted = None  # what was told of the series in between is gone
        _never_arrived(work, robot, stream, taken, decision.hole, placed[0][0] if placed else received_s)
    for record, (at_s, confidence) in zip(taken, placed, strict=True):
        _record(work, robot, stream, record, at_s, confidence, latest_s)
    description.after(work, robot, received_s, taken)
    _begins(robot, batch, placed, received_s, latest_s)
    stream.mark = decision.mark
    work.records += len(taken)
    robot.set("epoch", batch.epoch)
    return decision


def _not_taken(
    work: UnitOfWork, robot: RobotState, stream: StreamState, batch: ReadBatch, verdict: BatchVerdict, received_s: int
) -> None:
    if batch.runs and batch.last < batch.first:
        if went_back.is_late(robot, stream, batch):
            went_back.answer_late(work, batch)
            return
        went_back.greet(work, robot, stream, batch, received_s)
    if verdict is BatchVerdict.CLOSED:
        _watch_closed(work, robot, stream, batch, received_s)
    said_before = batch.newest is not None and batch.newest < stream.mark  # it came late, or once more
    if verdict is BatchVerdict.HELLO and not said_before:
        description.greet(work, robot.booked(stream), batch, received_s)


def _begins(
    robot: RobotState, batch: ReadBatch, placed: list[tuple[int, Confidence]], received_s: int, latest_s: int
) -> None:
    """From when on there are data of the robot.

    First data that end after they came show that our clock is behind, and by how much, but for the time that they took.
    So it was when the robot was first seen, from when on it owes its data: that moves with it, up to the first data. A
    silence before them stays as long as it was.
    """
    first_s = min(placed)[0] if placed else None
    if first_s is not None and robot.data_from_s is None:
        end_s = vouched_end(batch)
        if end_s is not None and received_s + MINUTE_S < end_s <= latest_s:
            robot.seen_later_s = end_s - received_s + SWAY_S
    if first_s is not None and (robot.data_from_s is None or first_s < robot.data_from_s):
        robot.set("data_from_s", first_s)


def _taken(
    work: UnitOfWork, robot: RobotState, batch: ReadBatch, decision: Judged, received_s: int
) -> tuple[list[Record], int]:
    """The records that are new and stand where they may, and the number up to which the batch is taken.

    Others are parked or already there; those that are beyond the batch's budget come again.
    """
    taken: list[Record] = []
    bounds, budget, previous, mark = work.bounds, Budget(), 0, decision.mark
    for record in batch.records:
        window = record if isinstance(record, Window) else None
        # `first` of a salvaged window is a number of the file it was salvaged from: `was` alone decides about it
        merged_first = window.first if window is not None and window.was is None else None
        verdict = take(record.seq, merged_first, decision, previous)
        if verdict is Take.BROKEN:
            text = f"seq {record.seq} (merged from {merged_first}) after {max(previous, decision.after)}"
            work.park(batch.topic, robot.name, batch.epoch, bad_record(record, "order", text), received_s)
            continue
        if window is not None and verdict is Take.TAKE:
            unusual = bounds.unusual(window.counts)
            if not budget.pays(window, unusual):
                mark = previous
                break
            if unusual:
                work.unusual.add(id(window))
        previous = record.seq
        if verdict is Take.TAKE and (record.was is None or _salvage(robot, record, batch.epoch, received_s)):
            taken.append(record)
    for bad in batch.bad:
        if bad.seq is None or decision.after < bad.seq <= mark:
            work.park(batch.topic, robot.name, batch.epoch, bad, received_s)
    return taken, mark


def _salvage(robot: RobotState, record: Record, epoch: str, received_s: int) -> bool:
    """Is this salvaged record new? The stream it comes from is closed, and its mark follows what is salvaged."""
    assert record.was is not None
    if record.was.epoch == epoch:  # a file cannot have been salvaged from itself: the number alone decides
        return True
    known = record.was.epoch in robot.streams
    old = robot.stream(record.was.epoch, received_s)
    standing = StreamStanding(old.mark, closed=True) if known else None
    if not take_salvaged(standing, record.was.seq):
        return False
    old.close(received_s)
    old.mark = after_salvage(standing, record.was.seq).mark
    old.changed = True
    return True


def _record(
    work: UnitOfWork, robot: RobotState, stream: StreamState, record: Record, at_s: int, confidence: Confidence,
    latest_s: int,
) -> None:  # fmt: skip
    end_s = at_s
    match record:
        case Window():
            wall_s = record.span if record.covers is None else record.covers
            if at_s + wall_s > work.received_s:  # what has ended by its arrival needs no belief
                wall_s = min(wall_s, max(believed_end(at_s, work.received_s, latest_s) - at_s, 0))
            end_s += wall_s
            _window(work, robot, record, at_s, wall_s, confidence)
            if stream.past.may_be_counted or record.anew or record.untold or record.pushed:
                went_back.follow(stream, record)
        case Fault():
            _fault(work, robot, stream, record, at_s, confidence)
        case SkillRecord():
            _skill(work, robot, stream, record, at_s, confidence)
        case Lifecycle():
            robot_events.apply_event(work, robot, stream, record, at_s, confidence, stream.received_at)
    stream.last_boot, stream.last_mono, stream.last_at = record.boot, record.mono, at_s
    last_s = stream.last_end
    if last_s is None or last_s < end_s:
        stream.last_end = end_s
    else:
        stream.last_end = newest_end(last_s, end_s, salvaged=record.was is not None)
    stream.stopped = isinstance(record, Lifecycle) and record.event == "stop"


def _skill(
    work: UnitOfWork, robot: RobotState, stream: StreamState, record: SkillRecord, at_s: int, confidence: Confidence
) -> None:
    """Its present state, and a row of its history."""
    said = {name: clean(getattr(record, name)) for name in ("skill", "version", "digest", "state", "reason")}
    row = {"robot_id": robot.id, **said, "at": at_s}
    work.skills[robot.id, said["skill"]] = row
    work.skill_events.append({**row, "epoch": stream.epoch, "seq": record.seq, "confidence": confidence})


def vouched_end(batch: ReadBatch) -> int | None:
    """Where the batch's last record ends, if the robot's clock was synchronised when it was written."""
    last = batch.records[-1] if batch.records else None
    if last is None or last.sync != "synced":
        return None
    return last.at + last.span if isinstance(last, Window) and last.covers is None else last.at


def newest_end(before_s: int | None, end_s: int, *, salvaged: bool) -> int:
    """Where the stream's data ends after a record that ends at `end_s`.

    Records come in their order, so that an end which lies hours beyond the next record was stamped by a clock that
    jumped ahead, and comes back. Less than an hour is a clock that was put right. What was salvaged from an older file
    says nothing of it.
    """
    if before_s is None or (not salvaged and before_s > end_s + HOUR_S):
        return end_s
    return max(before_s, end_s)


def _window(
    work: UnitOfWork, robot: RobotState, window: Window, at_s: int, wall_s: int, confidence: Confidence
) -> None:
    work.windows += 1
    day, hour = day_hour(at_s, robot.timezone)
    delta = work.day(day, robot.id)
    counts: Mapping[str, int] = window.counts
    if work.unusual and id(window) in work.unusual:
        counts = _plausible(work, robot, counts, (day, hour), (at_s, wall_s))
    delta.add(hour, counts)
    observed = observed_s(window.span, wall_s)
    if at_s % QUARTER_S + wall_s <= QUARTER_S:
        delta.cover(hour, observed)
    else:
        for covered_day, covered_hour, seconds in spread(at_s, wall_s, observed, robot.timezone):
            work.day(covered_day, robot.id).cover(covered_hour, seconds)
    if confidence in ESTIMATED:
        delta.estimated_s += observed
    if window.gauges:
        work.gauges[robot.id] = (at_s, window.gauges)


def _plausible(
    work: UnitOfWork, robot: RobotState, counts: Mapping[str, int], at: tuple[int, int], span: tuple[int, int]
) -> dict[str, int]:
    """The counts without those that the robot cannot have counted since it last did: these are parked. Others count.

    `at`: the window's day and hour; `span`: its beginning and the seconds it covers.
    """
    (day, hour), (at_s, wall_s), bounds = at, span, work.bounds
    kept = {}
    for counter, n in counts.items():
        most = bounds.usual_of(counter)
        if n > most:
            last = work.last_counted(robot.id, counter, day, hour)
            later = None if last is not None else work.counted_later(robot.id, counter, day)
            per_h = bounds.per_h(counter)
            most = max(most, bounds_of.most(per_h, last, at_s + wall_s, wall_s, robot.timezone, later))
        if n > most:
            work.park_amount((day, robot.id, counter), hour, n, most, "rate")
        else:
            kept[counter] = n
    return kept


def _fault(
    work: UnitOfWork, robot: RobotState, stream: StreamState, fault: Fault, at_s: int, confidence: Confidence
) -> None:
    """An episode is named by the record that opened it, wherever that record was written first."""
    epoch, seq = (fault.was.epoch, fault.was.seq) if fault.was else (stream.epoch, fault.seq)
    named = fault.state == "close" and fault.opened is not None
    work.episodes.append(
        {
            "state": "close" if named else "open" if fault.state == "open" else "close_unnamed",
            "robot_id": robot.id,
            "epoch": (fault.opened_epoch or epoch) if named else epoch,
            "seq": fault.opened if named else seq,
            "family": clean(fault.family),
            "code": clean(fault.code),
            "ref": clean(fault.ref),
            "did": fault.did,
            "severity": fault.severity,
            "detail": clean(fault.detail),
            "openings": fault.openings,
            "at": at_s,
            "confidence": confidence,
        }
    )


def _never_arrived(
    work: UnitOfWork, robot: RobotState, stream: StreamState, taken: list[Record], hole: tuple[int, int], to_s: int
) -> None:
    """Numbers that were never sent and never will be; unless the robot itself reports them as lost right here."""
    for record in taken:
        if isinstance(record, Lifecycle) and robot_events.reports_loss_of(record, stream.epoch, hole):
            return
    known_s = _known_to(robot, stream)
    begin_s = to_s if known_s is None else min(known_s, to_s)
    work.gap(robot, stream.epoch, begin_s, to_s, "never_arrived", numbers=hole)
    work.note_ahead(robot, None if known_s is None else begin_s, to_s, hole[1] - hole[0] + 1, stream.received_at)


def _known_to(robot: RobotState, stream: StreamState) -> int | None:
    """Up to when this store knows the robot: of a file that is new to it, by the one that sent before."""
    if stream.last_end is not None:
        return stream.last_end
    before = robot.streams.get(robot.epoch or "")
    return None if before is None or before.books_to != stream.books_to else before.last_end


def _inherit(robot: RobotState, stream: StreamState, batch: ReadBatch) -> None:
    """The file that takes the place of a twin's is the twin's."""
    first = batch.records[0] if batch.records and stream.mark == 0 else None
    if isinstance(first, Lifecycle) and first.event == "epoch":
        old = robot.streams.get(str(first.detail.get("closes")))
        if old is not None and old is not stream and old.closed_at is None:
            stream.books_to = old.books_to


def _watch_epochs(work: UnitOfWork, robot: RobotState, stream: StreamState, received_s: int) -> None:
    """Two files that take turns under one name: a cloned card. From now on the newer one is a robot of its own.

    Seen when one comes back after the other, which did not close it. What the newer one brought until then stays.
    """
    if stream.books_to is not None or robot.epoch in {None, stream.epoch} or stream.mark == 0:
        return
    other = robot.streams.get(robot.epoch or "")
    said = f"{robot.epoch} and {stream.epoch} take turns"
    made = None
    if other is not None and other.closed_at is None and work.make_twin is not None:
        newer, older = (stream, other) if stream.first_at > other.first_at else (other, stream)
        made = work.make_twin(robot, newer.epoch, received_s)
        if made is not None:
            robot.twin(*made, robot.timezone, None)
            newer.books_to, newer.changed = made[0], True
            said += (
                f"; {older.epoch} keeps the name {robot.name} (if it is the copy, swap it with {made[1]})"
                f"; {newer.epoch} counts as {made[1]} from now on"
            )
    work.alarm(robot, "two_epochs", received_s, said)


def _watch_closed(work: UnitOfWork, robot: RobotState, stream: StreamState, batch: ReadBatch, received_s: int) -> None:
    if batch.last > stream.mark and received_s - (stream.closed_at or received_s) > CLOSED_SPEAKS_S:
        work.alarm(robot, "two_epochs", received_s, f"{stream.epoch} was replaced and still sends")
