"""`make bench`: runs every bench_*.py beside this file and writes one table.

A bench is a module with `run() -> list[dict]`. A row has `name`, `value` and `unit`; where they exist also
`target` (text: "≤ 36"), `met` (bool), `baseline` (what the field does, measured in the same run or quoted
with its source) and `ratio` (value to baseline). A bench that cannot run here raises
`tests.bench.Absent` with the remedy, and the table says so: a missing number is never left out in silence.

    make bench              all of them
    make bench ONLY=ingest  those whose file name contains the word; the rows of the others stay
"""

import importlib
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.bench import Absent

RESULTS = Path("bench-results")
COLUMNS = ("what", "measured", "unit", "reach", "met", "field", "ratio", "on")


def main(words: list[str]) -> int:
    modules = sorted(p.stem for p in Path(__file__).parent.glob("bench_*.py"))
    chosen = [m for m in modules if not words or any(w in m for w in words)]
    if not chosen:
        print(f"No bench is named like {' '.join(words)}. There are: {', '.join(modules) or 'none'}.", file=sys.stderr)
        return 2
    rows: list[dict[str, Any]] = []
    failed = 0
    for module in chosen:
        print(f"{module} …", flush=True)
        began_s = time.monotonic()
        try:
            found = importlib.import_module(f"tests.bench.{module}").run()
        except Absent as error:
            found = [{"name": module, "value": f"not run: {error}", "unit": ""}]
        except Exception as error:  # noqa: BLE001 - one bench that breaks must not hide the figures of the others
            failed += 1
            traceback.print_exc()
            found = [{"name": module, "value": f"broke: {error!r}", "unit": ""}]
        for row in found:
            print("  " + describe(row), flush=True)
            rows.append({**row, "bench": module, "on": time.strftime("%Y-%m-%d")})
        print(f"  ({time.monotonic() - began_s:.0f} s)", flush=True)
    write([row for row in earlier() if row["bench"] in modules and row["bench"] not in chosen] + rows)
    print(f"written: {RESULTS / 'table.md'}")
    return 1 if failed else 0


def describe(row: dict[str, Any]) -> str:
    """One row as a line for the terminal."""
    line = f"{row['name']}: {figure(row['value'])} {row['unit']}".rstrip()
    if row.get("target"):
        line += f"   (reach {row['target']}{verdict(row)})"
    return line


def verdict(row: dict[str, Any]) -> str:
    met = row.get("met")
    return "" if met is None else ": yes" if met else ": NO"


def figure(value: Any) -> str:
    """A number with three digits that matter, text as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def table(rows: Iterable[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for row in rows:
        met = row.get("met")
        cells = (
            row["name"],
            figure(row["value"]),
            row["unit"],
            row.get("target", ""),
            "" if met is None else "yes" if met else "no",
            figure(row.get("baseline", "")),
            figure(row.get("ratio", "")),
            row["on"],
        )
        lines.append("| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |")
    return "\n".join(lines)


def earlier() -> list[dict[str, Any]]:
    """The rows of the last run, of this machine's last bench-results."""
    file = RESULTS / "table.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []


def write(rows: list[dict[str, Any]]) -> None:
    """table.md for people, table.json for comparing runs."""
    RESULTS.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    head = f"# Bench\n\n{machine}. `make bench` writes this file.\n\n"
    (RESULTS / "table.md").write_text(head + table(rows) + "\n", encoding="utf-8")
    (RESULTS / "table.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
