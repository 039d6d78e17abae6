"""Has the file that says hello lost its memory of what it delivered? And how far are its series counted. Pure.

Two sides remember a stream: the robot in its outbox, the collector in its store. An outbox that was restored from
a copy forgets what it has delivered since, and would count it again from its sources' totals. So a hello says the
runs of its file (protocol.counted), and is answered with how far the collector has counted. A stream whose file
went back is closed in the same transaction: what is still on its way under its numbers changes nothing any more.

A broker may bring a hello late and more than once. One that was said before what is known judges nothing.
"""

from typing import Any

from collector.ingest.decode import ReadBatch
from collector.ingest.state import Greeting, RobotState, SeriesCounted, StreamState, UnitOfWork
from protocol import counted
from protocol.counted import Parted
from protocol.messages import Window


def is_late(robot: RobotState, stream: StreamState, batch: ReadBatch) -> bool:
    """Whether an earlier process said this hello, or one that has gone on to another file since.

    A process that goes on to a new file is known of the one before as well: that one is closed then, not the new one.
    """
    latest = _latest(robot, stream)
    run = batch.runs[-1][0]
    left = latest is not stream and stream.closed_at is not None
    moved_on = left and any(one == run for one, _ in latest.past.runs)
    return moved_on or counted.is_late(stream.past.runs, batch.runs)


def answer_late(work: UnitOfWork, batch: ReadBatch) -> None:
    """With the run that said it: a later one takes no such answer."""
    work.greetings[batch.robot, batch.epoch] = Greeting(batch.runs[-1][0], counted=False, pushes=False)


def greet(work: UnitOfWork, robot: RobotState, stream: StreamState, batch: ReadBatch, received_s: int) -> None:
    """Judge a hello that says its runs and is not late; what it is told is in the unit of work."""
    newest = batch.newest if batch.newest is not None else batch.last
    latest = _latest(robot, stream)
    parting = _parting(stream, latest, batch, newest)
    run = batch.runs[-1][0]
    back = None
    if parting is not None:
        back = _back(stream, latest, parting)
        left = [one for one in _left(stream, latest, batch, newest) if one.known and one.closed_at is None]
        for one in left:
            one.close(received_s)
        if left:
            said = f"{stream.epoch} went back from {stream.mark} to {parting.to if parting.to is not None else '?'}"
            said += "; pushed counts in between may be lost" if back["lost"] else "; nothing delivered is counted twice"
            work.alarm(robot, "went_back", received_s, said)
    else:
        stream.past.runs = batch.runs
        stream.changed |= not stream.known
    whole = stream.past.counted is not None and batch.held <= stream.mark + 1
    work.greetings[robot.name, batch.epoch] = Greeting(run, whole, latest.past.pushed, back)


def follow(stream: StreamState, window: Window) -> None:
    """The series' state after a window is taken."""
    known = stream.past.counted
    stream.past.pushed = stream.past.pushed or window.pushed
    if window.untold:
        stream.past.counted = None
        return
    if known is None and not window.anew:
        return
    before = known or SeriesCounted({})
    told = counted.read(window.series)
    after = counted.follow(before.series, window.counts, told, anew=window.anew)
    if window.was is None:
        stream.past.counted = SeriesCounted(after, window.seq, before.windows + 1)
    else:
        stream.past.counted = SeriesCounted(after, before.window, before.windows)


def inherit(robot: RobotState, stream: StreamState) -> None:
    """A new file of a robot goes on from what is counted of the robot, wherever it came from."""
    latest = _latest(robot, stream)
    if latest is stream:
        return
    stream.past.pushed = stream.past.pushed or latest.past.pushed
    if (known := latest.past.counted) is not None:
        stream.past.counted = SeriesCounted(known.series, 0, known.windows)


def _latest(robot: RobotState, stream: StreamState) -> StreamState:
    """The stream that knows how far the robot is counted: the one that sent last."""
    latest = robot.streams.get(robot.epoch or "", stream)
    return stream if latest.books_to != stream.books_to else latest


def _parting(stream: StreamState, latest: StreamState, batch: ReadBatch, newest: int) -> Parted | None:
    if stream.known:
        parting = counted.parted(stream.past.runs, stream.mark, batch.runs, newest)
        if parting is None and stream.closed_at is not None:  # another file took its place; this one lacks nothing
            return Parted(newest)
        return parting
    if batch.new and latest is not stream and latest.past.counted is not None:
        return Parted(0)  # nobody has answered this file, and the robot is counted: what it had is gone
    return None


def _left(stream: StreamState, latest: StreamState, batch: ReadBatch, newest: int) -> list[StreamState]:
    """The streams whose files are no more: that of the hello, and the one that took its place before, when the same
    copy is put back again. A file that lacks nothing may be another robot's of that name: it ends nobody's but its own.
    """
    if latest is stream or counted.parted(stream.past.runs, stream.mark, batch.runs, newest) is None:
        return [stream]
    return [stream, latest]


def _back(stream: StreamState, latest: StreamState, parting: Parted) -> dict[str, Any]:
    known = latest.past.counted
    here = stream.past.counted
    beyond = parting.to is None or stream.mark > parting.to if here is None else here.window > (parting.to or 0)
    further = latest is not stream and (known is None or here is None or known.windows > here.windows)
    runs = latest.past.runs
    ended = latest.stopped and bool(runs) and runs[-1][1] <= latest.mark
    return {
        "to": parting.to,
        "mark": stream.mark,
        "counted": None if known is None else counted.packed(known.series),
        "windows": beyond or further,
        "lost": (known is None or latest.past.pushed) and not ended,
        "ended": ended,
        **({} if latest is stream else {"latest": [latest.epoch, latest.mark]}),
    }
