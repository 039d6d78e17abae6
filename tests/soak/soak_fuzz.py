"""The decoders under atheris, two minutes each: no crash, no hang, no refusal without a known word."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 120
TARGETS = ("fuzz_codec", "fuzz_statsd", "fuzz_vda5050")


def run() -> str:
    assert importlib.util.find_spec("atheris"), "atheris is missing: pip install atheris (Python 3.11 on x86_64 Linux)"
    seconds = max(5, int(SECONDS * float(os.environ.get("SOAK_SCALE", "1"))))
    return "; ".join(f"{target}: {_fuzz(target, seconds)}" for target in TARGETS)


def _fuzz(target: str, seconds: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]
        command = [sys.executable, "-m", f"tests.fuzz.{target}", f"{folder}/corpus", f"-artifact_prefix={folder}/"]
        Path(folder, "corpus").mkdir()
        done = subprocess.run([*command, *flags], capture_output=True, text=True, check=False, timeout=seconds + 120)
    assert done.returncode == 0, f"{target}: {done.stderr[-3000:]}"
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return f"{int(runs[1]) if runs else 0:,} inputs in {seconds} s, 0 crashes"
