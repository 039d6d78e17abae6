"""Alarms of robots in the language that is asked for, read back from what ingest wrote."""

import re

import pytest

from collector.errors import ConfigurationError
from collector.fleet import licence_alarm
from collector.fleet.ahead import Ahead
from collector.ingest.rows.parked_counts import _detail
from collector.language import alarms, catalogue

HAN = re.compile(r"[\u4e00-\u9fff]")
SAID = {
    "licences_untold": licence_alarm.too_large(70_000),
    "two_epochs": "a1 and b2 take turns; a1 keeps the name r1 (if it is the copy, swap it with r1~b2aa)"
    "; b2 counts as r1~b2aa from now on",
    "went_back": "a1 went back from 9 to 4; nothing delivered is counted twice",
    "openings_lost": "faults of a lost part of its outbox may have opened more often than is counted: touch.bumper,"
    " a.b c and 2 more",
    "readings_refused": "230 readings refused from 2026-11-30 09:00 to 09:59, more than 100: a (name)"
    ", b (name) and 2 more",
    "ahead": str(Ahead(3, 9, None, "2026-11-30T09:00:00Z", "", "")),
    "absurd_counts": _detail(["dance 9000 (at most 12)", "tour 8 (at most 1)", "x 9 (at most 1)", "y 9 (at most 1)"]),
}


@pytest.mark.parametrize("kind", SAID)
def test_an_alarm_is_the_same_in_english_and_said_in_the_other_language(kind):
    text = SAID[kind]
    assert alarms.detail(kind, text, "en") == text
    said = alarms.detail(kind, text, "zh")
    assert HAN.search(said)
    numbers = re.findall(r"\d+", text)
    assert sorted(re.findall(r"\d+", said)) == sorted(numbers) or kind == "two_epochs"
    assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", said), said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_an_older_release_wrote_names_no_command_any_more(language):
    now = SAID["two_epochs"]
    before = now.replace("copy, swap it with r1~b2aa", "copy: collector robot swap r1~b2aa")
    assert before != now
    assert alarms.detail("two_epochs", before, language) == alarms.detail("two_epochs", now, language)


def test_the_control_a_text_of_no_form_is_shown_as_it_is():
    assert alarms.detail("went_back", "of a newer release", "zh") == "of a newer release"
    assert alarms.detail("absurd_counts", "of a newer release", "zh") == "of a newer release"


def test_what_is_said_of_a_move_is_a_form():
    moved = {licence_alarm.MOVED_EMPTY, licence_alarm.MOVED_UNTOLD}
    assert moved <= set(alarms.FORMS[licence_alarm.KIND])


def test_every_form_is_found_by_its_own_text():
    """A shorter form does not swallow a longer one."""
    for kind, forms in alarms.FORMS.items():
        for form in forms:
            text = form.format_map({name: f"v{name}" for name in re.findall(r"\{(\w+)\}", form)})
            translated = catalogue.gettext("zh", form)
            fixed = re.split(r"\{\w+\}", translated)
            assert all(part in alarms.detail(kind, text, "zh") for part in fixed), form


def test_a_wrong_setting_is_said_in_the_language_of_the_terminal():
    inner = ConfigurationError("names hosts twice")
    error = ConfigurationError("store: the address {what}: {form}", what=inner, form="x")
    assert str(error) == "store: the address names hosts twice: x"
    zh = catalogue.of_terminal({"LC_ALL": "", "LANG": "zh_CN.UTF-8"})
    assert HAN.search(catalogue.of_error(error, zh))
    assert "names" not in catalogue.of_error(error, zh)
    assert (catalogue.of_terminal({"LC_ALL": "C.UTF-8", "LANG": "zh_CN"}), catalogue.of_terminal({})) == ("en", "en")
