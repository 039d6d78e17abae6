"""A third language is one folder with one catalogue in each part that speaks: nothing in the code names it."""

import json
import subprocess
import sys

import pytest

from collector.language.catalogue import LANGUAGES, SOURCE
from tests import third_language

SAYS = """
import json
from collector.language import cta, figures, signals
from typing import get_args
from collector.language.catalogue import LANGUAGES, Language, ngettext
from collector.notifications import notices
from collector.health.model import Cap
silent = Cap(code="SILENT", value=49, evidence={"messages": 4, "since_day": 20000})
print(json.dumps([list(LANGUAGES), signals.evidence_text(silent, {}, "el"), cta.of_list({"items": []}, "el"),
                  figures.short(1234.5, "el"), ngettext("el", "{n} day", "{n} days", 2), get_args(Language),
                  notices.trial().said["el"][0]]))
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    return third_language.spoken(tmp_path_factory.mktemp("code"))


def said_by(code, *arguments):
    done = subprocess.run([sys.executable, *arguments], cwd=code, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_a_third_language_is_said_by_one_catalogue(code):
    said = said_by(code, "-c", SAYS)
    assert said[0] == [SOURCE, *sorted({*LANGUAGES, "el"} - {SOURCE})]
    assert "el" not in LANGUAGES, "the control: without the folder nobody speaks it"
    assert said[1].startswith("‹4 messages since")
    assert said[2:4] == ["‹nothing to do›", "1.234,5"]
    assert said[4] == "2 days"  # no code says it: English stands in
    assert said[5] == said[0], "the API and the commands take it"
    assert said[6].startswith("‹"), "a notice is said in it"


def test_pages_commands_notices_and_the_robots_page_say_everything_in_it(code):
    assert said_by(code, "-m", "tests.third_language") == {}
    assert third_language.unbracketed("‹Owner ‹x›› Besitzer").strip() == "Besitzer", "the control: such a word is found"
