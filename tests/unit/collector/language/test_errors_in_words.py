"""What an error of a policy file, of a table that is too long, or of a cursor says is said in the reader's language."""

import re
from io import BytesIO

import pytest

from collector.exchange import spreadsheet
from collector.exchange.errors import ExchangeError
from collector.health.errors import PolicyInvalid
from collector.health.policy.editing import edited
from collector.health.policy.file import Policy
from collector.language import refusals
from collector.values import paging
from tests.policies import HEALTH

HAN = re.compile(r"[\u4e00-\u9fff]")
WORDS = re.compile(r"\b(is|its|are|not|there|write|value (?!=)|section)\b")
TEXT = HEALTH.text


def changed(pattern, to):
    text, n = re.subn(pattern, to, TEXT, count=1, flags=re.MULTILINE)
    assert n == 1, pattern
    return text


BAD = {
    "no toml": "x = = 1",
    "no section": "x = 1\n" + TEXT,
    "a strange section": TEXT + '\n[strange]\nx = { value = 1, unit = "1", reason = "r", source = "s" }\n',
    "a strange entry": changed(r"^grace_days", "grace"),
    "no number": changed(r"^(grace_days = \{ value = )[0-9.]+", r'\1"x"'),
    "negative": changed(r"^(grace_days = \{ value = )[0-9.]+", r"\1-1"),
    "no reason": changed(r"^(grace_days = \{ value = [0-9.]+, unit = )\"[^\"]*\"", r'\1""'),
    "no table": changed(r"^grace_days = .*$", "grace_days = 3"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_wrong_with_a_policy_is_said_in_chinese(bad):
    with pytest.raises(PolicyInvalid) as raised:
        Policy.load(BAD[bad])
    assert WORDS.search(str(raised.value)), "the control: it is English where nobody asks"
    said = refusals.known(raised.value.said, "zh")
    assert said is not None
    assert HAN.search(said)
    if bad != "no toml":  # the reader of TOML says in English where it stopped
        assert not WORDS.search(said), said


def test_a_number_that_no_form_can_replace_is_said_in_chinese():
    with pytest.raises(PolicyInvalid) as raised:
        edited(TEXT, {"nowhere.at_all": 1.0})
    assert HAN.search(refusals.known(raised.value.said, "zh"))


def test_a_table_that_is_too_long_for_a_sheet_is_said_in_chinese(monkeypatch):
    monkeypatch.setattr(spreadsheet, "ROWS_MAX", 3)
    book = spreadsheet.XlsxBook()
    with pytest.raises(ExchangeError) as raised:
        book.sheet("lines", ["n"], [[1], [2], [3], [4]])
    book.save(BytesIO())  # its file is closed by that
    assert refusals.known(raised.value.said, "zh") == "lines：一张工作表最多 2 行"


def test_a_cursor_of_another_list_is_said_in_chinese():
    with pytest.raises(paging.BadCursor) as raised:
        paging.read_cursor("x", int)
    assert HAN.search(refusals.known(raised.value.args[0], "zh"))
