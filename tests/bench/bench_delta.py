"""What an update of a package costs the link: one changed line, and a minifier that names everything anew."""

import json
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import zstandard

from opk_skills.package import delta

FUNCTIONS, NAMES = 9_000, 12_000
LETTERS = string.ascii_letters + "_$"
APPLY = """
import json, sys, time
from pathlib import Path
from opk_skills.package import delta
old, patch, length = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
began = time.process_time()
delta.applied(old, patch, length)
took = time.process_time() - began
lines = Path("/proc/self/status").read_text().splitlines()
print(json.dumps({"s": took, "mb": next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024}))
"""
LINE_MAX, RENAMED_MAX, APPLY_MAX_S, APPLY_MAX_MB = 0.005, 0.10, 0.1, 20.0


def _name(number: int) -> str:
    """As a minifier names the n-th thing: the shortest that is free."""
    text = ""
    while True:
        number, letter = divmod(number, len(LETTERS))
        text += LETTERS[letter]
        if not number:
            return text
        number -= 1


def bundle(*, line: bool = False, moved: float = 0.0) -> bytes:
    """A minified program of 0.7 MB. `line`: one more `if`; `moved`: one more function, by
    which the minifier names so large a share of all things anew.
    """
    rng, parts = Random(7), []
    for turn in range(FUNCTIONS):
        used = [rng.randrange(NAMES) for _ in range(9)]
        words = [_name(number + (1 if number >= NAMES * (1 - moved) else 0)) for number in used]
        text = f"{rng.randrange(10**9):x}{rng.randrange(10**9):x}"
        parts.append('function {}({},{}){{var {}="{}";return {}.{}({},{}?{}:{})}}'.format(
            *words[:4], text, *words[3:9]
        ))  # fmt: skip
        if (line or moved) and turn == FUNCTIONS // 3:
            parts.append("if(a.stop){return b.wait(3)}")
    return ";".join(parts).encode()


def _applied(old: bytes, patch: bytes, length: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("old", "patch")]
        for file, content in zip(files, (old, patch), strict=True):
            file.write_bytes(content)
        command = [sys.executable, "-c", APPLY, *map(str, files), str(length)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    said: dict[str, float] = json.loads(done.stdout)
    return said


def run() -> list[dict[str, Any]]:
    old = bundle()
    rows: list[dict[str, Any]] = []
    for name, new, most in (
        ("one changed line", bundle(line=True), LINE_MAX),
        ("an eighth of the names moved", bundle(moved=0.125), RENAMED_MAX),
        ("half of the names moved", bundle(moved=0.5), RENAMED_MAX),
    ):  # fmt: skip
        began_s = time.process_time()
        patch = delta.made(old, new)
        made_s = time.process_time() - began_s
        share = len(patch) / len(zstandard.compress(new, 19))
        said = _applied(old, patch, len(new))
        rows += [
            _row(f"delta, {name}: of the compressed package", share, "×", most),
            _row(f"delta, {name}: apply", said["s"], "s", APPLY_MAX_S),
            _row(f"delta, {name}: memory of the process that applies", said["mb"], "MB", APPLY_MAX_MB),
            {"name": f"delta, {name}: make", "value": made_s, "unit": "s"},
        ]
    return rows


def _row(name: str, value: float, unit: str, most: float) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "target": f"≤ {most:g}", "met": value <= most}
