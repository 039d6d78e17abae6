"""What the agent raises or is told in English, in the language that is asked for."""

import ast
import re
from pathlib import Path

import pytest

import collector
import edge_agent
from edge_agent import config
from edge_agent.errors import ConfigError
from edge_agent.status import catalogue, said, why
from edge_agent.status.pin import Pins
from edge_agent.uplink import desired

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    "flags", [{"robot": "中 文"}, {"mqtt_url": "http://x"}, {"window_s": "7"}, {"window_s": "x"}, {"log_level": "loud"}]
)
def test_a_wrong_setting_is_said_in_both_languages(flags):
    with pytest.raises(ConfigError) as raised:
        config.load(flags, {})
    error = raised.value
    assert catalogue.sentence("en", error.sentence) == str(error)
    assert HAN.search(catalogue.sentence("zh", error.sentence))
    assert catalogue.sentence("zh", catalogue.unpacked(error.sentence.packed())) == catalogue.sentence(
        "zh", error.sentence
    )


@pytest.mark.parametrize("weak", ["1", "111111"])
def test_a_pin_that_is_not_taken_is_said_in_both_languages(tmp_path, weak):
    with pytest.raises(ConfigError) as raised:
        Pins.of(tmp_path).set(weak)
    assert catalogue.sentence("en", raised.value.sentence) == str(raised.value)
    assert HAN.search(catalogue.sentence("zh", raised.value.sentence))


def test_a_pin_that_cannot_be_kept_is_said_in_both_languages(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigError) as raised:
        Pins(tmp_path / "file").set("314159")
    assert str(raised.value) == f"{tmp_path / 'file'}: File exists: run it as the agent's user"
    assert HAN.search(catalogue.sentence("zh", raised.value.sentence))


def test_a_refused_document_is_said_in_both_languages():
    refused = desired.judge(b'{"v": 1, "revision": 1, "skills": [], "settings": 3}', None)
    assert str(refused.reason) == "settings: an object was expected"
    assert why.told(refused.reason.packed(), str(refused.reason), "zh") == "settings：应为对象"
    assert why.told(None, "of an older agent", "zh") == "of an older agent"


def test_what_the_collector_says_is_said_by_its_word():
    assert said.alarm("went_back: a1 went back", "en") == "went_back: a1 went back"
    assert HAN.search(said.alarm("went_back: a1 went back", "zh"))
    assert said.collectors_refusal("novel: unheard of", "zh") == "novel: unheard of"


@pytest.mark.parametrize(("package", "name"), [(edge_agent, "ConfigError"), (collector, "ConfigurationError")])
def test_every_wrong_setting_has_a_literal_that_the_catalogue_finds(package, name):
    """An f-string would be found by nobody, and stay English."""
    wrong = []
    for path in sorted(Path(package.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_one = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
            if is_one and not (node.args and isinstance(node.args[0], ast.Constant)):
                wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []
