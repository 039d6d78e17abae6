"""What `edge-agent run` loads: memory on the robot is a budget, and the collector's packages are not on it."""

import os
import subprocess
import sys

import pytest

HEAVY = {
    "pydantic", "pydantic_settings", "aiohttp", "click", "sqlite_utils", "sqlalchemy", "alembic", "jinja2", "gmqtt",
    "prometheus_client", "orjson", "collector", "simulators", "opk_skills", "protocol.messages", "urllib.request",
    "http.client", "email", "tomllib", "edge_agent.status.doctor", "edge_agent.status.page",
    "edge_agent.status.catalogue", "edge_agent.status.text", "babel", "difflib", "shutil", "lzma",
    "edge_agent.outbox.recovery.carve", "edge_agent.outbox.recovery.parted", "edge_agent.uplink.diagnosis",
    "edge_agent.uplink.certificate", "edge_agent.status.why", "edge_agent.status.faults", "edge_agent.status.notices",
    "edge_agent.status.pin", "edge_agent.status.self_test", "edge_agent.status.page_text",
}  # fmt: skip
AGENT_ONLY = {"paho", "psutil", "zstandard"}  # what the agent's install brings and `run` uses

LOADED = """
import sys
import edge_agent.__main__, edge_agent.app
edge_agent.__main__._parser(["run"]).parse_args(["run"])
from edge_agent.sources import DEFAULT
from importlib import import_module
for kind in DEFAULT:
    import_module(f"edge_agent.sources.{kind}")
print(*sorted(sys.modules))
"""
OWN_KIB = """
import re
print(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
LOADED_MAX_KIB = 14_650  # of its own, beside what a bare Python takes; 14,240 when this was written, 14,530 in December


@pytest.fixture(scope="module")
def loaded():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_running_agent_loads_nothing_heavy(loaded):
    assert loaded & HEAVY == set()


def test_the_list_of_heavy_packages_is_not_empty_talk(loaded):
    """The control: the names are spelt as Python spells them, and the agent's own are found."""
    assert loaded >= AGENT_ONLY
    known = subprocess.run(
        [sys.executable, "-c", "import collector, pydantic, urllib.request, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {"collector", "pydantic", "urllib.request", "email"} <= set(known.stdout.split())


def test_every_third_package_of_the_running_agent_is_in_its_extra(loaded):
    own = {"edge_agent", "protocol"}
    third = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names) - own
    third = {name for name in third if not name.startswith(("_", "__editable__"))}
    assert third == AGENT_ONLY


@pytest.fixture(scope="module")
def taken_kib(tmp_path_factory):
    """Memory of its own that a program takes beside a bare Python, from bytecode as an installed agent has it."""
    folder = tmp_path_factory.mktemp("bytecode")
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(code, **more):
        done = subprocess.run(
            [sys.executable, "-c", code + OWN_KIB], capture_output=True, text=True, check=True, env=environ | more
        )
        return int(done.stdout.split()[-1])

    def taken(code, **more):
        run(code)  # this one compiles
        return run(code, **more) - run("")

    return taken


def test_what_is_loaded_keeps_within_its_memory(taken_kib):
    """The controls: with doctor, or compiled at each start for want of bytecode, it does not."""
    assert taken_kib(LOADED) <= LOADED_MAX_KIB
    assert taken_kib(LOADED + "import edge_agent.status.doctor, edge_agent.status.page, babel") > LOADED_MAX_KIB
    nowhere = {"PYTHONPYCACHEPREFIX": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    assert taken_kib(LOADED, **nowhere) > LOADED_MAX_KIB + 4096
