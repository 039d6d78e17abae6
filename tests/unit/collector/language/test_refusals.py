"""A refusal with values in it is said in the reader's language, with the values as they are."""

import ast
import copy
import pickle
from pathlib import Path

import pytest

from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.spelling import EMPTY_CELL
from collector.language import refusals
from collector.language.pages import Words
from collector.values.sentence import Sentence, one_after_the_other

COLLECTOR = Path(refusals.__file__).parents[1]
REFUSES = {"Refused", "Refusal", "Remedy", "StoreRefusal", "Complaint", "Unprocessable", "NotFound", "BadRequest"}


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (Sentence("there is no robot {name}", name="robot {7}"), "没有机器人 robot {7}"),
        (Sentence("there is no {kind} {id}", kind="promise", id="P-1"), "没有承诺 P-1"),
        (
            Sentence("{field}: {why}", field="due_day", why=Sentence("{day} is still to come", day="2026-12-04")),
            "到期日：2026-12-04 还未到",
        ),
        (
            Sentence("{field}: {why}", field="x_of_ours", why="words that nobody has translated"),
            "x_of_ours：words that nobody has translated",
        ),
        ("it was recalled", "已被召回"),
        (Sentence("{id}: nobody has translated this", id=1), None),
        ("nobody has translated this", None),
    ],
)
def test_a_sentence_is_said_with_its_values(said, chinese):
    assert refusals.known(said, "zh") == chinese
    assert refusals.known(said, "en") == said


def test_a_sentence_is_its_english_text_and_stays_one_when_it_is_copied():
    said = Sentence("{why} (and {more} more)", why=Sentence("{author} did it", author="Li"), more=2)
    assert said == "Li did it (and 2 more)"
    for again in (copy.deepcopy(said), pickle.loads(pickle.dumps(said))):
        assert again == said
        assert refusals.known(again, "zh") == refusals.known(said, "zh") == "该操作由 Li 完成（另有 2 处）"


def test_what_no_catalogue_has_is_shown_as_the_program_says_it():
    given = Sentence("{id}: nobody has translated this", id=1)
    found = refusals.shown(given, "look", "409", Words("zh"), links=False)
    assert found.reason == ""
    assert found.raw.startswith("1: nobody has translated this")


def texts_with_values(source):
    """(line, text) of what a refusal says by an f-string: no catalogue can find it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in REFUSES:
            for given in node.args[: 1 if ast.unparse(node.func) == "Remedy" else 3]:
                if any(isinstance(part, ast.JoinedStr) for part in [given, *ast.iter_child_nodes(given)][:4]) and not (
                    isinstance(given, ast.Call)
                ):
                    yield node.lineno, ast.unparse(given)


def test_what_a_refusal_says_with_values_is_a_sentence():
    found = [
        f"{path.relative_to(COLLECTOR)}:{line}: {text}"
        for path in sorted(COLLECTOR.rglob("*.py"))
        if COLLECTOR / "web/api" not in path.parents  # no page says what it refuses
        for line, text in texts_with_values(path.read_text("utf-8"))
    ]
    assert found == []


def test_the_control_a_text_with_values_is_found():
    assert list(texts_with_values('raise Refusal(f"there is no {x}", "look", "not_found")'))
    assert list(texts_with_values('Refused("no", f"use {x}", "invalid")'))
    assert not list(texts_with_values('Refused(Sentence("no {x}", x=x), Remedy("do", f"cta {x}"), "invalid")'))


def test_a_bad_row_of_a_file_is_said_in_the_readers_language():
    cell = Sentence("{cell} is not a day; write it as 2026-05-01", cell="'soon'")
    wrong = [
        Sentence("{field}: {why}", field="day", why=cell),
        Sentence("{field}: {why}", field="text", why=EMPTY_CELL),
    ]
    found = BadRow(3, one_after_the_other(wrong))
    assert str(found) == (
        "row 3: day: 'soon' is not a day; write it as 2026-05-01; text: it is empty; fill it (a merged cell fills only"
        " its first row)"
    )
    said = refusals.known(found.said, "zh")
    assert said == "第 3 行：日期：'soon' 不是日期；请写成 2026-05-01；内容：不能为空，请填写（合并单元格只填了首行）"
