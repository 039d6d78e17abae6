"""`make` on a machine without the right Python says what to install, and passes over one that does not run."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import ROOT
from tests.waiting import DEADLINE_S

TOOLS = ("make", "sh", "cksum", "cut", "rm", "touch", "grep", "sed", "expand")


@pytest.fixture
def machine(tmp_path):
    """A folder as PATH with the tools of any Unix, and a checkout with nothing but the Makefile."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"no {tool} here: apt-get install make coreutils")
        (programs / tool).symlink_to(found)
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(machine: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words],
        cwd=machine,
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def program(machine: Path, name: str, script: str) -> None:
    file = machine / "bin" / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_without_python_the_remedy_is_said(machine):
    refused = make(machine, "demo")
    assert refused.returncode != 0
    assert "apt-get install python3 python3-venv" in refused.stderr


def test_a_python_that_is_too_old_is_as_good_as_none(machine):
    program(machine, "python3", "exit 1")
    assert "No Python 3.11" in make(machine, "install").stderr


def test_a_placeholder_of_a_version_manager_is_passed_over(machine):
    program(machine, "python3.13", "echo 'not installed' >&2; exit 127")
    program(machine, "python3.11", 'test "$1" = -m && exit 1; echo "Python 3.11"')
    refused = make(machine, "install")
    assert "Making .venv with Python 3.11" in refused.stdout
    assert "python3.11 cannot make a virtual environment: apt-get install python3-venv" in refused.stderr


def test_help_names_every_word(machine):
    said = make(machine)
    assert said.returncode == 0
    assert {"make demo", "make test", "make check", "make bench", "make soak"} <= {
        line[:11].strip() for line in said.stdout.splitlines()
    }
