"""A version of a skill that was recalled: of each robot that ever had it whether it is gone, and what proves it."""

from typing import Any
from urllib.parse import quote

from collector.language import recalls as sentences
from collector.language import skills
from collector.language.pages import Words
from collector.operations import recalls
from collector.operations.recalls import RecallOf, RecallOnRobot
from collector.web.api.routing import Call
from collector.web.pages import told

ROBOTS_SHOWN = 200


def recall_address(skill: str, digest: str) -> str:
    """The page of one package."""
    return f"/skills/catalogue/{quote(skill, safe='')}/recalls/{quote(digest, safe='')}"


async def recall_page(call: Call, words: Words) -> dict[str, Any]:
    """Those that still have it stand first."""
    of = call.request.match_info
    skill, digest = of["skill"], of["digest"]
    cursor = call.request.query.get("cursor") or None
    found = await call.do(recalls.recall_stands, RecallOf(digest=digest, limit=ROBOTS_SHOWN, cursor=cursor))
    here, language = recall_address(skill, digest), words.language
    gone, done = sum(one.is_gone for one in found.items), told.of(call)
    return {
        "skill": skill,
        "name": words.skill_name(skill),
        "digest": digest,
        "skill_href": f"/skills/catalogue/{quote(skill, safe='')}",
        "sentence": sentences.gone(gone, len(found.items), language),
        "is_gone": bool(found.items) and gone == len(found.items),
        "rows": [_row(one, language) for one in sorted(found.items, key=lambda each: (each.is_gone, each.robot))],
        "first": here if cursor else "",
        "following": f"{here}?cursor={quote(found.next)}" if found.next else "",
        "toast": done.toast(sentences.told(int(done["told"]), language) if done.get("told", "").isdecimal() else ""),
    }


def _row(one: RecallOnRobot, language: str) -> dict[str, Any]:
    return {
        "robot": one.robot, "href": f"/robots/{quote(one.robot, safe='')}", "is_gone": one.is_gone,
        "runs": one.active, "why": skills.why(one.reason, "", language) if one.reason != "not_proven" else "",
        "is_unproven": one.reason == "not_proven" and not one.active, "turn": skills.turn(one.turn, language),
        "proof": one.proof if one.is_gone else "",
        "heard_at": one.heard_at,
    }  # fmt: skip
