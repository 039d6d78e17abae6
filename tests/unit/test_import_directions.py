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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT

PACKAGES = ("protocol", "edge_agent", "collector", "simulators", "opk_skills")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
FLOORS = "the collector's floors, top to bottom"
BY_SEED = "a simulated robot is its seed and nothing else"
IMPURE = {  # of the standard library: what reads, writes, waits, asks the clock or makes chance
    "asyncio", "concurrent", "ctypes", "fcntl", "glob", "http", "importlib", "io", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "queue", "random", "secrets", "select", "selectors", "shutil", "signal",
    "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
PLANTED = {
    "edge_agent/version.py": "collector",
    "protocol/stream.py": "time",
    "collector/fleet/scope.py": "collector.web.server",
    "collector/web/pages/reads.py": "collector.store.engine",
    "collector/commands/cta.py": "collector.success.store",
    "collector/ingest/transaction.py": "collector.fleet.usage",
    "collector/ingest/timestamps.py": "logging",
    "collector/ingest/loop.py": "gmqtt",
    "edge_agent/uplink/uplink.py": "pydantic",
    "edge_agent/sources/system.py": "edge_agent.outbox",
    "edge_agent/outbox/rows.py": "edge_agent.counting.followed",
    "edge_agent/uplink/presence.py": "time",
    "opk_skills/manifest/form.py": "logging",
    "simulators/report.py": "opk_skills.package",
    "simulators/body.py": "asyncio",
    "collector/skillstore/repository/folder.py": "tuf",
    "simulators/fleet.py": "amqtt",
}
PURE = {  # the contracts of purity, and a module of each
    "the protocol does no I/O and reads no clock": "protocol/stream.py",
    "the collector's rules are pure": "collector/ingest/timestamps.py",
    "the agent's rules are pure": "edge_agent/uplink/presence.py",
    "a skill's manifest, settings and package are made without I/O": "opk_skills/manifest/form.py",
    BY_SEED: "simulators/body.py",
}


def judged(scratch: Path, planted: dict[str, str], of: str = "") -> str:
    """What import-linter says of a copy of the tree with a line added to each of these files. `of`: by one contract."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, scratch / package, ignore=shutil.ignore_patterns("__pycache__"))
    told = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if of:
        told = re.sub(rf'name = "{of}"', rf'id = "the-one"\nname = "{of}"', told)
    (scratch / "pyproject.toml").write_text(told, encoding="utf-8")
    for file, line in planted.items():
        with (scratch / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    run = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", *(["--contract", "the-one"] if of else [])],
        cwd=scratch,
        env={**os.environ, "PYTHONPATH": str(scratch)},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return run.stdout + run.stderr


def test_every_contract_is_broken_by_the_import_it_forbids(tmp_path):
    text = judged(tmp_path, {file: f"import {module}" for file, module in PLANTED.items()})
    assert set(re.findall(r"^(.*?) BROKEN", text, re.MULTILINE)) == {contract["name"] for contract in CONTRACTS}, text


def test_a_file_beside_the_floors_stands_on_none_and_breaks_the_contract(tmp_path):
    """`app.py`, `log.py` and their like are named; a new one has to be."""
    text = judged(tmp_path, {"collector/stray.py": "X = 1"}, FLOORS)
    assert f"{FLOORS} BROKEN" in text, text
    assert "stray" in text


def test_the_lowest_files_of_the_collector_import_none_of_it(tmp_path):
    text = judged(tmp_path, {"collector/log.py": "import collector.calendar.days"}, FLOORS)
    assert "collector.log" in text, text
    assert f"{FLOORS} BROKEN" in text


@pytest.mark.parametrize("name", PURE)
def test_a_contract_of_purity_forbids_each_module_that_reads_writes_waits_or_makes_chance(tmp_path, name):
    modules = sorted(IMPURE - {"random"} if name == BY_SEED else IMPURE)
    text = judged(tmp_path, {PURE[name]: "import " + ", ".join(modules)}, name)
    found = set(re.findall(r"is not allowed to import (\w+):", text))
    assert set(modules) <= found, sorted(set(modules) - found)


def contracts_of_purity() -> list[dict[str, Any]]:
    return [each for each in CONTRACTS if each["name"] in PURE]


def claimants(texts: dict[str, str]) -> list[str]:
    """The modules whose docstring says that they are pure."""
    said = {module: ast.get_docstring(ast.parse(text)) or "" for module, text in texts.items()}
    return [module for module, docstring in said.items() if re.search(r"\bPure\b", docstring)]


def proven(contracts: list[dict[str, Any]]) -> set[str]:
    """The modules and folders that a contract keeps from the clock and from waiting, also through what they import."""
    return {
        module
        for contract in contracts
        if contract["type"] == "forbidden" and (IMPURE - {"random"}) <= set(contract["forbidden_modules"])
        for module in contract["source_modules"]
        if not contract.get("allow_indirect_imports")
    }


def stands_in(module: str, places: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in places)


def unproven(texts: dict[str, str], contracts: list[dict[str, Any]]) -> list[str]:
    sure = proven(contracts)
    return [module for module in claimants(texts) if not stands_in(module, sure)]


def sources() -> dict[str, str]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def test_whoever_says_pure_stands_in_a_contract_that_proves_it():
    texts = sources()
    assert len(claimants(texts)) > 100
    assert not unproven(texts, CONTRACTS), "add it to the source_modules of a purity contract, or drop the claim"


def test_the_control_a_claim_that_no_contract_proves_is_found():
    claim = {"collector.fleet.scope": '"""Whose data a caller may see. Pure."""'}
    assert unproven(claim, CONTRACTS) == ["collector.fleet.scope"]
    assert unproven({"collector.health.new": '"""Pure."""'}, CONTRACTS) == []


ON_A_PATH = {"read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir"}
READS_WHAT_SHIPS = {"protocol.codec": "read_bytes"}  # the dictionaries


def effects(module: str, text: str) -> Iterator[str]:
    """Calls that need no import to reach the world: open(), print(), datetime.now(), and chance without a seed."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        owner, _, name = called.rpartition(".")
        bare = name in {"open", "print", "input"} and not owner
        on_a_clock = name in {"now", "utcnow", "today"} and owner.endswith(("datetime", "date"))
        on_a_path = name in ON_A_PATH
        by_chance = owner == "random" and name != "Random"
        if (bare or on_a_clock or on_a_path or by_chance) and READS_WHAT_SHIPS.get(module) != name:
            yield f"{module}:{node.lineno}: {called}()"


def test_a_pure_module_calls_nothing_that_reads_or_writes():
    places = proven(CONTRACTS) | {"simulators.body"}
    texts = {module: text for module, text in sources().items() if stands_in(module, places)}
    assert len(texts) > 150
    assert [found for module, text in texts.items() for found in effects(module, text)] == []


@pytest.mark.parametrize(
    "line", ["open('a')", "print(1)", "datetime.now(UTC)", "date.today()", "FILE.read_text()", "random.random()"]
)
def test_the_control_such_a_call_is_found(line):
    assert list(effects("collector.health.new", line))
    assert not list(
        effects("collector.health.new", "random.Random(7); book.open; places.is_open(day); context.now_s()")
    )


THE_STORE = re.compile(r"\b(Connection|Store|Engine|Transaction)\b")


def on_the_store(text: str) -> set[str]:
    """The functions of a module that take a connection or a store."""
    return {
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        if each.annotation and THE_STORE.search(ast.unparse(each.annotation))
    }


def reaches(importer: str, texts: dict[str, str]) -> Iterator[str]:
    """What a caller imports of the floors below the operations that takes a connection: a function, or its module."""
    for node in ast.walk(ast.parse(texts[importer])):
        names = [each.name for each in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for name in names:
            whole = f"{origin}{name}"
            if stands_in(whole, CALLED_BY_ALL):
                continue
            if (whole in texts and on_the_store(texts[whole])) or name in on_the_store(
                texts.get(origin.rstrip("."), "")
            ):
                yield f"{importer}: {whole}"


CALLED_BY_ALL = {"collector.app", "collector.context", "collector.operations", "collector.web", "collector.commands"}
CALLERS = {"collector.web", "collector.commands"}


def test_web_and_commands_take_types_from_the_domain_and_no_function_on_a_connection():
    texts = sources()
    callers = [module for module in texts if stands_in(module, CALLERS)]
    assert len(callers) > 50
    assert [found for module in callers for found in reaches(module, texts)] == []


@pytest.mark.parametrize(
    "line",
    [
        "from collector.success import acts",
        "from collector.success.acts import close",
        "import collector.success.acts",
        "from collector.exchange.imports import undoing",
        "from collector.notifications.webhooks import add",
    ],
)
def test_the_control_a_writer_in_a_handler_is_found(line):
    texts = sources()
    assert list(reaches("new", texts | {"new": line}))
    assert not list(reaches("new", texts | {"new": "from collector.success.acts import OUTCOMES, Outcome"}))
