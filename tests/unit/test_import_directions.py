"""Each contract of import-linter bites: with one forbidden import planted for each, every one is broken.

That none is broken as the tree stands is `make check`'s part.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests import ROOT

PACKAGES = ("protocol", "edge_agent", "collector", "simulators", "opk_skills")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
PLANTED = {
    "edge_agent/version.py": "collector",
    "protocol/stream.py": "time",
    "collector/fleet/scope.py": "collector.web.server",
    "collector/web/pages/reads.py": "collector.store.engine",
    "collector/ingest/transaction.py": "collector.fleet.usage",
    "collector/ingest/timestamps.py": "logging",
    "collector/ingest/loop.py": "gmqtt",
    "edge_agent/uplink/uplink.py": "pydantic",
    "edge_agent/sources/system.py": "edge_agent.outbox",
    "edge_agent/outbox/rows.py": "edge_agent.counting.followed",
    "edge_agent/uplink/presence.py": "time",
    "opk_skills/manifest.py": "logging",
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
    assert broken == {contract["name"] for contract in CONTRACTS}, judged.stdout + judged.stderr


def claimants(texts: dict[str, str]) -> list[str]:
    """The modules whose docstring says that they are pure."""
    said = {module: ast.get_docstring(ast.parse(text)) or "" for module, text in texts.items()}
    return [module for module, docstring in said.items() if re.search(r"\bPure\b", docstring)]


def proven(contracts: list[dict[str, Any]]) -> set[str]:
    """The modules and folders that a contract keeps from the clock and from waiting, also through what they import."""
    return {
        module
        for contract in contracts
        if contract["type"] == "forbidden" and {"asyncio", "time"} <= set(contract["forbidden_modules"])
        for module in contract["source_modules"]
        if not contract.get("allow_indirect_imports")
    }


def unproven(texts: dict[str, str], contracts: list[dict[str, Any]]) -> list[str]:
    sure = proven(contracts)
    return [
        module
        for module in claimants(texts)
        if not any(module == each or module.startswith(f"{each}.") for each in sure)
    ]


def test_whoever_says_pure_stands_in_a_contract_that_proves_it():
    texts = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    assert len(claimants(texts)) > 100
    assert not unproven(texts, CONTRACTS), "add it to the source_modules of a purity contract, or drop the claim"


def test_the_control_a_claim_that_no_contract_proves_is_found():
    claim = {"collector.fleet.scope": '"""Whose data a caller may see. Pure."""'}
    assert unproven(claim, CONTRACTS) == ["collector.fleet.scope"]
    assert unproven({"collector.health.new": '"""Pure."""'}, CONTRACTS) == []
