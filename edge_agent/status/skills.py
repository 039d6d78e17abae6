"""The four facts of each skill and why it is not active, in the language that is asked for.

People see four facts: desired, downloaded (which means verified), installed, active.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from edge_agent.skills.host import WHY
from edge_agent.skills.readiness import WAITS
from edge_agent.status.catalogue import SOURCE, gettext, ngettext, pgettext

MINUTE_S = 60.0


def general(hosted: Mapping[str, Any], language: str, *, isolation: bool = True) -> Iterator[str]:
    """What is the matter with all of them."""
    if isolation and not hosted["isolated"]:
        yield not_isolated(language)
    if hosted["trouble"]:
        yield gettext(language, "skills cannot be looked after: {why}", why=hosted["trouble"])
    for key, what in hosted["unreadable"].items():
        yield gettext(language, "{skill}: what is said of it cannot be read: {why}", skill=key, why=what)


def not_isolated(language: str) -> str:
    return gettext(language, "skills run as the agent's own user, not isolated: for development only")


def four_facts(skill: Mapping[str, Any], language: str) -> str:
    """`desired 0.2.0 (5f0c9e1a), downloaded …`: the version where it is known, and how the package's hash begins."""
    facts = {
        pgettext(language, "of a skill", "desired"): skill["desired"],
        pgettext(language, "of a skill", "downloaded"): skill["verified"],
        pgettext(language, "of a skill", "installed"): skill["installed"],
        pgettext(language, "of a skill", "active"): skill["active"],
    }
    comma = pgettext(language, "between two facts", ", ")
    return comma.join(f"{fact} {_named(skill, sha256)}" for fact, sha256 in facts.items())


def _named(skill: Mapping[str, Any], sha256: str) -> str:
    if not sha256:
        return "-"
    return f"{skill['version']} ({sha256[:8]})" if sha256 == skill["installed"] else sha256[:8]


def why_not(skill: Mapping[str, Any], language: str) -> str:
    """Why it is not active as desired; empty when it is."""
    if not skill["code"]:
        return ""
    stated = skill["reason"] or {}
    own = stated.get(language) or stated.get(SOURCE, "")
    words = WHY | WAITS
    known = gettext(language, words[skill["code"]]) if skill["code"] in words else skill["code"]
    told = own or known
    if skill["code"] == "waits_task" and skill.get("waits_s") is not None:
        n = round(skill["waits_s"] / MINUTE_S)
        return ngettext(
            language,
            "waiting: on a task of {skill} for {n} min",
            "waiting: on a task of {skill} for {n} min",
            n, skill=skill["detail"],
        )  # fmt: skip
    if skill["detail"]:
        told = gettext(language, "{what} ({detail})", what=told, detail=skill["detail"])
    if skill["quarantined"]:
        return gettext(
            language, "put aside, since it ended again and again: {why}; another version or other settings free it",
            why=told,
        )  # fmt: skip
    if skill["crashes"]:
        return ngettext(language, "{why}; it ended {n} time", "{why}; it ended {n} times", skill["crashes"], why=told)
    return told


def grade(skill: Mapping[str, Any], language: str) -> str:
    """One word for the page."""
    if skill["quarantined"]:
        return pgettext(language, "of a skill", "put aside")
    if skill["active"]:
        return pgettext(language, "of a skill", "active")
    return pgettext(language, "of a skill", "not active")


_UNDER_WAY = frozenset({"starting", "stopping", "pause", "waits", "unreachable"})


def steps(skill: Mapping[str, Any]) -> list[str]:
    """Of the four facts: `yes`, `go` (under way), `no` (not yet), `bad` (refused); drawn, never alone."""
    wanted = skill["desired"]
    found = ["yes" if wanted else "no"]
    for fact in ("verified", "installed", "active"):
        if skill[fact] and skill[fact] == (wanted or skill["installed"]):
            found.append("yes")
        elif found[-1] == "yes" and skill["code"]:
            found.append("go" if skill["code"] in _UNDER_WAY else "bad")
        else:
            found.append("no")
    return found
