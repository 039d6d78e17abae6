"""A file's encoding is shown by its bytes and its words, or named; it is never one that merely decodes."""

import io

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import encodings, rows
from collector.exchange.imports.encodings import CODECS, Undecided, encoding_of, named
from collector.exchange.imports.facts import ReadingOptions, table_of
from collector.exchange.imports.headings import is_chinese_heading
from collector.exchange.imports.problems import BadTable
from tests.plain_facts import BASE
from tests.unit.collector.exchange.names_by_encoding import READ, UNREAD

ACCOUNT = KINDS["account"]


def read(content, encoding=None, sheet=None):
    with rows.opened(io.BytesIO(content), ("accounts",), sheet, encoding=encoding) as source:
        names = [fact.said.name for fact in table_of(ACCOUNT, source, ReadingOptions(BASE)).facts]
        return source.encoding or source.sheet, names


def table(*names, head="id,name"):
    return head + "\n" + "".join(f"C-{n},{name}\n" for n, name in enumerate(names))


DECIDED = [
    ("gb18030", "编号,名称", ["酒店"]),  # by its heading
    ("gb18030", "id,name", ["北京市博物馆有限公司", "上海浦东丽思卡尔顿酒店"]),
    ("cp1252", "id,name", ["Müller GmbH", "Musée", "Köln"]),
    ("cp1252", "id,name", ["Müller £100"]),
    ("shift_jis", "id,name", ["東京タワー", "ホテル"]),
    ("big5", "id,name", ["台北故宮博物院", "飯店客戶有限公司"]),
    ("cp1251", "id,name", ["Москва", "Эрмитаж музей"]),
]


@pytest.mark.parametrize(("encoding", "head", "names"), DECIDED)
def test_an_encoding_whose_words_are_plausible_in_no_other_is_read_and_told(encoding, head, names):
    content = table(*names, head=head).encode(CODECS[encoding])
    assert read(content) == (encoding, names)
    assert read(content, encoding) == (encoding, names)


@pytest.mark.parametrize(("encoding", "head", "names"), DECIDED)
def test_control_without_the_test_of_words_nothing_is_decided(monkeypatch, encoding, head, names):
    monkeypatch.setattr(encodings, "PLAUSIBLE", dict.fromkeys(encodings.PLAUSIBLE, lambda _: True))
    monkeypatch.setattr(rows, "is_chinese_heading", lambda _: False)
    with pytest.raises(BadTable, match="the file's encoding cannot be told"):
        read(table(*names, head=head).encode(CODECS[encoding]))


@pytest.mark.parametrize(
    ("encoding", "names", "other", "said"),
    [
        ("euc_kr", ["한국"], "gb18030", "茄惫"),
        ("cp1252", ["Galerie Crème"], "cp1250", "Crčme"),
        ("cp1250", ["Dvořák Praha"], "cp1252", "Dvoøák"),
        ("big5", ["酒店"], "gb18030", "皊┍"),
        ("gb18030", ["模"], "utf-8", "ģ"),
    ],
)
def test_a_file_that_fits_two_encodings_with_different_text_is_asked_about(encoding, names, other, said):
    content = table(*names).encode(CODECS[encoding])
    if other == "gb18030" and encoding == "big5":
        assert read(content) == ("big5", names)
        return
    with pytest.raises(BadTable) as refused:
        read(content)
    assert f"as {other} it says {said!r}" in str(refused.value)
    assert f"as {encoding} it says" in str(refused.value)
    assert "name its encoding" in str(refused.value)
    assert read(content, encoding) == (encoding, names)


@pytest.mark.parametrize("text", ["Caffè è grande", "Москва", "¥1", "25°", "München", "酒店", "Ελλάδα"])
def test_utf_8_is_not_doubted_for_other_readings_of_its_bytes(text):
    assert encoding_of([text.encode()], is_chinese_heading) == "utf-8"


def test_a_word_that_two_pieces_of_the_file_cut_is_judged_whole():
    content = ("," * 10 + table("北京市博物馆有限公司", "上海浦东丽思卡尔顿酒店")).encode("gb18030")
    whole = encoding_of([content], is_chinese_heading)
    assert whole == "gb18030"
    for cut in range(1, len(content)):
        assert encoding_of([content[:cut], content[cut:]], is_chinese_heading) == whole


def test_bytes_that_are_no_text_anywhere_have_no_encoding():
    assert encoding_of([b"\x81\xff\x98\x81 \xff\xff"], is_chinese_heading) == Undecided()


def test_a_named_encoding_that_the_bytes_contradict_is_refused():
    muller = table("Müller").encode("cp1252")
    with pytest.raises(BadTable, match="not in utf-8: after line 0 stand bytes that are no text"):
        read(muller, "utf-8")
    with pytest.raises(BadTable, match=r"line 2 would hold U\+0080, which stands for nothing"):
        read(table("€ 5").encode("cp1252"), "latin-1")
    with pytest.raises(BadTable, match=r"line 3 would hold U\+E000"):
        read(table("x").encode() + b"C-9,\xaa\xa1\xaa\xa2\n", "gb18030")
    with pytest.raises(BadTable, match="begins with the mark of utf-8 and not of gb18030"):
        read(table("x").encode("utf-8-sig"), "gbk")
    with pytest.raises(BadTable, match="the encoding 'ebcdic' is not read here; name one of utf-8"):
        read(muller, "ebcdic")


def test_every_encoding_is_read_by_its_names():
    assert [named(word) for word in ("GBK", "windows-1252", "Shift-JIS", "latin1", "EUC-KR", "utf-8-sig", "x")] == [
        "gb18030", "cp1252", "shift_jis", "latin-1", "euc_kr", "utf-8", None
    ]  # fmt: skip
    for name in CODECS:
        text = table("cafe")
        assert read(text.encode(CODECS[name]), name) == (name, ["cafe"])


def test_a_hidden_sheet_is_passed_over_and_the_sheet_that_was_read_is_told():
    book = openpyxl.Workbook()
    hidden = book.active
    hidden.title = "old"
    for page, name in ((hidden, "Hidden"), (book.create_sheet("Kunden"), "Shown")):
        page.append(["id", "name"])
        page.append(["C-1", name])

    def content():
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    assert read(content()) == ("old", ["Hidden"])  # the control: it is not hidden yet
    hidden.sheet_state = "hidden"
    assert read(content()) == ("Kunden", ["Shown"])
    hidden.title = "accounts"  # called as the kind is
    assert read(content()) == ("Kunden", ["Shown"])
    hidden.sheet_state = "veryHidden"
    assert read(content()) == ("Kunden", ["Shown"])
    assert read(content(), sheet="accounts") == ("accounts", ["Hidden"])
    with pytest.raises(BadTable, match="a workbook has no encoding to name"):
        read(content(), "gbk")


UNREAD_FILES = [(codec, names) for codec, files in UNREAD.items() for names in files]
READ_FILES = [(name, names) for name, files in READ.items() for names in files]


@pytest.mark.parametrize(("codec", "names"), UNREAD_FILES)
def test_a_file_in_an_encoding_that_is_not_read_is_refused_with_the_remedy(codec, names):
    content = table(*names).encode(codec)
    with pytest.raises(BadTable, match=r"save the sheet as CSV UTF-8 or XLSX"):
        read(content)


@pytest.mark.parametrize(("encoding", "names"), READ_FILES)
def test_a_file_in_an_encoding_that_is_read_says_what_was_written(encoding, names):
    assert read(table(*names).encode(CODECS[encoding])) == (encoding, list(names))


def test_the_refusal_says_what_the_file_is_in_both_and_naming_the_encoding_reads_it():
    content = table("Köln").encode("mac_roman")
    with pytest.raises(BadTable) as refused:
        read(content)
    assert "as cp1252 it says 'Kšln', as Mac Roman it says 'Köln', and Mac Roman is not read here" in str(refused.value)
    assert read(content, "cp1252") == ("cp1252", ["Kšln"])


def test_control_without_rivals_such_a_file_is_read_as_another(monkeypatch):
    monkeypatch.setattr(encodings, "rival_of", lambda *_: None)
    assert read(table("Köln").encode("mac_roman")) == ("cp1252", ["Kšln"])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(UNREAD_FILES + [(CODECS[name], names) for name, names in READ_FILES]), st.data())
def test_no_choice_of_names_in_any_encoding_is_read_as_other_names(file, data):
    codec, pool = file
    names = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=8))
    found = encoding_of([table(*names).encode(codec)], is_chinese_heading)
    if isinstance(found, str):
        assert table(*names).encode(codec).decode(CODECS[found]) == table(*names)


def test_a_raised_digit_is_no_letter_of_another_encoding():
    found = encoding_of([table("100 m³").encode("cp1252")], is_chinese_heading)
    assert found == Undecided((("cp1252", "m³"), ("cp1250", "mł")))
