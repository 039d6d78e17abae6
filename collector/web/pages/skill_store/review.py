"""Review: packages that wait for people, and one with all that its reviewer must know; who may say what of it."""

from typing import Any
from urllib.parse import urlencode

from collector.access.caller import REVIEWERS, SEES_FLEET
from collector.language import names, skill_sheet
from collector.language import skill_review as sentences
from collector.language import skill_store as store_sentences
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words
from collector.operations import skill_review
from collector.operations.skill_review import ListSubmissions, SubmissionSheet, SubmissionShown
from collector.skillstore.review.reach import ReachChange
from collector.skillstore.review.submission import OPEN, CheckOutcome, SubmissionState
from collector.web.api.routing import Call
from collector.web.pages import shown, told
from collector.web.pages.skill_store.acts import skill_address
from collector.web.pages.told import Toast

ROWS_SHOWN = 50
HERE = "/skills/review"
_CLOSED = (
    SubmissionState.PUBLISHED, SubmissionState.REFUSED, SubmissionState.TAKEN_BACK, SubmissionState.REPLACED,
)  # fmt: skip
_CHANGES = (
    "permissions_added", "permissions_dropped", "counters_added", "counters_raised", "counters_dropped",
    "intents_added", "intents_dropped",
)  # fmt: skip
_WIDENS = frozenset({"permissions_added"})


async def reviews_page(call: Call, words: Words) -> dict[str, Any]:
    """What is open, or of one state; the newest first. A publisher sees what it submitted itself."""
    query, language = call.request.query, words.language
    state = next((one for one in _CLOSED if one.value == query.get("state")), None)
    cursor = query.get("cursor") or None
    found = await call.do(
        skill_review.list_submissions, ListSubmissions(state=state, limit=ROWS_SHOWN, cursor=cursor)
    )  # fmt: skip
    said = len(found.items) if state is None and not found.next and not cursor else None
    kept = {} if state is None else {"state": state.value}
    return {
        "sentence": words("reviews_note") if said is None else sentences.waiting(said, language),
        "note": "" if said is None else words("reviews_note"),
        "views": [
            {"href": HERE, "text": words("review_open"), "count": None, "current": state is None},
            *(
                {
                    "href": f"{HERE}?state={one.value}", "text": sentences.state(one.value, language), "count": None,
                    "current": one is state,
                }
                for one in _CLOSED
            ),
        ],
        "is_open": state is None,
        "rows": [_row(one, language) for one in found.items],
        "first": _address(kept) if cursor else "",
        "following": _address({**kept, "cursor": found.next}) if found.next else "",
    }  # fmt: skip


async def submission_page(call: Call, words: Words) -> dict[str, Any]:
    """One submission. One of somebody else's is not there for its publisher."""
    sheet = await call.do(skill_review.one_submission, call.number("submission"))
    one, language, change = sheet.submission, words.language, sheet.change
    is_open = one.state in OPEN
    return {
        **_row(one, language),
        "id": one.id,
        "sentence": sentences.sentence(
            one.state.value, one.approvals, sheet.reviews_needed, is_first=change is not None and change.is_first,
            widens=sheet.widens or change is None, language=language,
        ),
        "reason": one.reason,
        "is_open": is_open,
        "no_review": _no_review(call, sheet, language) if is_open else "",
        "may": sheet.may,
        "checks": None if sheet.checks is None else [_check(each, language) for each in sheet.checks],
        "changes": None if change is None else _changes(change, words),
        "permissions": [skill_sheet.permission(key, language) for key in sheet.permissions],
        "counters": [
            skill_sheet.counter_most(words.counter(key), most, language) for key, most in sheet.counters.items()
        ],
        "has_reach": sheet.checks is not None,
        "notes": [
            {
                "lang": words.language_tag(each), "head": words.language_name(each),
                "text": getattr(one, f"notes_{each}", ""),
            }
            for each in LANGUAGES
        ],
        "reviews": [
            {
                "said": sentences.verdict(
                    each.verdict.value, each.person, shown.moment(each.at, call.now_s, words), language
                ),
                "kind": "good" if each.verdict.value == "approve" else "bad", "reason": each.reason,
            }
            for each in sheet.reviews
        ],
        "needed": sentences.approvals(one.approvals, sheet.reviews_needed, language) if is_open else "",
        "package": {
            "appid": one.appid, "release": words.number(one.release), "sha256": one.sha256,
            "size": store_sentences.megabytes(one.bytes, language),
        },
        "skill_href": skill_address(one.skill) if one.state is SubmissionState.PUBLISHED and
        call.caller.may(SEES_FLEET) else "",
        "toast": _toast(call, language),
    }  # fmt: skip


def _row(one: SubmissionShown, language: str) -> dict[str, Any]:
    return {
        "href": f"{HERE}/{one.id}", "skill": one.skill, "version": one.version, "publisher": one.publisher,
        "state": sentences.state(one.state.value, language), "look": sentences.KINDS.get(one.state.value, ""),
        "submitter": one.submitter, "at": one.submitted_at, "approvals": one.approvals,
    }  # fmt: skip


def _check(one: CheckOutcome, language: str) -> dict[str, Any]:
    problems = [names.of(each, language) for each in one.problems]
    return {
        "name": sentences.check(one.check, language), "passed": one.passed,
        "found": sentences.found(len(problems), language), "problems": problems,
    }  # fmt: skip


def _changes(change: ReachChange, words: Words) -> list[dict[str, Any]]:
    """What makes two people look at it comes first, and is marked."""
    language, found = words.language, []
    if change.is_first:
        found.append({"text": sentences.becomes("first", language), "widens": True})
    if change.becomes_orchestrator:
        found.append({"text": sentences.becomes("orchestrator", language), "widens": True})
    if change.becomes_unreadable and not change.is_first:
        found.append({"text": sentences.becomes("unreadable", language), "widens": True})
    for key, (before, after) in change.limits_raised.items():
        found.append({"text": sentences.limit_raised(key, before, after, language), "widens": True})
    for key in _CHANGES:
        what = [_named(key, one, words) for one in getattr(change, key)]
        if what:
            found.append({"text": sentences.change(key, what, language), "widens": key in _WIDENS})
    return found or [{"text": sentences.becomes("nothing", language), "widens": False}]


def _named(key: str, one: str, words: Words) -> str:
    if key.startswith("permissions"):
        return skill_sheet.permission(one, words.language)
    return words.counter(one) if key.startswith("counters") else one


def _no_review(call: Call, sheet: SubmissionSheet, language: str) -> str:
    """Why the reader may not approve it; "" where they may."""
    if sheet.no_review is None:
        return ""
    if sheet.is_own:
        return sentences.no_review("own", language)
    is_program = call.caller.person_id is None and call.caller.may(REVIEWERS)
    return sentences.no_review("nobody" if is_program else sheet.no_review, language)


def _toast(call: Call, language: str) -> Toast | None:
    done = told.of(call)
    return done.toast(sentences.done(done.get("did", ""), language))


def _address(kept: dict[str, str]) -> str:
    return f"{HERE}?{urlencode(kept)}" if kept else HERE
