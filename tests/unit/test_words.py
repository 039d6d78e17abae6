"""One thing has one Chinese word: the table in ARCHITECTURE.md holds over all that people read."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import headings
from collector.exchange.imports.fields import fields_of
from protocol.counters import COUNTERS, FAMILIES
from tests import ROOT, messages
from tests.unit.test_messages import _forms, _tables

HEAD = "### What they are called in Chinese"
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]")

TIGHT = re.compile(r"[\u4e00-\u9fff][0-9A-Za-z]|[0-9A-Za-z][\u4e00-\u9fff]")
HAN = "[\u4e00-\u9fff]"
DAY = r"\{(?:day|month|today|[a-z]+_day)\}"
NUMBER = r"\{(?:n|count|amount|percent|share)\}"
LOOSE_DAY = re.compile(rf"{HAN} {DAY}|{DAY} {HAN}")
TIGHT_NUMBER = re.compile(rf"{HAN}{NUMBER}|{NUMBER}{HAN}")


def table() -> list[tuple[str, str, list[str]]]:
    """English, Chinese, patterns of what it is not called."""
    rows = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split(HEAD)[1].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| ")][1:]
    return [(english, chinese, re.findall(r"`(.*?)`", other)) for english, chinese, other in cells]


def texts() -> Iterator[tuple[str, str]]:
    """Every Chinese text, with where it stands."""
    for domain in messages.DOMAINS:
        for one in messages.read(domain.locales / "zh" / "LC_MESSAGES" / f"{domain.name}.po"):
            yield from ((f"{domain.name}: {one.id}", text) for text in _forms(one.string) if one.id)
    for path in _tables():
        yield from ((path.name, zh) for _, zh in messages.pairs(tomllib.loads(path.read_text(encoding="utf-8"))))
    for named in (*COUNTERS.values(), *FAMILIES.values(), *KINDS.values()):
        yield named.key, named.zh
    for name in sorted({name for kind in KINDS.values() for name in fields_of(kind)}):
        yield f"heading of {name}", headings.label(name)[1]


def complaints(said: list[tuple[str, str]]) -> list[str]:
    found = [f"{where}: {word} is called {chinese}: {text}" for english, chinese, other in table()
             for word in other for where, text in said if re.search(word, text)]  # fmt: skip
    return found + [f"{where}: half-width mark: {text}" for where, text in said if HALF_WIDTH.search(text)]


def spaced_otherwise(said: list[tuple[str, str]]) -> list[str]:
    """Texts that stand closer to a figure, or further from a day, than ARCHITECTURE.md says."""
    return [f"{where}: {text}" for where, text in said
            if TIGHT.search(text) or TIGHT_NUMBER.search(text) or LOOSE_DAY.search(text)]  # fmt: skip


def test_figures_and_days_are_spaced_in_one_way():
    assert spaced_otherwise(list(texts())) == []


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("最多5年", True), ("最多 5 年", False), ("自 {day} 起", True), ("自{day}起", False), ("共{n} 台", True),
        ("共 {n} 台", False), ("至 {to_day} 为止", True), ("TOML文件", True), ("{family}故障", False),
    ],
)  # fmt: skip
def test_a_space_that_is_missing_or_too_much_is_found(text, is_wrong):
    """The control of the test above."""
    assert bool(spaced_otherwise([("here", text)])) is is_wrong


def test_nothing_is_called_by_another_word_than_the_table_says():
    said = list(texts())
    assert len(said) > 2000
    assert complaints(said) == []


def test_every_word_of_the_table_is_said():
    everything = "\n".join(text for _, text in texts())
    assert [chinese for _, chinese, _ in table() if chinese not in everything] == []


@pytest.mark.parametrize(
    ("text", "says"), [("西瓜客户", 1), ("联系代理商", 0), ("本机的代理", 1), ("已入库,其余等待", 1)]
)
def test_a_word_of_another_kind_is_found(text, says):
    """The control of the tests above."""
    assert len(complaints([("here", text)])) == says


def test_no_english_term_and_no_chinese_word_stands_twice():
    english = [one for one, _, _ in table()]
    assert english == sorted(english, key=str.lower)
    assert len(english) == len(set(english))
