"""What is done from the pages of the skill store: each an operation, and back to its page, which says what was done."""

from typing import Any
from urllib.parse import quote, urlencode

from collector.calendar import days
from collector.operations import catalogue, entitlements, recalls, skill_review
from collector.operations.catalogue import ChangeListing, SetPrice
from collector.operations.entitlements import EndEntitlement, EndSeat, Entitle, NameSeat
from collector.operations.recalls import RecallPackage
from collector.operations.skill_review import ReviewSubmission
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.values.sentence import Sentence
from collector.web.api.routing import Call
from collector.web.errors import BadRequest
from collector.web.pages import shell, told
from collector.web.pages.forms import Fields
from collector.web.pages.skill_store import typed
from collector.web.pages.skill_store.recall import recall_address

FULL_COMMA = "\uff0c"  # as a Chinese keyboard writes it
_PARTS = ("once", "account", "robot", "seat")


def skill_address(skill: str) -> str:
    """A skill's page."""
    return f"/skills/catalogue/{quote(skill, safe='')}"


def account_address(account: str, **query: str) -> str:
    """An account's licences."""
    address = f"/accounts/{quote(account, safe='')}/licences"
    return f"{address}?{urlencode(query)}" if query else address


async def state_changed(call: Call, fields: Fields) -> str:
    """With the undo where the state before may follow again."""
    skill, wanted = typed.text_of(fields, "skill"), _state(fields, "state")
    before = _state(fields, "was")
    await call.do(catalogue.change_listing, ChangeListing(skill=skill, state=wanted))
    return told.at(call, skill_address(skill), did=wanted.value, was=before.value)


async def industries_changed(call: Call, fields: Fields) -> str:
    skill, words = typed.text_of(fields, "skill"), _listed(typed.text_of(fields, "industries"))
    await call.do(catalogue.change_listing, ChangeListing(skill=skill, industries=words))
    was = typed.text_of(fields, "was")
    return told.at(call, f"{skill_address(skill)}#industries", did="industries", was=was)


async def price_set(call: Call, fields: Fields) -> str:
    """The operation judges what the form says."""
    skill = typed.text_of(fields, "skill")
    from_day = typed.the_day(call, fields, "from_day", "price_first_day")
    price = {
        "currency": typed.said(call, fields, "currency", "price_currency").upper(),
        "trial_days": typed.whole(call, fields, "trial_days") or 0,
        "minimum": typed.amount(call, fields, "minimum") or "0", "charges": _charges(call, fields),
    }  # fmt: skip
    await call.do(catalogue.set_price, SetPrice(skill=skill, from_day=from_day, price=price))
    return told.at(call, f"{skill_address(skill)}#prices", did="priced")


async def recalled(call: Call, fields: Fields) -> str:
    """To the page that shows of each robot whether it is gone."""
    skill, digest = typed.text_of(fields, "skill"), typed.text_of(fields, "digest")
    begun = await call.do(recalls.recall_package, RecallPackage(skill=skill, digest=digest))
    return told.at(call, recall_address(skill, digest), told=str(begun.told))


async def entitled(call: Call, fields: Fields) -> str:
    """The undo ends it on the day before it began."""
    account = typed.text_of(fields, "account")
    wanted = Entitle(
        account=account, skill=typed.said(call, fields, "skill", "skill_name"), origin=_origin(fields),
        from_day=typed.the_day(call, fields, "from_day", "first_day"), to_day=typed.day_of(call, fields, "to_day"),
        contract_line=typed.text_of(fields, "contract_line") or None,
        robots_most=typed.whole(call, fields, "robots_most"),
    )  # fmt: skip
    made = await call.do(entitlements.entitle, wanted)
    said = {"did": "entitled", "what": made.skill, "day": made.from_day, "back": f"entitlement-{made.id}"}
    return told.at(call, account_address(account), **said)


async def entitlement_ended(call: Call, fields: Fields) -> str:
    """`undo`: it takes back what was only just given, so no reason is asked for."""
    account, undone = typed.text_of(fields, "account"), "undo" in fields
    why = (
        shell.words_of(call.request)("undo") if undone else typed.said(call, fields, "why", "end_why")
    )  # fmt: skip
    last = typed.the_day(call, fields, "last_day", "last_day")
    wanted = EndEntitlement(entitlement=typed.number(fields, "entitlement"), last_day=last, why=why)
    await call.do(entitlements.end_entitlement, wanted)
    return told.at(call, account_address(account), did="undone" if undone else "ended", day=days.iso(last))


async def seat_given(call: Call, fields: Fields) -> str:
    account = typed.text_of(fields, "account")
    wanted = NameSeat(
        account=account, skill=typed.said(call, fields, "skill", "skill_name"),
        holder=typed.said(call, fields, "holder", "seat_holder"),
        from_day=typed.the_day(call, fields, "from_day", "first_day"),
    )  # fmt: skip
    made = await call.do(entitlements.name_seat, wanted)
    said = {"did": "seated", "what": made.holder, "day": made.from_day, "back": f"seat-{made.id}"}
    return told.at(call, f"{account_address(account)}#seats", **said)


async def seat_taken(call: Call, fields: Fields) -> str:
    account = typed.text_of(fields, "account")
    last = typed.the_day(call, fields, "last_day", "last_day")
    await call.do(
        entitlements.end_seat, EndSeat(account=account, seat=typed.number(fields, "seat"), last_day=last)
    )  # fmt: skip
    did = "undone" if "undo" in fields else "unseated"
    return told.at(call, f"{account_address(account)}#seats", did=did, day=days.iso(last))


async def submission_approved(call: Call, fields: Fields) -> str:
    one = ReviewSubmission(submission=typed.number(fields, "submission"), reason=typed.text_of(fields, "reason"))
    await call.do(skill_review.approve_submission, one)
    return told.at(call, f"/skills/review/{one.submission}", did="approved")


async def submission_refused(call: Call, fields: Fields) -> str:
    why = typed.said(call, fields, "reason", "refuse_why")
    one = ReviewSubmission(submission=typed.number(fields, "submission"), reason=why)
    await call.do(skill_review.refuse_submission, one)
    return told.at(call, f"/skills/review/{one.submission}", did="refused")


async def submission_checked(call: Call, fields: Fields) -> str:
    submission = typed.number(fields, "submission")
    await call.do(skill_review.check_submission, submission)
    return told.at(call, f"/skills/review/{submission}", did="checked")


async def submission_taken_back(call: Call, fields: Fields) -> str:
    submission = typed.number(fields, "submission")
    await call.do(skill_review.take_back_submission, submission)
    return told.at(call, f"/skills/review/{submission}", did="taken_back")


def _state(fields: Fields, name: str) -> ListingState:
    found = next((one for one in ListingState if one.value == fields.get(name)), None)
    if found is None:
        raise BadRequest(Sentence("the form names no {part} of a skill", part=name), "send the page's own form")
    return found


def _origin(fields: Fields) -> EntitledBy:
    found = next((one for one in EntitledBy if one.value == fields.get("origin")), None)
    if found is None:
        raise BadRequest("the form does not say by what", "send the page's own form")
    return found


def _listed(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.replace(FULL_COMMA, ",").split(",")) if word]


def _charges(call: Call, fields: Fields) -> list[dict[str, Any]]:
    """Each field that holds an amount is a line on the bill, named in the language of who sets it."""
    words = shell.words_of(call.request)
    counting = "average" if fields.get("counting") == "average" else "peak"
    found: list[dict[str, Any]] = []
    for part in _PARTS:
        amount = typed.amount(call, fields, part)
        if not amount:
            continue
        one = {"name": words(f"line_{part}"), "amount": amount}
        if part == "once":
            found.append({"kind": "one_off", **one})
        else:
            found.append({"kind": "fixed", **one, "each": part, "counting": counting})
    unit, counter = typed.amount(call, fields, "use"), typed.text_of(fields, "counter")
    if unit and counter:
        tier = {"up_to": None, "unit": unit, "flat": "0"}
        use = {"kind": "use", "name": words("line_use"), "counter": counter, "per": 1, "mode": "graduated"}
        found.append({**use, "tiers": [tier]})
    return found
