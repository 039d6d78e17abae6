"""A touch with what follows from it: the call to action that it opens, the step of a playbook that it was.

One act, and one withdrawal (`ledger.withdraw_fact`) takes all of it back.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import WRITERS
from collector.accounts.ledger.kinds.registry import KINDS
from collector.context import Context
from collector.notifications import announcements
from collector.operations import ledger
from collector.operations.calls import own_csm
from collector.operations.ledger import FactAnswer
from collector.operations.operation import account_row, operation
from collector.success import acts, follow_ups
from collector.success.acts import ByHand
from collector.success.store import Updated
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NOTE_MAX_CHARS, TITLE_MAX_CHARS, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTouch:
    """`fields` are those of a Touch; the day may be left away: today, where the account is. `follow_up` "": nothing
    follows.

    `cta` with `step`: the step of its playbook that this was. Both, or neither.
    """

    fields: dict[str, Any]
    follow_up: str = ""
    follow_up_day: int | None = None
    cta: int | None = None
    step: int | None = None


@operation(roles=WRITERS, writes=True)
def log_touch(context: Context, wanted: LogTouch) -> FactAnswer:
    """Write a contact into the ledger, open its follow-up, tick its step off: all or none.

    Its CSM is who logs it, where none is named. The answer is the touch, with the call to action that follows.
    Refuses an unknown account or contact, a follow-up that stands already, a step of another account's call.
    """
    wanted = replace(wanted, follow_up=taken("follow_up", wanted.follow_up, TITLE_MAX_CHARS, may_be_empty=True))
    if wanted.follow_up and wanted.follow_up_day is None:
        reason = Sentence("{field}: {why}", field="follow_up_day", why=Sentence("a follow-up has no day"))
        raise Refusal(reason, "say by which day it is done", "unprocessable")
    if (wanted.cta is None) != (wanted.step is None):
        missing = "cta" if wanted.cta is None else "step"
        raise Refusal(
            Sentence("{missing}: it is missing", missing=missing),
            "name the call to action and its step, or neither",
            "unprocessable",
        )

    def change(connection: Connection) -> FactAnswer:
        fields = _fields(wanted, ledger.today_of(context, connection, wanted.fields["account"]))
        touch = ledger.said_within(context, connection, KINDS["touch"], fields)
        account_id = account_row(context, connection, touch["account"])
        opened = _follow(context, connection, wanted, account_id, touch["id"])
        _tick(context, connection, wanted, account_id, touch["id"])
        return {**touch, "follow_up": opened}

    return ledger.in_turn(context, change)


def _fields(wanted: LogTouch, today: int) -> dict[str, Any]:
    fields = {name: value for name, value in wanted.fields.items() if value is not None}
    occasion = "planned" if wanted.cta is None else "data_driven"
    summary = taken("summary", str(fields.get("summary", "")), NOTE_MAX_CHARS, may_be_empty=True)
    return {"day": today, "occasion": occasion, **fields, "summary": summary}


def _follow(context: Context, connection: Connection, wanted: LogTouch, account_id: int, touch: str) -> int | None:
    """The call to action that follows; told to who has it. Raises Refusal."""
    if not wanted.follow_up:
        return None
    by_hand = ByHand(account_id, wanted.follow_up, own_csm(context, connection), wanted.follow_up_day, touch=touch)
    opened = acts.add(connection, by_hand, *_who(context), context.policies.playbooks)
    if isinstance(opened, Refused):
        raise Refusal.of(opened)
    announcements.opened(connection, Updated((opened,)), context.now_s(), context.policies.playbooks)
    return opened


def _tick(context: Context, connection: Connection, wanted: LogTouch, account_id: int, touch: str) -> None:
    """Raises Refusal."""
    if wanted.cta is None or wanted.step is None:
        return
    if not follow_ups.belongs_to(connection, wanted.cta, account_id):
        remedy = Remedy(
            "list its own",
            f"cta list --account {wanted.fields['account']}",
            "GET /api/v1/ctas",
            f"/accounts/{wanted.fields['account']}",
        )
        raise Refusal(Sentence("call to action {cta} is none of this account", cta=wanted.cta), remedy, "not_found")
    refused = acts.finish(connection, wanted.cta, wanted.step, *_who(context), touch=touch)
    if refused is not None:
        raise Refusal.of(refused)


def _who(context: Context) -> tuple[str, int, str]:
    """Author, moment, and the time zone of an account without facts."""
    return context.caller.name, context.now_s(), context.settings.base_timezone
