"""The agent's and the collector's copy of the log lines have one form: the one that docs/collector.md states."""

import json
import logging
import re
import sys
from pathlib import Path

import pytest

import collector.log
import edge_agent.log

DOCUMENT = Path(__file__).parents[2] / "docs" / "collector.md"
COPIES = pytest.mark.parametrize("copy", [edge_agent.log, collector.log], ids=["agent", "collector"])


def record(*, broken: bool = False) -> logging.LogRecord:
    failure = None
    if broken:
        try:
            int("数")
        except ValueError:
            failure = sys.exc_info()
    made = logging.LogRecord("some.module", logging.WARNING, "file.py", 1, "no %s there", ("broker",), failure)
    made.created = 1_800_000_000.25
    made.action, made.broker = "broker_lost", Path("/dev/主")  # a value that JSON does not know becomes its text
    return made


def documented_fields() -> list[str]:
    section = DOCUMENT.read_text().split("## Log lines")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)`", section, re.MULTILINE)


@COPIES
def test_a_json_line_has_the_documented_fields_in_their_order(copy):
    line = json.loads(copy.JsonLines().format(record(broken=True)))
    fields = list(line)
    assert fields == ["at", "level", "logger", "text", "action", "broker", "exception"]
    assert [field for field in fields if field != "broker"] == documented_fields()
    assert line["at"] == "2027-01-15T08:00:00.250+00:00"
    assert (line["level"], line["logger"], line["text"]) == ("warning", "some.module", "no broker there")
    assert line["broker"] == "/dev/主"
    assert line["exception"].endswith("'数'")


@COPIES
def test_a_text_line_has_time_level_text_and_fields(copy):
    line = copy.TextLines().format(record())
    assert re.fullmatch(r"\d\d:\d\d:\d\d warning no broker there  action=broker_lost  broker=/dev/主", line)


@pytest.mark.parametrize("form", ["JsonLines", "TextLines"])
@pytest.mark.parametrize("broken", [False, True])
def test_both_copies_write_the_same_line(form, broken):
    event = record(broken=broken)
    assert getattr(edge_agent.log, form)().format(event) == getattr(collector.log, form)().format(event)


@COPIES
@pytest.mark.parametrize(("form", "formatter"), [("json", "JsonLines"), ("text", "TextLines"), ("auto", "JsonLines")])
def test_the_setting_chooses_the_form(copy, form, formatter):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # `configure` closes what it finds: pytest's own stay out of it
    try:
        copy.configure("info", form)
        assert type(root.handlers[0].formatter) is getattr(copy, formatter)
    finally:
        root.handlers = handlers
        root.setLevel(level)
