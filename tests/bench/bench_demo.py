"""How long after `fleet-sim demo` is typed the first counts of this machine and of the fleet are there.

The whole command as a user starts it, with the processes that it starts. It runs twice: the first one warms the
machine's file cache, the second is measured, and at its end compares what was counted with what arrived.
"""

import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.served import place
from tests.brokers import free_port

PATIENCE_S = 240.0
COUNTED = re.compile(r"^ +(?:[1-9]\d*)/\d+ robots came, this machine too")

SCORED = re.compile(r"^Scored portfolio (\d+) s after the start", re.MULTILINE)


def run() -> list[dict[str, Any]]:
    with place() as folder:
        demo(folder / "warm", "--for", "1", "--no-stories")
        first_s, all_s, said, code = demo(folder / "measured", "--for", "3", "--check")
    found = SCORED.search(said)
    scored_s = float(found[1]) if found else float("inf")
    equal = code == 0 and "This machine: equal" in said and "The fleet: equal" in said
    return [
        {
            "name": "demo: first counts of this machine and the fleet after the command", "value": first_s, "unit": "s",
            "target": "≤ 10", "met": first_s <= 10,
        },
        {
            "name": "demo: a scored portfolio of customers with stories", "value": scored_s, "unit": "s",
            "target": "≤ 180", "met": scored_s <= 180,
        },
        {"name": "demo: every robot counted, address printed", "value": all_s, "unit": "s"},
        {
            "name": "demo: counted compared with arrived", "value": "equal" if equal else f"NOT EQUAL ({code})",
            "unit": "", "target": "equal", "met": equal,
        },
    ]  # fmt: skip


def demo(state: Path, *arguments: str) -> tuple[float, float, str, int]:
    """Seconds to the first counts and to the address, everything it said, exit code. Interrupted when it hangs."""
    command = [sys.executable, "-u", "-m", "simulators", "demo", "--state", str(state), "--port", str(free_port())]
    began_s = time.monotonic()
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    hangs = threading.Timer(PATIENCE_S, process.send_signal, (signal.SIGINT,))  # then it ends its own processes
    hangs.start()
    said, first_s, all_s = "", float("inf"), float("inf")
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said += line
            at_s = time.monotonic() - began_s
            first_s = min(first_s, at_s) if COUNTED.match(line) else first_s
            all_s = min(all_s, at_s) if "page and API  " in line else all_s
        return first_s, all_s, said, process.wait()
    finally:
        hangs.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(60)
