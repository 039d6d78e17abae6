"""Something is added by the files that CONTRIBUTING.md names, at most four, and by no fewer."""

import json
import shutil
import subprocess
import sys

import pytest

from tests import ROOT
from tests.contributing import WALKS

FILES_MOST = 4
PACKAGES = ("collector", "edge_agent", "opk_skills", "protocol", "simulators", "tests")
ROW_OF = {
    "a measure": "| a measure |", "a route": "| a route |", "a command verb": "| a command verb |",
    "a sentence in a third language": "| a language |",
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("bench", "soak", "e2e"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("name", WALKS)
def test_it_is_added_by_the_files_that_are_named_and_by_no_fewer(copy, name):
    named = WALKS[name].edits
    assert len(named) <= FILES_MOST, f"{name} takes {len(named)} files"
    assert ROW_OF[name] in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.contributing", name], cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    wrong = json.loads(done.stdout)
    assert wrong.pop("") == "", "with all of them it is there, and the tests that it concerns pass"
    assert set(wrong) == set(named)
    assert all(wrong.values()), f"the control: without one of them it is not: {wrong}"
