"""Does the self-test and keeps its newest result for whoever opens the page next.

It changes nothing but that the robot uploads now: the last question is whether the collector answers after that.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edge_agent import whole_file
from edge_agent.status.self_test import STEPS, SelfTest, judged

ANSWER_WAIT_S, LOOK_S = 20.0, 0.5
FILE = "self-test.json"


def test(
    ask: Callable[[], Mapping[str, Any] | None], upload: Callable[[], bool], pause: Callable[[float], None], now: str
) -> SelfTest:
    """`upload` has the agent send now. It takes ANSWER_WAIT_S at most."""
    status = ask()
    if status is None:
        return SelfTest(now, dict.fromkeys(STEPS, "no"))
    before = judged(status)
    if before["connected"] == "yes":
        began_s = time.monotonic()
        if upload():
            while before["answered"] != "yes" and (waited_s := time.monotonic() - began_s) < ANSWER_WAIT_S:
                age_s = (status or {}).get("link", {}).get("ack_age_s")
                if age_s is not None and age_s < waited_s:
                    before["answered"] = "yes"
                    break
                pause(LOOK_S)
                status = ask()
    return SelfTest(now, before)


def keep(folder: Path, tested: SelfTest) -> None:
    """The newest one, for whoever opens the page next. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole_file.write(folder / FILE, json.dumps({"at": tested.at, "passed": dict(tested.passed)}).encode(), 0o600)


def newest(folder: Path) -> SelfTest | None:
    """None: there was none, or it cannot be read."""
    try:
        form = json.loads((folder / FILE).read_bytes())
        passed = {step: form["passed"][step] for step in STEPS}
        return SelfTest(str(form["at"]), passed) if set(passed.values()) <= {"yes", "no", "none"} else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
