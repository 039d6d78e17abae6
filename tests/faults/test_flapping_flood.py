"""A flood of fault changes from many local connections: what others count is durable as soon. A real process."""

import contextlib
import json
import socket
import threading
import time

import pytest

from edge_agent.outbox.flapping import NOTE
from tests.faults.test_flapping_kill import Killed
from tests.waiting import until

CONNECTIONS, AHEAD = 16, 64  # lines that a program writes before it reads an answer
SOON_S = 2.0  # a group commit and a turn of each connection, on a busy machine: 0.07 s on a quiet one


@contextlib.contextmanager
def flood(robot):
    """Programs that never wait for an answer before they say the next change."""
    ends = threading.Event()
    programs = [socket.socket(socket.AF_UNIX) for _ in range(CONNECTIONS)]
    answers = [0] * CONNECTIONS

    def say(n):
        change = [{"fault": {"family": "touch", "code": f"c{n}", "active": active}} for active in (True, False)]
        lines = b"".join(json.dumps(one).encode() + b"\n" for one in change) * (AHEAD // 2)
        with contextlib.suppress(OSError):
            while not ends.is_set():
                programs[n].sendall(lines)

    def hear(n):
        with contextlib.suppress(OSError):
            for _ in programs[n].makefile("rb"):
                answers[n] += 1

    for program in programs:
        program.connect(str(robot.folder / "count.sock"))
    threads = [threading.Thread(target=each, args=(n,)) for n in range(CONNECTIONS) for each in (say, hear)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: min(answers) > 0, lambda: str(answers))
        yield
    finally:
        ends.set()
        for program in programs:
            with contextlib.suppress(OSError):
                program.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for program in programs:
            program.close()


def test_durable_counts_are_answered_as_soon_under_a_flood_of_fault_changes(tmp_path):
    robot = Killed(tmp_path)
    with robot.runs():
        with flood(robot):
            took_s = []
            for _ in range(40):
                began_s = time.monotonic()
                robot.program.settimeout(60.0)
                robot.program.sendall(b'{"count": "touches"}\n')
                assert json.loads(robot.answers.readline())["durable"]
                took_s.append(time.monotonic() - began_s)
        assert max(took_s) < SOON_S, sorted(took_s)


@pytest.mark.parametrize("changes", [61, 62])
def test_where_the_note_cannot_be_written_an_answer_is_a_commit(tmp_path, changes):
    """A full or broken runtime folder: what was answered outlives a kill all the same."""
    (tmp_path / f"{NOTE}.new").mkdir()  # in the way of every writing
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(changes)
        assert not (tmp_path / NOTE).exists()
    with robot.runs():
        robot.flap(2, code="another")
        robot.say(active=False)
        until(lambda: robot.told()[1]["touch.bumper"] == 31, lambda: str(robot.told()))
