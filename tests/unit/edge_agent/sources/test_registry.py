"""The registry: configuration tables become sources, and only what is configured is loaded."""

import subprocess
import sys
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path

import pytest

from edge_agent.errors import ConfigError
from edge_agent.sources import DEFAULT, KINDS, build
from edge_agent.sources.options import parse
from tests import ROOT
from tests.sources import around

DOCUMENT = (ROOT / "docs" / "sources.md").read_text()
HEAVY = ("aiohttp", "pydantic", "prometheus_client", "paho", "click", "jinja2", "urllib.request", "sqlalchemy")


def test_default_sources_are_built_without_configuration(tmp_path):
    assert [source.name for source in build(DEFAULT, {}, around(tmp_path))] == list(DEFAULT)


def test_default_sources_load_nothing_heavy():
    program = (
        f"import sys; from edge_agent.sources import build; from tests.sources import around; import pathlib;"
        f"build({DEFAULT!r}, {{}}, around(pathlib.Path('.')));"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert run.stdout.strip() == "[]"


def test_the_control_a_heavy_source_does_load_its_library():
    program = "import sys; import edge_agent.sources.vda5050; print('paho' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert run.stdout.strip() == "True"


def test_two_sources_of_one_kind_have_names_of_their_own(tmp_path):
    tables = {
        "chat": {"kind": "openmetrics", "url": "http://127.0.0.1:9101/metrics", "counters": {"t_total": "dialog_turn"}},
        "openmetrics": {"url": "http://127.0.0.1:9100/metrics"},
    }
    assert [s.name for s in build(("system", "chat", "openmetrics"), tables, around(tmp_path))] == [
        "system",
        "chat",
        "openmetrics",
    ]


@pytest.mark.parametrize(
    ("names", "tables", "remedy"),
    [
        (["statds"], {}, "did you mean statsd"),
        (["x"], {}, "choose from"),
        (["../x"], {"../x": {"kind": "system"}}, "letters"),
        (["system"], {"statsd": {}}, "add statsd to enabled"),
        (["statsd"], {"statsd": {"prot": 1}}, "did you mean port"),
        (["statsd"], {"statsd": {"port": "8125"}}, "a whole number"),
        (["statsd"], {"statsd": {"port": 70_000}}, "outside"),
        (["statsd"], {"statsd": {"counters": {"a": "wakeup"}}}, "registry"),
        (["statsd"], {"statsd": {"counters": ["a"]}}, "table of rules"),
        (["statsd"], {"statsd": {"ignore": "a"}}, "list of texts"),
        (["statsd"], {"statsd": {"host": 1}}, "text in quotes"),
        (["local"], {"local": {"socket": 1}}, "path in quotes"),
        (["local"], {"local": {"mode": "rw"}}, "write 0660"),
        (["replay"], {}, "name the recording"),
        (["replay"], {"replay": {"file": "x", "loop": "yes"}}, "true or false"),
        (["ros2"], {"ros2": {"least": "bad"}}, "choose warn"),
        (["ros2"], {"ros2": {"throttle_ms": 10}}, "outside 1000"),
        (["openmetrics"], {}, "write http"),
    ],
)
def test_wrong_configuration_stops_with_one_line_that_says_the_remedy(tmp_path, names, tables, remedy):
    with pytest.raises(ConfigError, match=remedy) as caught:
        build(names, tables, around(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_documented_with_its_default(kind):
    section = DOCUMENT.split(f"\n## {kind}", 1)[1].split("\n## ", 1)[0]
    rows = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            name, default, *_ = (cell.strip() for cell in line.strip("|").split("|"))
            rows |= {name.strip("`"): default} if name.strip("`").isidentifier() else {}
    options = fields(import_module(f"edge_agent.sources.{kind}").Options)
    assert rows == {option.name: _shown(option) for option in options}


def _shown(option):
    if option.default is MISSING:
        return "see below" if option.default_factory() else "none"
    default = option.default
    if isinstance(default, tuple):
        return ", ".join(f"`{item}`" for item in default) or "none"
    text = f"{default:g}" if isinstance(default, float) else str(default)
    text = text.lower() if isinstance(default, bool) else text
    return f"`{text}`" if text not in {"", "."} else "none"


def test_an_option_is_read_as_its_type():
    options = parse(import_module("edge_agent.sources.ros2").Options, {"silent_s": 5, "throttle_ms": 2000}, "s")
    assert (options.silent_s, options.throttle_ms) == (5.0, 2000)
