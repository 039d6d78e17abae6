"""The history of wishes: a row when a robot is to run another package of a skill, or none of it any more."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

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
        {**stamp, "skill": skill, **_package(new.get(skill)), "account_id": account_id if skill in new else was}
        for skill in sorted(noted)
    ]
    insert_all(connection, skill_wish, rows)


def _differing(old: Mapping[str, DesiredSkill], new: Mapping[str, DesiredSkill]) -> set[str]:
    return {skill for skill in old.keys() | new.keys() if _package(old.get(skill)) != _package(new.get(skill))}


def _package(one: DesiredSkill | None) -> dict[str, str]:
    return {"version": "", "digest": ""} if one is None else {"version": one.version, "digest": one.digest}
