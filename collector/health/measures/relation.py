"""Relationship, voice and value (D1 to E3): raw values from the ledger. Pure; nothing dated after T counts."""

from typing import TYPE_CHECKING

from collector.accounts import objectives
from collector.accounts.contracts import terms
from collector.accounts.ledger.view import AccountLedger
from collector.health.measures.conversation import Conversation, survey_day
from collector.health.measures.measure import Measure
from collector.health.model import AccountInputs, Reading

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy

COMPANY_POLICY = "company_policy"  # may not speak for anybody: says nothing about us
_NPS_STEP = 10.0
_CSAT_LOW, _CSAT_SPAN = 1, 4
_POINTS = 100.0
_TWO = 2.0  # contacts: without a sponsor more are worth no more


def d1(inputs: AccountInputs, said: Conversation, policy: "Policy", source_day: int | None) -> Reading:
    """Days since a person of the customer's was in contact, over the cadence; never yet: since the first robot."""
    if source_day is None:
        return Reading(measure="D1", value=None, state="na", why="no_source")
    cadence = inputs.cadence_days or policy.contacts.cadence_days
    last = next((each for each in reversed(said.replies) if each.fact == "touches"), None)
    since = _begun(inputs.ledger, inputs.day, said) if last is None else last.day
    if since is None:
        return Reading(measure="D1", value=None, state="na", why="no_deployment")
    ago = inputs.day - since
    detail = {"last_day": since if last else None, "cadence_days": cadence, "touches": [last.id] if last else []}
    return Reading(
        measure="D1", value=ago / cadence, count=float(ago), exposure=cadence, newest_day=source_day, detail=detail
    )


def _begun(ledger: AccountLedger, day: int, said: Conversation) -> int | None:
    """Since when somebody could have been in contact."""
    began = [terms.first_deployed(ledger, day), ledger.account.signed_day]
    began += [each.day for each in said.outreach[:1]]
    return min((each for each in began if each is not None and each <= day), default=None)


def active_contacts(ledger: AccountLedger, said: Conversation, day: int, since_days: int) -> dict[str, int]:
    """Contacts with whom we spoke in the days up to `day`, with the newest day; also those who have left since."""
    known = {each.id for each in ledger.contacts if each.since_day is None or each.since_day <= day}
    found: dict[str, int] = {}
    for each in said.replies:
        if each.contact in known and day - since_days < each.day <= day:
            found[each.contact or ""] = each.day
    return found


def gone_day(ledger: AccountLedger, contact: str, day: int) -> int | None:
    """Since when that contact cannot be reached; None: it can, on `day`."""
    person = next((each for each in ledger.contacts if each.id == contact), None)
    if person is None:
        return None
    return min(
        (each for each in (person.left_day, person.bounced_day) if each is not None and each <= day), default=None
    )


def d2(inputs: AccountInputs, said: Conversation, policy: "Policy", source_day: int | None) -> Reading:
    """Contacts with whom we spoke lately and who are still there. `count`: what they weigh together, by their roles;
    without a sponsor among them no more than two.
    """
    if source_day is None:
        return Reading(measure="D2", value=None, state="na", why="no_source")
    ledger, day = inputs.ledger, inputs.day
    if not ledger.contacts:
        return Reading(measure="D2", value=None, state="na", why="not_recorded")
    spoken = active_contacts(ledger, said, day, policy.contacts.active_days)
    here = sorted(each for each in spoken if gone_day(ledger, each, day) is None)
    role_of = {each.id: each.role for each in ledger.contacts}
    roles = [role_of[each] for each in here]
    weight = sum(policy.contacts.role_weights[role] for role in roles)
    if "sponsor" not in roles:
        weight = min(weight, _TWO)
    detail = {"contacts": here, "roles": sorted(set(roles)), "weight": round(weight, 2)}
    return Reading(measure="D2", value=float(len(here)), count=weight, newest_day=source_day, detail=detail)


def d3(inputs: AccountInputs, said: Conversation, policy: "Policy", source_day: int | None) -> Reading:
    """Answered over sent, messages and surveys, drawn to one half by one answer and one silence."""
    if source_day is None:
        return Reading(measure="D3", value=None, state="na", why="no_source")
    since_day = inputs.day - policy.response.days
    sent = [each for each in said.outreach if each.day > since_day]
    if not sent:
        return Reading(measure="D3", value=None, state="na", why="nothing_sent")
    answered = sum(each.answered_day is not None for each in sent)
    prior = policy.response.prior
    detail = {
        "touches": [each.id for each in sent if each.answered_day is None and each.fact == "touches"],
        "surveys": [each.id for each in sent if each.answered_day is None and each.fact == "surveys"],
    }
    return Reading(
        measure="D3",
        value=(answered + prior) / (len(sent) + 2 * prior),
        count=float(answered),
        exposure=float(len(sent)),
        newest_day=source_day,
        detail=detail,
    )


def d4(inputs: AccountInputs, policy: "Policy") -> Reading:
    """Planned reviews held over those due in the last year."""
    day = inputs.day
    since_day = day - policy.reviews.days
    due = [each for each in inputs.ledger.reviews if since_day < each.due_day <= day]
    if not due:
        return Reading(measure="D4", value=None, state="na", why="none_due")
    missed = [each.id for each in due if each.held_day is None or each.held_day > day]
    held = len(due) - len(missed)
    return Reading(
        measure="D4", value=held / len(due), count=float(held), exposure=float(len(due)), newest_day=day,
        detail={"reviews": [each.id for each in due], "missed_reviews": missed},
    )  # fmt: skip


def e1(inputs: AccountInputs, policy: "Policy") -> Reading:
    """The newest answer as points, decayed to neutral. Not answering is counted in D3, not here."""
    day = inputs.day
    asked = [each for each in inputs.ledger.surveys if each.day <= day]
    if not asked:
        return Reading(measure="E1", value=None, state="na", why="never_asked")
    answers = [(when, each) for each in asked if (when := survey_day(each, day)) is not None]
    if not answers:
        return Reading(measure="E1", value=None, state="na", why="never_answered")
    newest = max(when for when, _ in answers)
    last = [each for when, each in answers if when == newest]
    points = sum(_survey_points(each.kind, each.score or 0) for each in last) / len(last)
    neutral = policy.voice.neutral
    value = neutral + (points - neutral) * 0.5 ** ((day - newest) / policy.voice.half_life_days)
    detail = {"surveys": sorted(each.id for each in last), "points": points}
    return Reading(measure="E1", value=value, newest_day=newest, detail=detail)


def _survey_points(kind: str, score: int) -> float:
    """NPS 0-10 and CSAT 1-5 on one scale, 0 to 100."""
    if kind == "nps":
        return min(_POINTS, score * _NPS_STEP)
    return max(0.0, min(_POINTS, (score - _CSAT_LOW) / _CSAT_SPAN * _POINTS))


def e2(inputs: AccountInputs) -> Reading:
    """Objectives on track over those that can be judged."""
    if not any(each.from_day <= inputs.day for each in inputs.ledger.objectives):
        return Reading(measure="E2", value=None, state="na", why="no_objectives")
    days = tuple(each for each in (*inputs.older, *inputs.days) if each.day <= inputs.day)
    found = objectives.on_track(inputs.ledger.objectives, days, inputs.day)
    if not found.judged:
        return Reading(measure="E2", value=None, state="na", why="not_arrived" if found.progress else "no_objectives")
    judged = {each.objective.id: each.status for each in found.progress if each.status in objectives.JUDGED}
    behind = sorted(name for name, status in judged.items() if status in ("behind", "missed"))
    newest = max((each.day for each in days if each.heard), default=None)
    return Reading(
        measure="E2",
        value=found.share,
        count=float(found.on_track),
        exposure=float(found.judged),
        newest_day=newest,
        detail={"objectives": sorted(judged), "objectives_behind": behind},
    )


def e3(inputs: AccountInputs, policy: "Policy") -> Reading:
    """Asked to speak for us: 100 where the newest answer was yes, 0 where it was no."""
    day, since = inputs.day, inputs.day - policy.voice.advocacy_days
    answers: list[tuple[int, str, float, str]] = []
    for each in inputs.ledger.references:
        answered = each.outcome_day if each.outcome_day is not None else each.asked_day
        outcome = each.outcome
        if answered > day:  # a later outcome has not come; an earlier acceptance stands
            if each.accepted_day is None or each.accepted_day > day:
                continue
            answered, outcome = each.accepted_day, "accepted"
        if since < answered and outcome != "pending" and not (outcome != "accepted" and each.reason == COMPANY_POLICY):
            answers.append((answered, each.id, _POINTS if outcome == "accepted" else 0.0, "references"))
    answers += [
        (each.opened_day, each.id, _POINTS, "opportunities")
        for each in inputs.ledger.opportunities
        if each.kind == "referral" and since < each.opened_day <= day
    ]
    if not answers:
        return Reading(measure="E3", value=None, state="na", why="never_asked")
    newest = max(answers)
    return Reading(measure="E3", value=newest[2], newest_day=newest[0], detail={newest[3]: [newest[1]]})


MEASURES = (
    Measure(
        "D1", lambda of: d1(of.inputs, of.said, of.policy, of.contacts_day), ages_with="contacts", is_lower_better=True
    ),
    Measure("D2", lambda of: d2(of.inputs, of.said, of.policy, of.contacts_day), ages_with="contacts"),
    Measure("D3", lambda of: d3(of.inputs, of.said, of.policy, of.contacts_day), ages_with="contacts"),
    Measure("D4", lambda of: d4(of.inputs, of.policy)),
    Measure("E1", lambda of: e1(of.inputs, of.policy)),
    Measure("E2", lambda of: e2(of.inputs), ages_with="telemetry"),  # robots' counters move objectives, where agreed
    Measure("E3", lambda of: e3(of.inputs, of.policy)),
)
