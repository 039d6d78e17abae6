"""Every act that the audit log can hold has words."""

from collector.access.audit import TOLD
from collector.language import acts
from collector.language.catalogue import LANGUAGES
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


def test_what_an_act_is_about_is_named_only_by_what_the_log_writes_down():
    assert set(acts.ABOUT) - TOLD == {"id", "robot", "touched", "touched_of"} - TOLD
    assert acts.value(["a", "b"]) == "a b"
