"""A refusal with values in it is said in the reader's language, with the values as they are."""

import copy
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.spelling import EMPTY_CELL
from collector.language import refusals, slots
from collector.language.pages import Words
from collector.values.refusal import Remedy
from collector.values.sentence import Sentence, one_after_the_other
from tests import messages, refusal_texts

COLLECTOR = Path(refusals.__file__).parents[1]


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (Sentence("there is no robot {name}", name="robot {7}"), "没有机器人 robot {7}"),
        (Sentence("there is no {kind} {id}", kind="promise", id="P-1"), "没有承诺 P-1"),
        (
            Sentence("{field}: {why}", field="due_day", why=Sentence("{day} is still to come", day="2026-12-04")),
            "到期日：2026年12月4日还未到",
        ),
        (
            Sentence("{field}: {why}", field="x_of_ours", why="words that nobody has translated"),
            "x_of_ours：words that nobody has translated",
        ),
        ("it was recalled", "已被召回"),
        (Sentence("{first}/{second}", first=1, second=2), "1/2"),  # nothing in it is to be translated
        (Sentence("--config {file} does not exist", file="x"), "--config x 不存在"),  # a word that Chinese keeps
        (Sentence("{id}: nobody has translated this", id=1), None),
        ("nobody has translated this", None),
    ],
)
def test_a_sentence_is_said_with_its_values(said, chinese):
    assert refusals.known(said, "zh") == chinese
    assert refusals.known(said, "en") == said.replace("2026-12-04", "4 Dec 2026")


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        (Sentence("a token with the role {held} may not do this", held="viewer"), "令牌的角色“只读用户”不能进行此操作"),
        (Sentence("use one of: {roles}", roles="admin, csm"), "请使用以下角色之一：管理员、客户成功经理"),
        (Sentence("use {bands}", bands="red, grey"), "可选：红、无分级"),
        (Sentence("{what} is still {undecided}", what="outcome", undecided="pending"), "结果仍为“待定”"),
        (Sentence("rollout {id} is {state}: it cannot be {wanted}", id=7, state="halted", wanted="running"),
         "版本发布 7 目前为“已中止”，不能改为“进行中”"),
        (Sentence("it was closed on {on} ({outcome})", on="2026-12-01", outcome="no_reply"),
         "该待办已于 2026年12月1日 关闭（无回复）"),
        (Sentence("{said!r} is no number", said="nope"), "“nope” 不是数字"),
        (Sentence("the form names no {part}", part="credit note"), "表单缺少“退款单”"),
        (Sentence("there is no {what} {word}", what="firmware", word="9"), "没有固件“9”"),
        (Sentence("use one of {robot_states}", robot_states="online, closed"), "可选：在线、非营业"),
        (Sentence("{value:.15g} is out of range", value=2.5), "2.5 超出范围"),
    ],
)  # fmt: skip
def test_a_slot_is_said_in_the_words_of_its_name(said, chinese):
    assert refusals.known(said, "zh") == chinese


def test_a_slot_that_no_vocabulary_has_stays_as_it_is_written():
    for name in slots.VOCABULARY:
        assert slots.said(name, "x_of_ours", "zh") == "x_of_ours"
        assert slots.said(name, "red", "en") == "red"


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


def of_the_code():
    """(place, text) of every text of a refusal that a page may show."""
    return [
        (f"{path.relative_to(COLLECTOR)}:{one.line}", one)
        for path in sorted(COLLECTOR.rglob("*.py"))
        if COLLECTOR / "web/api" not in path.parents  # no page says what it refuses
        for one in refusal_texts.of_source(path.read_text("utf-8"))
    ]


KNOWN, UNKNOWN = "it was recalled", "nobody has translated this"
LISTED = Remedy("list them", "export accounts", "GET /api/v1/accounts", "/accounts")


@pytest.mark.parametrize(
    ("reason", "remedy", "raw"),
    [
        (KNOWN, LISTED, ""),
        (KNOWN, UNKNOWN, f"{KNOWN}; {UNKNOWN}"),
        (UNKNOWN, LISTED, f"{UNKNOWN}; list them"),
        (UNKNOWN, UNKNOWN, f"{UNKNOWN}; {UNKNOWN}"),
    ],
)
def test_the_english_is_shown_where_either_half_of_it_has_no_words(reason, remedy, raw):
    found = refusals.shown(reason, remedy, "409", Words("zh"), links=True)
    assert found.raw == raw
    assert bool(found.reason) == (reason == KNOWN)
    usual = Words("zh")("problem_409_remedy")
    assert (found.remedy == usual) == (remedy == UNKNOWN)


def test_a_remedy_of_several_acts_is_said_whole_or_not_at_all():
    assert refusals.known_remedy(replace(LISTED, also=(LISTED,)), "zh") is not None
    for partly in (replace(LISTED, also=(UNKNOWN,)), replace(LISTED, also=(LISTED, Remedy(UNKNOWN)))):
        assert refusals.known_remedy(partly, "zh") is None
        found = refusals.shown(KNOWN, partly, "409", Words("zh"), links=True)
        assert (found.remedy, found.page) == (Words("zh")("problem_409_remedy"), ""), "no link without its words"


@pytest.mark.parametrize(("remedy", "links", "page"), [
    (LISTED, True, "/accounts"), (LISTED, False, ""), ("list them", True, ""),
    (replace(LISTED, text=UNKNOWN), True, ""),
])  # fmt: skip
def test_the_page_of_a_remedy_is_a_link_where_its_words_are_known(remedy, links, page):
    assert refusals.shown(KNOWN, remedy, "409", Words("zh"), links=links).page == page


def test_what_a_refusal_says_with_values_is_a_sentence():
    found = of_the_code()
    assert len(found) > 300
    assert [(place, one.text) for place, one in found if one.values] == []


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
    said = refusals.known(found.sentence, "zh")
    assert said == "第 3 行：日期：'soon' 不是日期；请写成 2026-05-01；内容：不能为空，请填写（合并单元格只填了首行）"


def test_every_literal_of_a_refusal_is_said_in_chinese():
    """The extraction skips what says a code: such a text is written without it, or as a Sentence with a slot."""
    found = of_the_code()
    assert [(place, one.text) for place, one in found if messages.says_a_code(one.text)] == []
    assert [(place, one.text) for place, one in found if refusals.known(one.text, "zh") is None] == []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('raise Refusal(f"there is no {x}", "look", "not_found")', {"f'there is no {x}'", "look"}),
        ('Refused("no", f"use {x}", "invalid")', {"no", "f'use {x}'"}),
        ('Refused(Sentence("no {x}", x=x), Remedy("do", f"cta {x}"), "invalid")', {"do"}),
        ('def f():\n    why = f"{x} is bad"\n    raise Refusal(why, "a" if x else _B, "invalid")\n_B = "b"',
         {"f'{x} is bad'", "a", "b"}),
        ('def f(x):\n    why, do = ("a", "b") if x else _C\n    return Refused(why, do, "invalid")\n_C = ("c", "d")',
         {"a", "b", "c", "d"}),
        ('_WHY = {"x": ("a", "b")}\ndef f(x):\n    raise Refusal(_WHY[x][0], _WHY[x][1], "invalid")', {"a", "b"}),
        ('def no(why):\n    raise Refusal(why, "b", "invalid")\nno("a")\nno(why=f"{x}")', {"a", "b", "f'{x}'"}),
        ('yield Complaint("due_day", "is over", "give another")', {"is over", "give another"}),
        ('raise Refusal(*found, "unprocessable")', set()),
        ('log.info("a code_word")', set()),
    ],
)  # fmt: skip
def test_the_control_a_text_of_a_refusal_is_found_through_names_and_choices(source, texts):
    assert {one.text for one in refusal_texts.of_source(source)} == texts
