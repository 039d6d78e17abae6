"""The tutorial in docs/skills.md, done as it says: its own blocks of code, its own promises."""

import os
import re
import subprocess
import sys

import pytest

from opk_skills import new
from opk_skills.commands.making import opened
from opk_skills.lint import problems_of
from opk_skills.trial_run import Asked, tried
from tests import ROOT
from tests.waiting import DEADLINE_S

PAGE = (ROOT / "docs" / "skills.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(python|toml)\n(.*?)```", PAGE, re.DOTALL)
PROGRAM, TESTS = [text for kind, text in BLOCKS if kind == "python"]
(DECLARED,) = [text for kind, text in BLOCKS if kind == "toml"]
RUN = Asked(
    guests=2, say=("lift_boy&start",), slots=(), fail=0.0, seed=1, speed=50.0, place="hall", language="zh",
    settings=None,
)  # fmt: skip


def between(text, start, end):
    """Text before, and from `end` on; what lies between is the reader's to replace."""
    return text[: text.index(start)], text[text.index(end) :]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    into = tmp_path_factory.mktemp("tutorial")
    new.make("lift_boy", into)
    return into / "lift_boy"


def test_the_tutorial_does_what_it_says(folder):
    program = folder / "skill.py"
    before, after = between(program.read_text(encoding="utf-8"), "    @mission(", "    @on(")
    program.write_text(f"{before}{PROGRAM}\n{after}", encoding="utf-8")
    found = " ".join(map(str, problems_of(folder)))
    assert len(problems_of(folder)) == 4
    assert all(word in found for word in ("go_to", "lift_boy.ride", "point", "bye"))

    manifest = folder / "skill.toml"
    text = manifest.read_text(encoding="utf-8").replace("permissions = [", 'permissions = ["go_to", ')
    manifest.write_text(text[: text.index("[settings.properties.ask]")] + DECLARED, encoding="utf-8")
    texts = folder / "texts.json"
    said = texts.read_text(encoding="utf-8").replace('"hello": "Hello', '"bye": "Good-bye.",\n    "hello": "Hello')
    texts.write_text(said.replace('"hello": "您好', '"bye": "再见。",\n    "hello": "您好'), encoding="utf-8")
    assert problems_of(folder) == []

    became = tried(folder, RUN, opened)
    assert became["counted"]["lift_boy.ride"] == 2
    assert became["counted"]["plays"] == became["witnessed"]["plays"] == 4

    tests = folder / "test_lift_boy.py"
    head, _ = between(tests.read_text(encoding="utf-8"), "def test_", "def test_")
    tests.write_text(head + TESTS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder], capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout
