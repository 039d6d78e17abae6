"""What `edge-agent run` loads: memory on the robot is a budget, and the collector's packages are not on it."""

import subprocess
import sys

import pytest

HEAVY = {
    "pydantic", "pydantic_settings", "aiohttp", "click", "sqlite_utils", "sqlalchemy", "alembic", "jinja2", "gmqtt",
    "prometheus_client", "orjson", "collector", "simulators", "opk_skills", "protocol.messages", "urllib.request",
    "http.client", "email", "tomllib", "edge_agent.status.doctor", "edge_agent.status.page",
    "edge_agent.status.catalogue", "edge_agent.status.text", "babel",
}  # fmt: skip
AGENT_ONLY = {"paho", "psutil", "zstandard"}  # what the agent's install brings and `run` uses

LOADED = """
import sys
import edge_agent.__main__, edge_agent.app
from edge_agent.sources import DEFAULT
from importlib import import_module
for kind in DEFAULT:
    import_module(f"edge_agent.sources.{kind}")
print(*sorted(sys.modules))
"""


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
