"""The history of wishes: a row when a robot is to run another package of a skill, or none of it any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, select

from collector.store.lists import insert_all
from collector.store.tables.skills import skill_wish
from protocol.messages import Desired, DesiredSkill


@dataclass(frozen=True, slots=True)
class Stood:
    """A wish until the next one, and whose it is."""

    document: Desired
    account_id: int | None


def note(
    connection: Connection, robot_id: int, before: Stood | None, made: Desired, now_s: int, account_id: int | None
) -> None:
    """What `made` changes of the wish before. Other settings are no other package.

    That a skill is to go is a row of the account that had wished it: the next one is not told its name. What is wished
    anew for the next account is a row of that one's, also where the package stays.
    """
    old = {} if before is None else {one.skill: one for one in before.document.skills}
    new = {one.skill: one for one in made.skills}
    was = account_id if before is None else before.account_id
    noted = _differing(old, new) | (new.keys() if was != account_id else set())
    stamp = {"robot_id": robot_id, "at": now_s, "revision": made.revision}
    rows = [
        {
            **stamp, "skill": skill, **_package(new.get(skill)), "account_id": account_id if skill in new else was,
            "settings": None if skill in new else orjson.dumps(old[skill].settings).decode(),
        }
        for skill in sorted(noted)
    ]  # fmt: skip
    insert_all(connection, skill_wish, rows)


@dataclass(frozen=True, slots=True)
class WishBefore:
    """What stood of a skill on a robot before the newest change. `digest` "": it was not there.

    `settings` None: those that it has now.
    """

    version: str
    digest: str
    settings: dict[str, Any] | None


def before_of(
    connection: Connection, robot_id: int, account_id: int, skill: str, revision: int
) -> WishBefore | None:  # fmt: skip
    """None: that revision is not the newest change of the skill there, or not by that account."""
    of_robot = skill_wish.c.robot_id == robot_id, skill_wish.c.skill == skill
    rows = connection.execute(select(skill_wish).where(*of_robot).order_by(skill_wish.c.id.desc()).limit(2)).all()
    if not rows or (rows[0].revision, rows[0].account_id) != (revision, account_id):
        return None
    gone = rows[0].settings
    settings = None if gone is None else orjson.loads(gone)
    if len(rows) == 1 or rows[1].account_id != account_id:
        return WishBefore("", "", settings)
    return WishBefore(rows[1].version, rows[1].digest, settings)


def _differing(old: Mapping[str, DesiredSkill], new: Mapping[str, DesiredSkill]) -> set[str]:
    return {skill for skill in old.keys() | new.keys() if _package(old.get(skill)) != _package(new.get(skill))}


def _package(one: DesiredSkill | None) -> dict[str, str]:
    return {"version": "", "digest": ""} if one is None else {"version": one.version, "digest": one.digest}
