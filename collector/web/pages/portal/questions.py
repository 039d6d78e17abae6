"""What a customer is asked about a version of a skill, and its word on it."""

from typing import Any
from urllib.parse import urlencode

from collector.access.caller import APPROVERS
from collector.language import figures
from collector.language import rollouts as sentences
from collector.language.pages import Words
from collector.operations.rollout_answers import AnswerRollout, RolloutQuestion, answer_rollout, rollout_questions
from collector.web.api.routing import Call
from collector.web.errors import BadRequest
from collector.web.pages.forms import Fields

NUMBER_MAX_CHARS = 18  # what the store can compare


async def asked(call: Call, words: Words, account: str) -> dict[str, Any]:
    """The panel of questions; none where nobody asks."""
    found = await call.do(rollout_questions, account)
    return {"questions": [_shown(one, words) for one in found], "may_answer": call.caller.may(APPROVERS)}


async def rollout_answered(call: Call, fields: Fields) -> str:
    """A customer's word on a version, from its own page or a colleague's view of it; it may be changed while asked."""
    account, number = fields.get("account", ""), fields.get("rollout", "")
    if not number.isdecimal() or len(number) > NUMBER_MAX_CHARS or fields.get("approves") not in {"yes", "no"}:
        raise BadRequest("the answer cannot be read", "send the page's own form")
    wanted = AnswerRollout(rollout=int(number), account=account, approves=fields["approves"] == "yes")
    await call.do(answer_rollout, wanted)
    return f"/portal/skills?{urlencode({'account': account})}#questions"


def _shown(one: RolloutQuestion, words: Words) -> dict[str, Any]:
    language = words.language
    said = {None: "", True: "approved_said", False: "not_approved_said"}[one.approves]
    return {
        "rollout": one.rollout, "answered": words(said) if said else "", "approves": one.approves,
        "sentence": sentences.question(
            words.skill_name(one.skill), one.version, one.robots,
            figures.iso_day(one.until, language) if one.until else "", language,
        ),
    }  # fmt: skip
