"""The n-th system call fails: the real agent's and collector's commits under strace's fault injection.

Whatever the program makes of the error (it may end), what it acked before must be there when it starts again.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.faults.power_cut import MEMORY
from tests.waiting import DEADLINE_S

FAILURES = (
    ("pwrite64", "error=ENOSPC"),
    ("pwrite64", "error=EIO"),
    ("fdatasync", "error=EIO"),
    ("openat", "error=EMFILE"),
    ("pwrite64", "signal=SIGKILL"),
    ("fdatasync", "signal=SIGKILL"),
    ("ftruncate", "error=EIO"),
)


def fail_at(
    module: str,
    file: str,
    check: Callable[[Path, int], str | None],
    failure: tuple[str, str],
    n: int,
    *,
    commits: int = 12,
) -> tuple[bool, str | None]:
    """Run the program with call `n` on its files failing; (whether the fault was met, what was lost)."""
    call, how = failure
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    try:
        target = folder / file
        argv = ["strace", "-f", "-o", str(folder / "trace"), "-P", str(target), "-P", f"{target}-wal"]
        argv += ["-P", str(folder), "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={n}"]
        argv += [sys.executable, "-m", module, str(target), str(commits)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
        met = (
            "INJECTED" in (folder / "trace").read_text(errors="replace") or "SIGKILL" in (folder / "trace").read_text()
        )
        acks = re.findall(r"^ack (\d+)$", done.stdout, re.MULTILINE)
        if not acks or not target.exists():
            return met, None  # it never came so far as to promise anything
        return met, check(target, int(acks[-1]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fail_each(
    module: str,
    file: str,
    check: Callable[[Path, int], str | None],
    numbers: Iterable[int],
    failures: Iterable[tuple[str, str]] = FAILURES,
) -> tuple[int, list[str]]:
    """Every failure at every number, each until the program no longer meets it: (faults met, what was lost)."""
    met, lost = 0, []
    for failure in failures:
        for n in numbers:
            hit, words = fail_at(module, file, check, failure, n)
            if not hit:
                break
            met += 1
            if words:
                lost.append(f"{failure} at {n}: {words}")
    return met, lost
