"""Which files are taken, and under which name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.accounts import attachments
from collector.accounts.ledger.kinds.noted import ATTACHMENT_MAX_BYTES
from collector.values.refusal import Refused

PDF = b"%PDF-1.7\n"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("floor plan.PDF", "floor plan.pdf"),
        ("C:\\Users\\li\\合同 2026.docx", "合同 2026.docx"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202efdp.txt", "afdp.txt"),
        ('what "now"?.csv', "what _now__.csv"),
    ],
)
def test_a_name_loses_folders_and_what_deceives_and_keeps_its_words(given_name, kept):
    assert attachments.name_of(given_name) == kept


@pytest.mark.parametrize(
    "bad", ["plan", ".pdf", "run.exe", "page.html", "drawing.svg", "invoice.pdf.js", "", "con.txt", f"{'x' * 120}.pdf"]
)
def test_what_is_no_document_is_refused_with_what_is_taken(bad):
    refused = attachments.name_of(bad)
    assert isinstance(refused, Refused)
    assert refused.remedy


def test_a_file_is_what_its_name_says_and_no_larger_than_the_bound():
    assert attachments.complaint("a.pdf", PDF, 9) is None
    assert attachments.complaint("a.txt", "你好".encode(), 6) is None
    assert attachments.complaint("a.txt", "你好".encode("utf-16"), 6) is None
    for name, head, size, says in [
        ("a.pdf", b"<html><script>", 14, "does not begin as a .pdf"),
        ("a.png", PDF, 9, "does not begin as a .png"),
        ("a.txt", b"MZ\x90\x00\x03\x00", 6, "does not begin as a .txt"),
        ("a.pdf", b"", 0, "empty"),
        ("a.pdf", PDF, ATTACHMENT_MAX_BYTES + 1, "has 10485761 bytes"),
    ]:
        assert says in attachments.complaint(name, head, size).reason


@given(st.text(max_size=150), st.sampled_from(attachments.SUFFIXES))
def test_every_name_that_is_kept_is_one_name_of_a_taken_type_and_stays_as_it_is(stem, suffix):
    kept = attachments.name_of(f"{stem}.{suffix}")
    if isinstance(kept, Refused):
        return
    assert not set(kept) & set('/\\<>:"|?*')
    assert all(unicodedata.category(one)[0] != "C" for one in kept)
    assert kept.endswith(f".{suffix}")
    assert not kept.startswith(".")
    assert attachments.name_of(kept) == kept
