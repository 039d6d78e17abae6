"""Skills: where what is wished does not run, and whose turn it is; every version over the last 28 days."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from collector.fleet.skills.versions import VersionOfSkill
from collector.fleet.skills.waiting import WaitingSkill
from collector.language import figures
from collector.language import skills as sentences
from collector.language.pages import Words
from collector.operations import skills
from collector.operations.skills import VersionsOf
from collector.web.api.routing import Call
from collector.web.pages import rollouts as rollout_pages
from collector.web.pages.rendering import page

ROBOTS_SHOWN = 20


def add_to(app: web.Application) -> None:
    """This page, and those of rollouts below it."""
    app.router.add_get("/skills", page("skills.html", skills_page, inside=True))
    rollout_pages.add_to(app)


async def skills_page(call: Call, words: Words) -> dict[str, Any]:
    """All of it is of one moment but the versions, which may be some seconds old."""
    waits = await call.do(skills.waiting_skills, skills.WaitingFor(limit=ROBOTS_SHOWN))
    versions = await call.recent(skills.versions_of_skills, VersionsOf())
    return {
        "sentence": sentences.sentence(waits.wished, waits.fulfilled, waits.robots, words.language),
        "waiting": [_waiting(one, words) for one in waits.shown],
        "robots": waits.robots,
        "more": words.number(waits.robots - ROBOTS_SHOWN) if waits.robots > ROBOTS_SHOWN else "",
        "versions": [_version(one, words) for one in versions],
    }


def _waiting(one: WaitingSkill, words: Words) -> dict[str, Any]:
    skill, language = one.skill, words.language
    return {
        "robot": one.robot,
        "account": one.account,
        "account_name": one.account_name,
        "skill": words.skill_name(skill.skill),
        "version": skill.wished_version,
        "since": skill.wished_since,
        "steps": sentences.steps(skill),
        "facts": sentences.facts(skill.facts, language),
        "why": sentences.why(skill.code, skill.reason, language),
        "turn": sentences.turn(skill.turn, language),
    }


def _version(one: VersionOfSkill, words: Words) -> dict[str, Any]:
    language = words.language
    return {
        "skill": words.skill_name(one.skill),
        "version": one.version,
        "wished": words.number(one.wished),
        "active": words.number(one.active),
        "accounts": sentences.at_accounts(one.accounts, language),
        "href": f"/robots?{urlencode({'skill': one.skill, 'version': one.version})}" if one.active else "",
        "hours": words.number(round(one.hours)),
        "episodes": words.number(one.episodes),
        "rate": None if one.per_100_h is None else figures.number(one.per_100_h, language, 2),
        "crashes": words.number(one.crashes),
        "aside": words.number(one.put_aside),
    }
