"""At the end of a run: which tests were skipped, for want of what, and the line that installs it."""

import re
from collections import Counter

import pytest

PACKAGES = re.compile(r"apt-get install ([a-z0-9 .+-]+)")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        if isinstance(report.longrepr, tuple):
            reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1
    if not reasons:
        return
    terminalreporter.section("not run here")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count:4} test{'s' if count > 1 else ''}: {reason}")
    packages = sorted({word for reason in reasons for found in PACKAGES.findall(reason) for word in found.split()})
    if packages:
        terminalreporter.line(f"To run them too: apt-get install {' '.join(packages)}")
