"""What is written in the audit log, in people's words: the act, and what it was about."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from collector.language.catalogue import deferred_in, pgettext

ACTS: Mapping[str, str] = MappingProxyType(
    {
        "abort_rollout": deferred_in("act", "aborted a rollout"),
        "accept_document": deferred_in("act", "handed in a signed document of the repository"),
        "add_channel": deferred_in("act", "added a channel of notices"),
        "add_cta": deferred_in("act", "opened a call to action"),
        "add_person": deferred_in("act", "invited somebody"),
        "add_webhook": deferred_in("act", "added a webhook"),
        "answer_rollout": deferred_in("act", "answered a rollout"),
        "approve_submission": deferred_in("act", "approved a submitted package"),
        "assign_cta": deferred_in("act", "assigned a call to action"),
        "attach": deferred_in("act", "attached a file"),
        "begin_next_wave": deferred_in("act", "began the next wave of a rollout"),
        "begin_second_factor": deferred_in("act", "began a second factor"),
        "change_language": deferred_in("act", "changed the own language"),
        "change_listing": deferred_in("act", "changed a listing of the skill store"),
        "change_password": deferred_in("act", "changed the own password"),
        "change_person": deferred_in("act", "changed somebody’s roles or accounts"),
        "change_view": deferred_in("act", "changed a saved view"),
        "check_submission": deferred_in("act", "checked a submitted package again"),
        "clear_alarm": deferred_in("act", "cleared an alarm"),
        "close_calls": deferred_in("act", "closed the calls of an account"),
        "close_cta": deferred_in("act", "closed a call to action"),
        "close_days": deferred_in("act", "closed days"),
        "close_skill_bills": deferred_in("act", "closed the bills of skills"),
        "confirm_clock": deferred_in("act", "confirmed the clock"),
        "confirm_second_factor": deferred_in("act", "set a second factor up"),
        "contest_bill_line": deferred_in("act", "contested a line of a bill"),
        "correct_fact": deferred_in("act", "corrected a fact"),
        "create_fact": deferred_in("act", "wrote a fact"),
        "create_token": deferred_in("act", "made a token"),
        "decide_credit_note": deferred_in("act", "decided a credit note"),
        "delete_view": deferred_in("act", "deleted a saved view"),
        "disable_person": deferred_in("act", "disabled somebody"),
        "drop_second_factor": deferred_in("act", "took somebody’s second factor away"),
        "enable_person": deferred_in("act", "enabled somebody again"),
        "end_entitlement": deferred_in("act", "ended an entitlement"),
        "end_fact": deferred_in("act", "ended a fact"),
        "end_seat": deferred_in("act", "ended a seat"),
        "end_session": deferred_in("act", "ended a session"),
        "entitle": deferred_in("act", "gave an entitlement"),
        "finish_task": deferred_in("act", "finished a step"),
        "first_link": deferred_in("act", "made the first administrator’s link"),
        "found_repository": deferred_in("act", "founded the repository of skills"),
        "hand_over": deferred_in("act", "handed an account over"),
        "hold_alarm": deferred_in("act", "opened an alarm again"),
        "import_table": deferred_in("act", "imported a table"),
        "import_usage": deferred_in("act", "imported usage"),
        "import_workbook": deferred_in("act", "imported a workbook"),
        "issue_repository": deferred_in("act", "renewed the repository’s signatures"),
        "keep_promise": deferred_in("act", "kept a promise"),
        "link_identity": deferred_in("act", "linked a company’s account"),
        "link_person": deferred_in("act", "made a new link for somebody"),
        "log_touch": deferred_in("act", "logged a touch"),
        "name_seat": deferred_in("act", "named a seat"),
        "offer_pairing": deferred_in("act", "made a code for pairing a robot"),
        "pause_rollout": deferred_in("act", "paused a rollout"),
        "ping_webhook": deferred_in("act", "tried a webhook"),
        "propose_credit_note": deferred_in("act", "proposed a credit note"),
        "publish_skill": deferred_in("act", "put a skill on robots"),
        "put_back_fact": deferred_in("act", "put back what was withdrawn"),
        "put_desired": deferred_in("act", "wished something of a robot"),
        "recall_package": deferred_in("act", "recalled a skill package"),
        "redeliver": deferred_in("act", "delivered again"),
        "refuse_parked_count": deferred_in("act", "refused a parked count"),
        "refuse_submission": deferred_in("act", "refused a submitted package"),
        "release_parked_count": deferred_in("act", "released a parked count"),
        "remove_channel": deferred_in("act", "removed a channel of notices"),
        "remove_second_factor": deferred_in("act", "took the own second factor away"),
        "remove_webhook": deferred_in("act", "removed a webhook"),
        "renew_recovery_codes": deferred_in("act", "made new recovery codes"),
        "reopen_promise": deferred_in("act", "opened a promise again"),
        "resend_notice": deferred_in("act", "sent a notice again"),
        "restore_view": deferred_in("act", "restored a saved view"),
        "resume_rollout": deferred_in("act", "resumed a rollout"),
        "retry_rollout": deferred_in("act", "tried a rollout again"),
        "revoke_token": deferred_in("act", "revoked a token"),
        "save_view": deferred_in("act", "saved a view"),
        "see_mention": deferred_in("act", "saw a mention"),
        "set_custom_value": deferred_in("act", "set a field of one’s own"),
        "set_price": deferred_in("act", "set a price"),
        "settle_bill_dispute": deferred_in("act", "settled a dispute of a bill"),
        "signed_in": deferred_in("act", "signed in"),
        "snooze_calls": deferred_in("act", "snoozed the calls of an account"),
        "snooze_cta": deferred_in("act", "snoozed a call to action"),
        "stage_package": deferred_in("act", "handed in a skill package"),
        "start_backtest": deferred_in("act", "started a back-test"),
        "start_closing": deferred_in("act", "started a closing"),
        "start_rollout": deferred_in("act", "started a rollout"),
        "submit_package": deferred_in("act", "submitted a package for review"),
        "swap_twins": deferred_in("act", "chose which of two machines keeps a name"),
        "take_back_calls": deferred_in("act", "opened the calls of an account again"),
        "take_back_cta": deferred_in("act", "opened a call to action again"),
        "take_back_publishing": deferred_in("act", "took back what was put on robots or taken off"),
        "take_back_rollout": deferred_in("act", "took a rollout back"),
        "take_back_submission": deferred_in("act", "took back a submitted package"),
        "try_channel": deferred_in("act", "tried a channel of notices"),
        "undo_import": deferred_in("act", "took an import back"),
        "unlink_company": deferred_in("act", "unlinked the company’s account"),
        "unsee_mention": deferred_in("act", "marked a mention as not seen"),
        "use_link": deferred_in("act", "opened a one-time link"),
        "withdraw_days": deferred_in("act", "withdrew closed days"),
        "withdraw_fact": deferred_in("act", "withdrew a fact"),
    }
)
"""Operation, as it stands in the log -> what somebody did."""

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "account": deferred_in("act", "account"),
        "accounts": deferred_in("act", "accounts"),
        "channel": deferred_in("act", "channel"),
        "counter": deferred_in("act", "counter"),
        "day": deferred_in("act", "day"),
        "due_day": deferred_in("act", "due"),
        "expires_days": deferred_in("act", "days valid"),
        "first": deferred_in("act", "from"),
        "id": deferred_in("act", "number"),
        "import_id": deferred_in("act", "import"),
        "kind": deferred_in("act", "kind"),
        "language": deferred_in("act", "language"),
        "last": deferred_in("act", "to"),
        "notice": deferred_in("act", "notice"),
        "outcome": deferred_in("act", "outcome"),
        "owner": deferred_in("act", "owner"),
        "parked": deferred_in("act", "parked count"),
        "person": deferred_in("act", "person"),
        "robot": deferred_in("act", "robot"),
        "role": deferred_in("act", "role"),
        "roles": deferred_in("act", "roles"),
        "session": deferred_in("act", "session"),
        "step": deferred_in("act", "step"),
        "table": deferred_in("act", "table"),
        "token": deferred_in("act", "token"),
        "touched": deferred_in("act", "robots changed"),
        "touched_of": deferred_in("act", "of"),
        "until_day": deferred_in("act", "until"),
    }
)
"""What an act named -> its word; what is not here is called as the log has it."""


_SHOWN = 20


def act(key: str, language: str) -> str:
    """An act of an older release as its words."""
    return pgettext(language, "act", ACTS[key]) if key in ACTS else key.replace("_", " ")


def about(key: str, language: str) -> str:
    return pgettext(language, "act", ABOUT[key]) if key in ABOUT else key.replace("_", " ")


def value(said: Any) -> str:
    """Of many, the first ones and how many more there are: the log has them all."""
    if not isinstance(said, list):
        return str(said)
    more = len(said) - _SHOWN
    return " ".join([*(str(one) for one in said[:_SHOWN]), *([f"+{more}"] if more > 0 else [])])
