"""That a robot pushes counts stays known when it is no longer known how far its series are counted."""

from collector.ingest import went_back
from collector.ingest.state import StreamPast, StreamState
from protocol.messages import parse_record
from protocol.records import numbered
from protocol.records import window as window_of


def window(**told):
    return parse_record(numbered(1, window_of(boot=1, mono=1, at=1, span=1, counts={})) | told)


def stored_again(stream):
    """As the next transaction reads it."""
    runs, told = stream.past.texts()
    return StreamState("00000000000000e1", past=StreamPast(runs, told))


def test_that_a_robot_pushes_is_known_after_a_hole():
    stream = StreamState("00000000000000e1")
    went_back.follow(stream, window(anew=True, pushed=True))
    stream = stored_again(stream)
    stream.past.counted = None  # what a hole does
    stream = stored_again(stream)
    assert (stream.past.counted, stream.past.pushed) == (None, True)
    went_back.follow(stream, window(anew=True))
    assert stored_again(stream).past.pushed


def test_the_control_a_robot_that_never_pushed_is_known_as_that():
    stream = StreamState("00000000000000e1")
    went_back.follow(stream, window(anew=True))
    assert not stored_again(stream).past.pushed
    stream.past.counted = None
    assert stored_again(stream).past.texts() == (None, None)
