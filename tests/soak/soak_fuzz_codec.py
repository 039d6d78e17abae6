"""The decoders under atheris for two minutes: no crash, no hang, no refusal without a known word."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile

SECONDS = 120


def run() -> str:
    if importlib.util.find_spec("atheris") is None:
        return "not run: atheris is missing (pip install atheris)"
    seconds = max(5, int(SECONDS * float(os.environ.get("SOAK_SCALE", "1"))))
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"]
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.fuzz_codec",
            f"{folder}/corpus",
            f"-artifact_prefix={folder}/",
            *flags,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 120)
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return f"{int(runs[1]) if runs else 0:,} inputs in {seconds} s, 0 crashes"
