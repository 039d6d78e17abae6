"""Workflows as people write them: what is refused and where, and what becomes of the rest."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from opk_skills.__main__ import cli
from opk_skills.catalogue import catalogue
from opk_skills.errors import WorkflowError
from opk_skills.package.canonical import decoded
from opk_skills.settings.values import misfits, with_defaults
from opk_skills.workflows.compiling import SCHEMA, compiled
from opk_skills.workflows.shipped import HERE, checked, scenes
from opk_skills.workflows.yaml_text import BYTES_MAX, DEPTH_MAX, NODES_MAX, read

RIGHT = """\
format: 1
scene: exhibition_hall
name: {en: Hall, zh: Hall}
home: portal&home
intents:
  - {intent: portal&home, priority: 3}
  - {intent: guide&start, priority: 2}
schedule:
  - {at: "09:30", intent: guide&start}
skills:
  guide: {questions: false}
"""


def problems(text):
    written = read(text.encode())
    if not written.problems:
        compiled(written, catalogue())
    return [(problem.line, problem.column, str(problem)) for problem in written.problems]


def test_what_is_right_becomes_the_settings_of_the_orchestrator_and_of_the_skills():
    written = read(RIGHT.encode())
    settings = compiled(written, catalogue())
    assert written.problems == []
    assert settings == {
        "workflow": {
            "home": {"intent": "portal&home", "skill": "portal"},
            "offers": [
                {"intent": "portal&home", "skill": "portal", "priority": 3},
                {"intent": "guide&start", "skill": "guide", "priority": 2},
            ],
            "schedule": [{"at": "09:30", "intent": "guide&start"}],
        },
        "guide": {"questions": False},
    }


@pytest.mark.parametrize("scene", scenes())
def test_each_workflow_that_ships_fits_the_settings_of_its_skills(scene):
    settings = checked(HERE / f"{scene}.yaml")[1]
    manifests = {skill.key: skill for skill in catalogue()}
    assert settings.keys() <= manifests.keys()
    for key, values in settings.items():
        assert misfits(manifests[key].settings, with_defaults(manifests[key].settings, values)) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "word"),
    [
        ("priority: 2", "priority: 7", 7, 27, "is above 3"),
        ("home: portal&home", "home: solicitor&home", 4, 1, "there is no skill solicitor"),
        ("intent: guide&start, priority", "intent: guide&fly, priority", 7, 5, "does not take guide&fly"),
        ('at: "09:30"', 'at: "29:30"', 9, 5, "from 00:00 to 23:59"),
        ('at: "09:30"', "at: 930", 9, 6, "string is expected"),
        ("questions: false", "questions: maybe", 11, 11, "boolean is expected"),
        ("questions: false", "question: false", 11, 11, "is no setting"),
        ("format: 1", "formal: 1", 1, 1, "is missing"),
        ("scene: exhibition_hall\n", "scene: exhibition_hall\nscene: ktv\n", 3, 1, "is there twice"),
        ("name: {en: Hall, zh: Hall}", "name: &n {en: Hall, zh: Hall}", 3, 7, "alias or anchor"),
        ("format: 1", "format: !!python/name:os.system 1", 1, 9, "a tag"),
        ("intents:", "intents: [", 7, 0, "is no YAML"),
        ("home: portal&home", "home: workflow&run", 4, 1, "there is no skill workflow"),
        ("portal&home, priority: 3", "portal&home, priority: 3, at_once: true", 4, 1, "is done at once"),
        ("scene: exhibition_hall\n", "scene: exhibition_hall\n²: 1\n", 3, 1, "is no setting"),
        ("priority: 2", "priority: " + "7" * 400, 7, 27, "no number"),
        ("priority: 2", "priority: " + "7" * 5000, 7, 27, "no number"),
        (", intent: guide&start}\nskills", ", intent: dance&start}\nskills", 9, 19, "nobody takes dance&start"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_column(old, new, line, column, word):
    assert old in RIGHT
    found = problems(RIGHT.replace(old, new, 1))
    assert any(word in told for _, _, told in found), found
    at = next((found_line, found_column) for found_line, found_column, told in found if word in told)
    assert at == (line, column) or (not column and at[0] >= 1), at


def test_two_skills_for_one_intent_and_priority_are_both_named():
    twice = RIGHT.replace(
        "schedule:", "  - {intent: guide&start, priority: 2, skill: lead}\nschedule:"
    )  # fmt: skip
    told = " ".join(text for _, _, text in problems(twice))
    assert "guide and lead take guide&start" in told


def test_texts_stay_texts():
    said = read(
        b'no: no\nday: 2026-01-02\nat: 09:30\noct: 0o17\nlong: 1_000\nquoted: "1"\nyes: true\nn: 7\nx: 1.5\nnone: ~\n'
    ).value
    assert said == {
        "no": "no", "day": "2026-01-02", "at": "09:30", "oct": 15, "long": "1_000", "quoted": "1", "yes": True, "n": 7,
        "x": 1.5, "none": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "bomb",
    [
        b"x: " + b"y" * BYTES_MAX,
        b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1),
        b"[" * 30_000,
        b"[" + b"a," * NODES_MAX + b"b]",
        b"a: &a [x]\nb: [*a, *a]\n",
        b"--- a\n--- b\n",
        b"x: 1e999\n",
        b"\xff\xfe",
        b"x: \x00",
    ],
)
def test_what_would_cost_too_much_or_mean_nothing_is_refused(bomb):
    assert read(bomb).problems


def test_the_schema_says_what_the_check_says():
    """Editors complete by it: every word of the check is in it, and the workflows that ship are."""
    for scene in scenes():
        value = read((HERE / f"{scene}.yaml").read_bytes()).value
        assert value.keys() <= SCHEMA["properties"].keys()
        assert set(SCHEMA["required"]) <= value.keys()


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(WorkflowError, match="cannot be read"):
        checked(tmp_path / "none.yaml")


def run(*words):
    return CliRunner().invoke(cli, list(words))


def test_the_command_checks_compiles_and_lists(tmp_path):
    file = tmp_path / "w.yaml"
    file.write_text(RIGHT)
    assert run("workflow", "check", str(file)).exit_code == 0
    assert run("lint", str(file)).exit_code == 0
    assert decoded(run("workflow", "compile", str(file)).stdout_bytes)["guide"] == {"questions": False}
    assert json.loads(run("workflow", "schema").output) == SCHEMA
    assert "ktv" in run("workflow", "list").output
    file.write_text(RIGHT.replace("priority: 2", "priority: 7"))
    assert isinstance(run("lint", str(file)).exception, WorkflowError)


def test_a_day_is_played_minute_by_minute():
    done = subprocess.run(
        [sys.executable, "-m", "opk_skills", "workflow", "play", HERE / "conference.yaml", "--hours", "2", "--json"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    played = json.loads(done.stdout)
    assert [row["clock"] for row in played["rows"]] == sorted(row["clock"] for row in played["rows"])
    assert {"portal", "checkin"} <= {row["skill"] for row in played["rows"] if row["did"] == "begun"}
    assert played["counted"]["check_in"] > 0
