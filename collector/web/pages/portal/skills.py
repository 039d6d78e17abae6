"""A customer's skills: by scene what each brings and costs; one skill on each robot; what would happen, before it does.

The skill's page is the dry run for all robots: of each it says that it runs, how far it has come, or why it cannot
get it and who must act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from aiohttp import web

from collector.access.caller import CHOOSERS
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.skills.tracking import RobotSkills
from collector.language import figures, skills
from collector.language import skill_store as sentences
from collector.language.pages import Words
from collector.operations import catalogue, entitlements, skill_publishing, skill_take_back
from collector.operations.catalogue import BrowseCatalogue, ListingShown
from collector.operations.entitlements import EntitlementShown
from collector.operations.portal import PortalSheet
from collector.operations.skill_publishing import SkillOnRobots
from collector.operations.skill_take_back import TakeBackPublishing
from collector.operations.skills import SkillsOfAccount, skills_of_account
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.skillstore.publishing.plan import Act, PlannedRobot, PublishingPlan
from collector.values.refusal import Refused
from collector.web.api.routing import Call
from collector.web.errors import BadRequest, Unprocessable, problem_of
from collector.web.pages import shell, skill_texts, told
from collector.web.pages.forms import sent
from collector.web.pages.portal import frame, home, questions
from collector.web.pages.told import Toast, Undo

ROBOTS_SHOWN = 100
SENT_MAX = 1_000  # robots that the form of a dry run names; of more it says all
UNDO_ROBOTS_MAX = 50  # that an address can name
_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class OwnSkill:
    """What the account may do with one skill today. `robots_most` None: all of its robots; `until` "": it goes on."""

    robots_most: int | None
    until: str
    is_trial: bool


async def skills_page(call: Call, words: Words) -> dict[str, Any]:
    """The catalogue by scene, and what of it the account has."""
    sheet = await frame.sheet_of(call)
    robots = (await _skills_on(call, sheet.account)).items
    own = own_skills(await call.do(entitlements.entitlements_of_account, sheet.account))
    offered = await _offered(call)
    chosen = call.request.query.get("scene", "")[:_NAME_MAX]
    scenes = sorted({scene for one in offered for scene in one.scenes})
    kept = {"account": sheet.account} if frame.wanted(call) is not None else {}
    shown = [one for one in offered if not chosen or chosen in one.scenes]
    framed = frame.framed(call, words, sheet.account, sheet.name, sheet.accounts)
    known = {one.skill for one in offered}
    others = sorted(({each.skill for one in robots for each in one.skills if each.wished_package} | set(own)) - known)
    return {
        **framed,
        **await questions.asked(call, words, sheet.account),
        "has_any": bool(offered),
        "sentence": sentences.own_sentence(sum(one.skill in own for one in offered), len(offered), words.language),
        "scenes": skill_texts.segment(scenes, chosen, f"/portal/skills?{urlencode({**kept, 'scene': ''})}", words),
        "offered": [
            {
                "href": f"/portal/skills/{quote(one.skill, safe='')}{framed['kept']}",
                "name": skill_texts.name_of(one, words),
                "version": one.versions[0].version if one.versions else "",
                "text": skill_texts.text_of(one, words),
                "scenes": skill_texts.scenes_of(one, words),
                "price": skill_texts.price_of(one.price, words),
                "is_own": one.skill in own,
                "have": _have(own.get(one.skill), sheet, words),
                "on": _on(one.skill, robots, words),
            }
            for one in shown
        ],
        "others": [
            {
                "href": f"/portal/skills/{quote(key, safe='')}{framed['kept']}",
                "name": words.skill_name(key),
                "on": _on(key, robots, words),
            }
            for key in others
        ],
    }  # fmt: skip


async def skill_page(call: Call, words: Words) -> dict[str, Any]:
    """One skill on every robot of the account. Raises the Problem of one that is not offered and not on a robot."""
    sheet, skill = await frame.sheet_of(call), call.request.match_info["skill"]
    page = await _skills_on(call, sheet.account, call.request.query.get("cursor"))
    own = own_skills(await call.do(entitlements.entitlements_of_account, sheet.account))
    listing = await _listing(call, skill, is_known=skill in own or _is_on(skill, page.items))
    may_choose = call.caller.may(CHOOSERS)
    planned: Mapping[str, PlannedRobot] = {}
    if may_choose and listing is not None and listing.versions and page.items:
        plan = await call.do(
            skill_publishing.try_skill,
            SkillOnRobots(
                account=sheet.account, skill=skill, do="put", robots=tuple(one.robot for one in page.items)
            ),
        )  # fmt: skip
        planned = {one.robot: one for one in plan.robots}
    framed = frame.framed(call, words, sheet.account, sheet.name, sheet.accounts)
    places = _places(sheet)
    address = f"/portal/skills/{quote(skill, safe='')}"
    following = urlencode({"account": sheet.account, "cursor": page.next}) if page.next else ""
    return {
        **framed,
        "skill": skill,
        "named": skill if listing is None else skill_texts.name_of(listing, words),
        "text": "" if listing is None else skill_texts.text_of(listing, words),
        "scenes": "" if listing is None else skill_texts.scenes_of(listing, words),
        "publisher": "" if listing is None else listing.publisher,
        "price": "" if listing is None else skill_texts.price_of(listing.price, words),
        "version": listing.versions[0].version if listing is not None and listing.versions else "",
        "size": sentences.megabytes(listing.versions[0].bytes, words.language) if listing and listing.versions else "",
        "is_offered": listing is not None and bool(listing.versions),
        "is_own": skill in own,
        "have": _have(own.get(skill), sheet, words),
        "on": _on(skill, page.items, words),
        "may_choose": may_choose,
        "robots": [_robot(one, skill, planned.get(one.robot), places, words) for one in page.items],
        "address": address,
        "following": f"{address}?{following}" if following else "",
        "toast": await _toast(call, skill, sheet, words),
    }  # fmt: skip


async def try_page(call: Call, words: Words) -> dict[str, Any]:
    """What would happen on the ticked robots, and the button that does it."""
    sheet, skill = await frame.sheet_of(call), call.request.match_info["skill"]
    query = call.request.query
    do: Act = "remove" if query.get("do") == "remove" else "put"
    robots = tuple(query.getall("robot", []))
    if not robots and "all" not in query:
        raise Unprocessable(words("none_ticked"), words("none_ticked_remedy"), in_words=True)
    wanted = SkillOnRobots(account=sheet.account, skill=skill, do=do, robots=robots)
    plan = await call.do(skill_publishing.try_skill, wanted)
    listing = await _listing(call, skill, is_known=True)
    framed, places, language = (
        frame.framed(call, words, sheet.account, sheet.name, sheet.accounts), _places(sheet), words.language
    )  # fmt: skip
    rows = sorted(plan.robots, key=lambda one: one.verdict != "refused")
    beyond = len(rows) - ROBOTS_SHOWN
    return {
        **framed,
        "skill": skill,
        "named": skill if listing is None else skill_texts.name_of(listing, words),
        "version": plan.version,
        "do": do,
        "sentence": sentences.tried(do, len(plan.ready), len(plan.robots), language),
        "rows": [_planned(one, do, places, words) for one in rows[:ROBOTS_SHOWN]],
        "more": words("more_robots_of_it", n=words.number(beyond)) if beyond > 0 else "",
        "untold": sentences.untold(plan.untold, language),
        "charges": _charges(plan, words),
        "is_unpriced": plan.is_unpriced,
        "act": sentences.act(do, len(plan.ready), language) if plan.ready else "",
        "seen": plan.seen,
        "chosen": [one.robot for one in plan.robots] if len(plan.robots) <= SENT_MAX else robots,
        "address": f"/portal/skills/{quote(skill, safe='')}{framed['kept']}",
    }


async def skill_chosen(request: web.Request) -> web.StreamResponse:
    """Do what the dry run said, and back to the skill, where each robot says how far it has come."""
    call, form = await sent(request)
    account, skill = str(form.get("account", "")), str(form.get("skill", ""))
    do: Act = "remove" if form.get("do") == "remove" else "put"
    robots = tuple(str(one) for one in form.getall("robot", []))
    if not robots and "all" not in form:
        words = shell.words_of(request)
        raise Unprocessable(words("none_ticked"), words("none_ticked_remedy"), in_words=True)
    wanted = SkillOnRobots(
        account=account, skill=skill, do=do, robots=robots, version=str(form.get("version", "")),
        seen=str(form.get("seen", "")),
    )  # fmt: skip
    done = await call.do(skill_publishing.publish_skill, wanted)
    revisions = done.revisions if len(done.revisions) <= UNDO_ROBOTS_MAX else {}
    said = {"did": do, "n": str(done.changed), "of": str(len(done.plan.robots))}
    said |= {"revisions": orjson.dumps(revisions).decode()} if revisions else {}
    return _back(call, account, skill, kept="kept" in form, **said)


async def choice_taken_back(request: web.Request) -> web.StreamResponse:
    """The undo of it: each robot has the skill as before, with its settings."""
    call, form = await sent(request)
    account, skill = str(form.get("account", "")), str(form.get("skill", ""))
    revisions = _revisions(str(form.get("revisions", "")))
    wanted = TakeBackPublishing(account=account, skill=skill, revisions=revisions)
    done = await call.do(skill_take_back.take_back_publishing, wanted)
    return _back(call, account, skill, kept="kept" in form, did="taken_back", n=str(len(done.versions)))


def _back(call: Call, account: str, skill: str, *, kept: bool, **said: str) -> web.Response:
    """To the skill, as the account's page says it to whoever looks after it."""
    more = f"?{urlencode({'account': account})}" if kept or frame.wanted(call) is not None else ""
    place = told.at(call, f"/portal/skills/{quote(skill, safe='')}{more}#robots", **said)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": place})


def _revisions(text: str) -> dict[str, int]:
    """By robot. Raises BadRequest for what no page of ours wrote."""
    try:
        found = orjson.loads(text)
        return {str(name): int(revision) for name, revision in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRequest("the form names no robots", "send the page's own form") from error


def own_skills(of: entitlements.EntitlementsOfAccount) -> dict[str, OwnSkill]:
    """By skill what the account may use today, all its entitlements together."""
    standing: dict[str, list[EntitlementShown]] = {}
    for one in of.entitlements:
        if one.holds_today:
            standing.setdefault(one.skill, []).append(one)
    return {skill: _own(found) for skill, found in standing.items()}


def _own(found: Sequence[EntitlementShown]) -> OwnSkill:
    most = [one.robots_most for one in found]
    ends = [one.to_day for one in found]
    last = [day for day in ends if day is not None]
    return OwnSkill(
        None if None in most else sum(one for one in most if one is not None),
        max(last) if len(last) == len(ends) else "",
        all(one.origin is EntitledBy.TRIAL for one in found),
    )


async def _offered(call: Call) -> list[ListingShown]:
    """What a customer is offered, whoever looks."""
    found = await call.do(catalogue.browse_catalogue, BrowseCatalogue())
    return [one for one in found if one.state is ListingState.PUBLISHED and one.versions]


async def _listing(call: Call, skill: str, *, is_known: bool) -> ListingShown | None:
    """None: it is offered no more. Raises the Problem of a skill that the account has nothing to do with."""
    found = await call.parts.do(catalogue.one_listing, call.context, skill)
    if isinstance(found, Refused):
        if is_known:
            return None
        raise problem_of(found)
    return found if found.state is ListingState.PUBLISHED else None


async def _skills_on(call: Call, account: str, cursor: str | None = None) -> Any:
    return await call.do(skills_of_account, SkillsOfAccount(account=account, limit=ROBOTS_SHOWN, cursor=cursor))


def _tracked(one: RobotSkills, skill: str) -> TrackedSkill | None:
    return next((each for each in one.skills if each.skill == skill), None)


def _is_on(skill: str, robots: Sequence[RobotSkills]) -> bool:
    return any(_tracked(one, skill) is not None for one in robots)


def _on(skill: str, robots: Sequence[RobotSkills], words: Words) -> str:
    found = [each for one in robots if (each := _tracked(one, skill)) is not None and each.wished_package]
    active = sum(not each.code for each in found)
    return sentences.on_robots(active, len(found), len(robots), words.language)


def _have(own: OwnSkill | None, sheet: PortalSheet, words: Words) -> str:
    if own is None:
        return sentences.not_yours(words.language)
    until = figures.short_day(own.until, words.language, sheet.today) if own.until else ""
    return sentences.yours(own.robots_most, until, words.language, is_trial=own.is_trial)


def _places(sheet: PortalSheet) -> dict[str, str]:
    return {one.robot.name: home.named(one) for one in sheet.robots}


def _robot(
    one: RobotSkills, skill: str, planned: PlannedRobot | None, places: Mapping[str, str], words: Words
) -> dict[str, Any]:
    """`kind` of its tag: colour only for a consequence."""
    found, language = _tracked(one, skill), words.language
    row = {
        "robot": one.robot,
        "name": places.get(one.robot, one.robot),
        "href": f"/robots/{quote(one.robot, safe='')}",
        "steps": [], "facts": "", "version": "", "why": "", "remedy": "", "newer": False,
    }  # fmt: skip
    if found is not None and (found.wished_package or found.code):
        row |= {"steps": skills.steps(found), "facts": skills.facts(found.facts, language)}
        row["version"] = found.wished_version
        if not found.code:
            row |= {"word": words("skill_runs"), "kind": "good"}
            row["newer"] = planned is not None and planned.verdict == "ready"
            return row
        goes = found.turn in {"", "robot"}
        word = "skill_going" if not found.wished_package else "skill_on_its_way" if goes else "skill_stuck"
        row |= {"word": words(word), "kind": "info" if goes else "warn"}
        row["why"] = skills.why(found.code, found.reason, language)
        row["remedy"] = sentences.own_remedy(found.code, found.turn, language)
    elif planned is not None and planned.verdict == "refused":
        row |= {"word": words("skill_refused"), "kind": "warn"}
        row["why"] = sentences.refused(planned.code, planned.other, language)
        row["remedy"] = sentences.own_remedy(planned.code, "", language)
    else:
        row |= {"word": words("skill_not_there"), "kind": ""}
        if planned is not None and planned.when:
            row["why"] = f"{words('skill_could_get')} {sentences.ready(planned.when, language)}"
    return row


def _planned(one: PlannedRobot, do: Act, places: Mapping[str, str], words: Words) -> dict[str, Any]:
    language = words.language
    row = {"robot": one.robot, "name": places.get(one.robot, one.robot)}
    row |= dict.fromkeys(("when", "why", "remedy", "size"), "")
    if one.verdict == "ready":
        row |= {"word": words("gets_it" if do == "put" else "loses_it"), "kind": "good"}
        row["when"] = sentences.ready(one.when, language)
        row["size"] = sentences.megabytes(one.fetches_bytes, language) if one.fetches_bytes else ""
    elif one.verdict == "unchanged":
        row |= {"word": words(f"unchanged_{do}"), "kind": ""}
        row["why"] = skills.why(one.code, "", language)
    else:
        row |= {"word": words("does_not_get_it"), "kind": "warn"}
        row["why"] = sentences.refused(one.code, one.other, language)
        row["remedy"] = sentences.own_remedy(one.code, "", language)
    return row


def _charges(plan: PublishingPlan, words: Words) -> list[str]:
    return [
        sentences.planned_charge(one.kind, one.each, one.amount, one.of, plan.currency, words.language)
        for one in plan.charges
    ]


async def _toast(call: Call, skill: str, sheet: PortalSheet, words: Words) -> Toast | None:
    """What the address says was done. Its undo is offered while it would succeed."""
    done = told.of(call)
    if not done:
        return None
    n = int(done["n"])
    if done["did"] == "taken_back":
        return done.toast(sentences.taken_back(n, words.language))
    do: Act = "remove" if done["did"] == "remove" else "put"
    undo = None
    if "revisions" in done and await _can_go_back(call, sheet.account, skill, done["revisions"]):
        fields = [("account", sheet.account), ("skill", skill), ("revisions", done["revisions"])]
        fields += [("kept", "1")] if frame.wanted(call) is not None else []
        undo = Undo("/acts/skills/take-back", fields, words("undo"))
    return done.toast(sentences.done(do, n, int(done["of"]), words.language), undo)


async def _can_go_back(call: Call, account: str, skill: str, revisions: str) -> bool:
    wanted = TakeBackPublishing(account=account, skill=skill, revisions=_revisions(revisions))
    answer = await call.parts.do(skill_take_back.try_take_back, call.context, wanted)
    return not isinstance(answer, Refused)
