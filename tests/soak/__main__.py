"""`make soak`: runs every soak_*.py beside this file, the long versions of what `make test` does in short.

A soak is a module with `run() -> str`: what was done and seen, in one paragraph with its numbers. It raises
AssertionError when a law was broken, with the seed that repeats it. SOAK_SCALE (default 1) multiplies how
long each runs: 0.1 for a look, 10 for a week-end.

    make soak                   all of them
    make soak ONLY=power_cut    those whose file name contains the word
"""

import importlib
import sys
import time
import traceback
from pathlib import Path

RESULTS = Path("bench-results")


def main(words: list[str]) -> int:
    modules = sorted(p.stem for p in Path(__file__).parent.glob("soak_*.py"))
    chosen = [m for m in modules if not words or any(w in m for w in words)]
    if not chosen:
        print(f"No soak is named like {' '.join(words)}. There are: {', '.join(modules) or 'none'}.", file=sys.stderr)
        return 2
    report = []
    broken = 0
    for module in chosen:
        print(f"{module} …", flush=True)
        began_s = time.monotonic()
        try:
            outcome = f"held: {importlib.import_module(f'tests.soak.{module}').run()}"
        except Exception as error:  # noqa: BLE001 - every soak is to have its say, the exit code carries the failure
            broken += 1
            traceback.print_exc()
            outcome = f"BROKEN: {type(error).__name__}: {error}"
        report.append(f"- **{module.removeprefix('soak_')}** ({time.monotonic() - began_s:.0f} s) {outcome}")
        print(report[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    lines = [f"# Soak\n\n{time.strftime('%Y-%m-%d')}. `make soak` writes this file.\n", *report]
    (RESULTS / "soak.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
