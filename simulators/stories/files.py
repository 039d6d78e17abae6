"""The portfolio as files: a CSV per kind of fact, the past's usage, and what must be seen of each story.

Files are UTF-8 with the field names as headings: what a collector imports as it stands.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from simulators.stories.book import Book, Row
from simulators.stories.portfolio import Portfolio

USAGE_HEADER = ("account", "robot", "day", "counter", "value")
EXPECTED_HEADER = ("account", "story", "shows", "may", "bands", "tells")


def sheet(rows: Sequence[Row]) -> str:
    """Facts of one kind as CSV; a field that some facts have and others have not is left empty there."""
    heading = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    out = csv.DictWriter(text, heading, restval="", lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    return text.getvalue()


def usage_lines(portfolio: Portfolio) -> Iterator[str]:
    """The past's daily counts, line by line, heading first."""
    yield ",".join(USAGE_HEADER) + "\n"
    for account, robot, day, counts in portfolio.usage():
        for counter, n in counts.items():
            yield f"{account},{robot},{day},{counter},{n}\n"


def write(folder: Path, portfolio: Portfolio, book: Book) -> dict[str, int]:
    """Writes everything; rows by file. The folder is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, int] = {}
    for kind, rows in book.kinds():
        (folder / f"{kind}.csv").write_text(sheet(rows), encoding="utf-8")
        written[f"{kind}.csv"] = len(rows)
    written["usage.csv"] = _lines(folder / "usage.csv", usage_lines(portfolio)) - 1
    written["expected.csv"] = _expected(folder / "expected.csv", portfolio)
    return written


def _lines(path: Path, lines: Iterable[str]) -> int:
    n = 0
    with path.open("w", encoding="utf-8") as file:
        for n, line in enumerate(lines, 1):  # noqa: B007 - counted while written
            file.write(line)
    return n


def _expected(path: Path, portfolio: Portfolio) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(EXPECTED_HEADER)
        for customer in portfolio.customers:
            plot, truth = customer.plot, customer.plot.truth
            words = (" ".join(sorted(truth.shows)), " ".join(sorted(truth.may)), " ".join(truth.bands))
            out.writerow((customer.key, plot.key, *words, plot.tells))
    return len(portfolio.customers)
