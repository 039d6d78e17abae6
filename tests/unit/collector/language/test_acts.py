"""Every act that the audit log can hold has words."""

import ast

import pytest

from collector.access.audit import TOLD
from collector.access.caller import COMMAND_LINE, THE_CLOCK
from collector.language import act_facts, acts, people
from collector.language.catalogue import LANGUAGES
from collector.operations import sign_in
from tests import ROOT
from tests.unit.collector.test_doors import operations

BY_ITSELF = {
    "begin_session": "its row says signed_in", "check_code": "a try", "check_password": "a try",
    "sign_out": "asked by the process", "key_of_sessions": "asked by the process", "claim_deliveries": "a job",
    "prune_deliveries": "a job", "settle_deliveries": "a job", "close_due_days": "a job", "cut_wal": "a job",
    "remove_old_rows": "a job", "follow_moves": "a job", "renew_licences": "a job", "keep_completeness": "a job",
    "follow_repository": "a job", "probe_store": "a job", "migrate_store": "it makes the log",
    "advance_rollouts": "a job", "watch_drift": "a job", "preview_workbook": "changes nothing that stays",
}  # fmt: skip
"""Operation that writes and is noted -> why nobody's act is called so."""


def unnamed(known):
    acting = {name for name, one in operations().items() if one.writes and one.noted and one.needs_store}
    return acting - set(known) - set(BY_ITSELF)


def test_every_operation_that_changes_something_is_an_act_with_words_in_every_language():
    assert unnamed(acts.ACTS) == set()
    for key in acts.ACTS:
        said = {language: acts.act(key, language) for language in LANGUAGES}
        assert len(set(said.values())) == len(LANGUAGES), key
    assert unnamed(set(acts.ACTS) - {"hand_over"}) == {"hand_over"}, "the control: an act without words is found"


def noted_by_name():
    """Acts that are written down under a name of their own, as literals beside `audit.note` or in a table of it."""
    found = set()
    for path in (ROOT / "collector/operations").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.note":
                found |= {one.value for one in node.args[2:3] if isinstance(one, ast.Constant)}
    return found | set(sign_in._ACTS.values())


def test_an_act_that_is_noted_under_a_name_of_its_own_has_words_too():
    assert {"signed_in", "robot_paired", "took_invitation"} <= noted_by_name(), "the control"
    assert noted_by_name() - set(acts.ACTS) == set()


def test_what_an_act_is_about_is_named_in_words_as_far_as_the_log_writes_it_down():
    assert set(act_facts.ABOUT) == TOLD | {"id", "robot", "touched", "touched_of"}
    assert act_facts.value(["a", "b"]) == "a b"


@pytest.mark.parametrize(
    ("name", "said", "in_english", "in_chinese"),
    [
        ("due_day", 20_423, "1 Dec 2025", "2025年12月1日"), ("first", "2025-12-01", "1 Dec 2025", "2025年12月1日"),
        ("kind", "contact", "Contacts", "联系人"), ("table", "contacts", "Contacts", "联系人"),
        ("kind", "none of ours", "", ""), ("roles", ["csm", "admin"], "CSM, administrator", "客户成功经理、管理员"),
        ("approve", True, "yes", "是"), ("do", "put", "put on", "安装"), ("origin", "trial", "to try", "试用"),
        ("state", "withdrawn", "withdrawn", "已下架"), ("role", "targets", "", ""), ("account", "ACME", "", ""),
        ("cta", 7, "", ""), ("id", 20_423, "", ""), ("language", "zh", "中文", "中文"),
        ("outcome", "resolved", "resolved", "已解决"),
    ],
)  # fmt: skip
def test_a_value_is_a_word_or_a_day_of_the_language_or_stands_as_an_id(name, said, in_english, in_chinese):
    assert [act_facts.word(name, said, language) for language in ("en", "zh")] == [in_english, in_chinese]


def test_who_is_no_person_and_no_token_is_named_in_words():
    assert set(people.NOBODYS) == {THE_CLOCK.name, COMMAND_LINE.name}
    said = [people.who(name, language) for name in (THE_CLOCK.name, "Anna") for language in ("en", "zh")]
    assert said == ["clock", "系统自动", "Anna", "Anna"]
