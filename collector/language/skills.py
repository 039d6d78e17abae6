"""Skills on robots in sentences: how many run as wished, why one does not, whose turn it is."""

from collections.abc import Iterable

from collector.fleet.skills.standing import FactSince, TrackedSkill
from collector.language import figures
from collector.language.catalogue import deferred, gettext, ngettext

_HASH_SHOWN = 8
_WHY = {
    "starting": deferred("it is starting"),
    "stopping": deferred("it is being stopped"),
    "pause": deferred("it ended and is started again in a moment"),
    "waits": deferred("the robot waits for a good moment"),
    "unreachable": deferred("the robot does not reach the package repository, and tries again"),
    "not_told": deferred("the robot has not answered yet"),
    "not_heard": deferred("the robot is not connected"),
    "not_installed": deferred("it is not installed"),
    "body_away": deferred("the robot's body does not answer"),
    "no_body": deferred("no body is set on this robot"),
    "not_started": deferred("it could not be started"),
    "no_room": deferred("there is not enough room on the robot"),
    "core_too_old": deferred("the robot's core is too old for it"),
    "no_capability": deferred("the robot lacks something it needs"),
    "wrong_model": deferred("it is not made for this model"),
    "same_intent": deferred("another skill answers to the same wish of guests"),
    "other_bytes": deferred("what was wished is not what its publisher signed"),
    "not_given": deferred("it cannot use its settings"),
    "recalled": deferred("it was recalled"),
    "licence_over": deferred("its licence has ended"),
    "licence_unheard": deferred("the robot has not heard the centre for longer than its licence allows"),
    "not_offered": deferred("nobody who may offers this release"),
    "not_trusted": deferred("its package did not pass the check"),
    "unusable": deferred("its package cannot run on this robot"),
    "fault": deferred("it ended with a fault of its own"),
    "memory": deferred("it took more memory than its package declares"),
    "processes": deferred("it started more processes than its package declares"),
    "silent": deferred("it does not answer"),
    "exited": deferred("it ended by itself"),
    "killed": deferred("it was killed"),
}
_TURNS = {
    "robot": deferred("goes on by itself"),
    "site": deferred("whoever is at the site"),
    "engineer": deferred("fleet engineer"),
    "wisher": deferred("whoever wished it"),
    "publisher": deferred("its publisher"),
}
_STEPS = {
    "desired": deferred("Desired"), "downloaded": deferred("Downloaded"), "installed": deferred("Installed"),
    "active": deferred("Active"),
}  # fmt: skip


def sentence(wished: int, fulfilled: int, robots: int, language: str) -> str:
    """How it stands with all that is wished."""
    if not wished and not robots:
        return gettext(language, "Nothing is wished of any robot yet.")
    if not robots:
        return ngettext(
            language, "The one wished skill runs.", "All {n} wished skills run.", wished,
            n=figures.number(wished, language),
        )  # fmt: skip
    return ngettext(
        language, "{done} of {of} wished skills run; {n} robot is not there yet.",
        "{done} of {of} wished skills run; {n} robots are not there yet.", robots,
        done=figures.number(fulfilled, language), of=figures.number(wished, language),
        n=figures.number(robots, language),
    )  # fmt: skip


def why(code: str, reason: str, language: str) -> str:
    """Why it is not as wished; what this release does not know is said in the robot's own words."""
    if not code:
        return ""
    known = _WHY.get(code)
    return gettext(language, known) if known else reason or code


def turn(who: str, language: str) -> str:
    """Who must act; "" where nobody must."""
    return gettext(language, _TURNS[who]) if who in _TURNS else ""


def at_accounts(count: int, language: str) -> str:
    """Where a version runs."""
    return ngettext(language, "at {n} account", "at {n} accounts", count, n=figures.number(count, language))


def as_wished_on(count: int, of: int, language: str) -> str:
    """Of a skill at an account."""
    return ngettext(language, "active on {n} of {of} robot", "active on {n} of {of} robots", of, n=count, of=of)


def facts(rows: Iterable[FactSince], language: str) -> str:
    """The four facts in a row, for who cannot see the bars."""
    said = [f"{gettext(language, _STEPS[one.step])} {one.version or one.package[:_HASH_SHOWN] or '–'}" for one in rows]
    return figures.listed(said, language)


def versions(skill: TrackedSkill) -> list[str]:
    """Of each fact the version, or how its package's hash begins; "" where there is nothing."""
    active = skill.state_version if skill.state == "active" else ""
    found = [one.version or one.package[:_HASH_SHOWN] for one in skill.facts]
    wished = skill.wished_version or skill.wished_package[:_HASH_SHOWN]
    return [found[0] or wished, *found[1:-1], found[-1] or active]


def _holds(fact: FactSince, skill: TrackedSkill) -> bool:
    """A robot that reports no packages says by its skills' states that they run."""
    return bool(fact.package) or (fact.step == "active" and skill.state == "active")


def steps(skill: TrackedSkill) -> list[str]:
    """A bar for each fact: yes; go (under way) or bad (somebody must act) where it stops; no."""
    found: list[str] = []
    for one in skill.facts:
        if one.as_wished or (not skill.wished_package and _holds(one, skill)):
            found.append("yes")
        elif "go" in found or "bad" in found or not skill.wished_package:
            found.append("no")
        else:
            found.append("go" if skill.turn in {"", "robot"} else "bad")
    return found
