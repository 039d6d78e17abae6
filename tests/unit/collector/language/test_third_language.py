"""A third language is one folder with one catalogue: nothing in the code names it."""

import json
import shutil
import subprocess
import sys

import pytest

from collector.language.catalogue import LANGUAGES, SOURCE
from tests import ROOT, messages

SAYS = """
import json
from collector.language import cta, figures, signals
from typing import get_args
from collector.language.catalogue import LANGUAGES, Language, ngettext
from collector.notifications import notices
from collector.health.model import Cap
silent = Cap(code="SILENT", value=49, evidence={"messages": 4, "since_day": 20000})
print(json.dumps([list(LANGUAGES), signals.evidence_text(silent, {}, "eo"), cta.of_list({"items": []}, "eo"),
                  figures.short(1234.5, "eo"), ngettext("eo", "{n} day", "{n} days", 2), get_args(Language),
                  notices.trial().said["eo"][0]]))
"""


@pytest.fixture
def code(tmp_path):
    """A copy of the code with a catalogue of Esperanto, made on the fly: each message in angle brackets."""
    for package in ("collector", "protocol"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    catalogue = messages.extracted(messages.COLLECTOR)
    catalogue.locale = "eo"
    for one in catalogue:
        if one.id:
            one.string = f"‹{one.id}›" if isinstance(one.id, str) else tuple(f"‹{form}›" for form in one.id)
    folder = tmp_path / "collector/language/locale/eo/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "fleetward.mo").write_bytes(messages.compiled(catalogue))
    return tmp_path


def test_a_third_language_is_said_by_one_catalogue(code):
    done = subprocess.run([sys.executable, "-c", SAYS], cwd=code, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said[0] == [SOURCE, *sorted({*LANGUAGES, "eo"} - {SOURCE})]
    assert "eo" not in LANGUAGES, "the control: without the folder nobody speaks it"
    assert said[1].startswith("‹4 messages since")
    assert said[2:4] == ["‹nothing to do›", "1\u202f234,5"]
    assert said[4] == "2 days"  # no code says it: English stands in
    assert said[5] == said[0], "the API and the commands take it"
    assert said[6].startswith("‹"), "a notice is said in it"
