"""Work in the background says what it came to: done, refused, stopped, a store that does not answer, a bug."""

import sqlite3
import threading

import pytest
from sqlalchemy.exc import OperationalError

from collector.background import Background, Stopped, WorkFailure
from collector.backtest.background import Backtests
from collector.errors import CollectorError


def away():
    cause = sqlite3.OperationalError("disk I/O error")
    cause.sqlite_errorname = "SQLITE_FULL"
    return OperationalError("SELECT 1", {}, cause)


@pytest.mark.parametrize(
    ("raised", "failure"),
    [
        (Stopped("the collector stops"), WorkFailure("stopped", "the collector stops")),
        (CollectorError("no day is over"), WorkFailure("refused", "no day is over")),
        (away(), WorkFailure("store", "the disk of the store is full; make room there; what waits is committed then")),
        (ZeroDivisionError(), WorkFailure("bug", "the trial failed; the collector's log says why")),
    ],
)
def test_what_it_raised_is_told_as_what_it_is(raised, failure):
    thread, told = Background("trial"), []

    def work():
        raise raised

    assert thread.claim()
    thread.begin(work, told.append)
    thread.join()
    assert told == [failure]
    assert not thread.is_busy


def test_one_piece_at_a_time_and_the_next_after_it():
    backtests, go = Backtests(), threading.Event()
    assert backtests.start(lambda _tell: go.wait() and None)
    assert backtests.run.state == "running"
    assert not backtests.start(lambda _tell: None)
    go.set()
    backtests.thread.submit(lambda: None).result()
    assert (backtests.run.state, backtests.run.failure) == ("done", "")
    assert backtests.start(lambda _tell: WorkFailure("no_scores", "there is none"))
    backtests.thread.join()
    assert (backtests.run.state, backtests.run.failure, backtests.run.error) == ("failed", "no_scores", "there is none")


def test_a_process_that_stops_ends_it_at_its_next_step():
    backtests, begun = Backtests(), threading.Event()
    go = threading.Event()

    def work(tell):
        begun.set()
        go.wait()
        tell("rows", 0, 0)

    assert backtests.start(work)
    begun.wait()
    backtests.thread.close()
    go.set()
    backtests.thread.join()
    assert backtests.run.failure == "stopped"


def test_what_waits_behind_it_is_not_begun_while_the_process_stops():
    thread, begun, go, done = Background("trial"), threading.Event(), threading.Event(), []

    def work():
        begun.set()
        go.wait()

    thread.begin(work, done.append)
    begun.wait()
    waits = thread.submit(lambda: done.append("it ran"))
    thread.close()
    go.set()
    thread.join()
    assert waits.cancelled()
    assert done == []
