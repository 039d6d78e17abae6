"""A contact's language is any that can be written as a tag; a message goes by the nearest catalogue there is."""

import io

import pytest
from pydantic import ValidationError

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import rows
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.language import catalogue, pages
from tests.plain_facts import BASE

CONTACT = KINDS["contact"]
PERSON = {"id": "c-1", "account": "ACME", "name": "Director's office"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("zh", "zh"), ("en", "en"), ("", ""), ("ja", "ja"), ("PT-br", "pt-BR"), ("zh-hant-tw", "zh-Hant-TW"),
        (" de ", "de"), ("es-419", "es-419"), ("yue", "yue"),
    ],
)  # fmt: skip
def test_any_language_is_taken_and_written_as_the_standard_does(given, kept):
    assert CONTACT.adapter.validate_python({**PERSON, "language": given}).language == kept


@pytest.mark.parametrize("given", ["japanese", "z", "zh_CN", "zh-", "中文", "en US", "zh-toolongforone", "x" * 99])
def test_the_control_what_is_no_tag_is_refused(given):
    with pytest.raises(ValidationError):
        CONTACT.adapter.validate_python({**PERSON, "language": given})


@pytest.mark.parametrize("kept", ["zh", "en", ""])
def test_a_fact_of_an_older_release_opens_as_it_is(kept):
    body = CONTACT.dump(CONTACT.adapter.validate_python({**PERSON, "language": kept}))
    assert CONTACT.load(body).language == kept


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("中文", "zh"), ("汉语", "zh"), ("英语", "en"), ("EN", "en"), ("日语", "ja"), ("pt-br", "pt-BR"), ("", "")],
)
def test_a_file_says_it_by_its_name_or_by_its_tag(cell, kept):
    text = f"id,account,name,language\nc-1,ACME,Director,{cell}\nc-2,ACME,Other,no language\n"
    with rows.opened(io.BytesIO(text.encode()), (CONTACT.path, CONTACT.zh), None) as source:
        table = table_of(CONTACT, source, ReadingOptions(BASE))
        first, bad = list(table.facts)
    assert first.said.language == kept
    assert not hasattr(bad, "said"), "the control: what is neither is refused, by its row"


def test_a_message_goes_by_the_nearest_catalogue(monkeypatch):
    monkeypatch.setattr(catalogue, "LANGUAGES", ("en", "zh", "pt_BR"))
    asked = ("zh", "zh-Hant-TW", "ZH-cn", "en-GB", "pt-BR", "pt", "ja", "")
    assert [catalogue.nearest(tag) for tag in asked] == ["zh", "zh", "zh", "en", "pt_BR", None, None, None]


def test_a_browser_that_asks_for_a_region_gets_its_language():
    assert pages.preferred(None, "fr-CA, zh-Hant-TW;q=0.8, en;q=0.5") == "zh"
    assert pages.preferred(None, "fr-CA, ja;q=0.8") == "en", "the control: nothing of what it asks for is spoken"
