"""Each contract of import-linter bites: with one forbidden import planted for each, every one is broken.

That none is broken as the tree stands is `make check`'s part.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests import ROOT

PACKAGES = ("protocol", "edge_agent", "collector", "simulators", "opk_skills")
PLANTED = {
    "edge_agent/version.py": "collector",
    "protocol/stream.py": "time",
    "collector/fleet/scope.py": "collector.web.server",
    "collector/ingest/transaction.py": "collector.fleet.usage",
    "collector/ingest/timestamps.py": "logging",
    "collector/ingest/loop.py": "gmqtt",
    "edge_agent/uplink/uplink.py": "pydantic",
    "edge_agent/sources/system.py": "edge_agent.outbox",
    "edge_agent/uplink/presence.py": "time",
    "simulators/body.py": "asyncio",
    "simulators/fleet.py": "amqtt",
}


def test_every_contract_is_broken_by_the_import_it_forbids(tmp_path):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, module in PLANTED.items():
        with (tmp_path / file).open("a", encoding="utf-8") as source:
            source.write(f"\nimport {module}\n")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    judged = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    broken = set(re.findall(r"^(.*?) BROKEN", judged.stdout, re.MULTILINE))
    assert broken == {contract["name"] for contract in contracts}, judged.stdout + judged.stderr
