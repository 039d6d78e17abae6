"""The four facts of each skill of one robot: desired, downloaded (and verified), installed, active.

They come from what was wished, from what the robot reports of it, and from the states that the skills told last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from collector.fleet.desired import SkillsOf
from collector.fleet.records import Skill

Step = Literal["yes", "go", "no", "bad"]
FACTS = ("desired", "downloaded", "installed", "active")
_HASH_CHARS, _HASH_SHOWN = 64, 8
# Nothing is wrong yet: the next look finds it further on.
_UNDER_WAY = frozenset({"starting", "stopping", "pause", "waits", "unreachable"})


@dataclass(frozen=True, slots=True)
class FourFacts:
    """Of one skill. `versions`: of each fact the version, or how its package's hash begins, or "".

    `steps`: whether each fact is as desired, under way, not yet so, or refused. `code` and `detail`: why not, as the
    robot says it; both "" where everything is as desired. `told_at`: when the skill last told a state.
    """

    skill: str
    versions: tuple[str, str, str, str]
    steps: tuple[Step, Step, Step, Step]
    code: str
    detail: str
    told_at: str | None


def four_facts(wished: SkillsOf | None, states: Sequence[Skill]) -> list[FourFacts]:
    """Every skill that is desired, reported, or has told a state; by name."""
    desired = {} if wished is None or wished.desired is None else _by_skill(wished.desired.document)
    reported = {} if wished is None or wished.reported is None else _by_skill(wished.reported.document)
    told = {one.skill: one for one in states}
    names = sorted(desired.keys() | reported.keys() | told.keys())
    return [_facts(name, desired.get(name, {}), reported.get(name, {}), told.get(name)) for name in names]


def _by_skill(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["skill"]: one for one in document.get("skills", ())}


def _facts(name: str, wish: dict[str, Any], fact: dict[str, Any], told: Skill | None) -> FourFacts:
    wanted = fact.get("desired") or wish.get("digest") or ""
    found = [wanted, fact.get("verified") or "", fact.get("installed") or "", fact.get("active") or ""]
    if not fact and told is not None and told.state == "active":
        found[2] = found[3] = told.version  # a robot without signed skills reports no facts of packages
    code, _, detail = str(fact.get("reason") or (told.reason if told and not fact else "")).partition(": ")
    known = {wish.get("digest"): wish.get("version", "")}
    versions = [known.get(each) or _short(each) for each in found]
    if wish and not versions[0]:
        versions[0] = wish.get("version", "")
    steps: list[Step] = ["yes" if wanted or wish else "no"]
    for at in (1, 2, 3):
        if found[at] and (not wanted or found[at] == wanted):
            steps.append("yes")
        elif all(step == "yes" for step in steps) and code:
            steps.append("go" if code in _UNDER_WAY else "bad")
        else:
            steps.append("no")
    as_wished = all(step == "yes" for step in steps)
    return FourFacts(
        name, (versions[0], versions[1], versions[2], versions[3]), (steps[0], steps[1], steps[2], steps[3]),
        "" if as_wished else code, "" if as_wished else detail, None if told is None else told.at,
    )  # fmt: skip


def _short(word: str) -> str:
    """How a hash begins; a version as it is."""
    return word[:_HASH_SHOWN] if len(word) == _HASH_CHARS else word
