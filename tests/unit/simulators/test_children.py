"""Processes that the demo follows: what they say is said once, and how they ended is known."""

import sys
from pathlib import Path

import pytest

from simulators.children import ChildFailed, Children
from tests.waiting import DEADLINE_S

TALKS = (
    "import sys\nfor n in range(3): print('line', n, flush=True)\nsys.stdout.write('no end of line')\nsys.exit({code})"
)


def test_a_followed_child_is_heard_line_by_line_to_its_end(tmp_path: Path) -> None:
    children, said = Children(tmp_path), list[str]()
    child = children.start("talker", [sys.executable, "-c", TALKS.format(code=0)])
    children.follow(child, said.append)
    assert said == ["line 0", "line 1", "line 2", "no end of line"]
    assert children.running == []


def test_a_followed_child_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    children = Children(tmp_path)
    child = children.start("talker", [sys.executable, "-c", TALKS.format(code=3)])
    with pytest.raises(ChildFailed, match=r"talker ended with code 3; its log .*talker\.log"):
        children.follow(child, lambda _line: None)


def test_while_a_child_is_followed_the_others_are_watched(tmp_path: Path) -> None:
    children = Children(tmp_path)
    gone = children.start("gone", [sys.executable, "-c", "raise SystemExit(4)"])
    gone.process.wait(DEADLINE_S)
    waits = children.start("waits", [sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with pytest.raises(ChildFailed, match="gone ended with code 4"):
            children.follow(waits, lambda _line: None)
    finally:
        children.ended(gone)
        children.stop_all()
