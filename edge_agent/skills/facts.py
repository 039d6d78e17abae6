"""The facts of a skill as they are reported and shown (desired to active), and why they differ. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge_agent.skills.host import WHY, SkillStanding
from edge_agent.skills.installed import InstalledSkill
from edge_agent.skills.readiness import WAITS, Hold
from protocol.limits import DETAIL_MAX_CHARS

STORED = ("desired", "downloaded", "verified", "installed")


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known of one skill. `unusable`: why its package cannot run here. `body`: its word while none answers.

    `hold`: why nothing is exchanged on this robot just now.
    """

    skill: InstalledSkill | None
    standing: SkillStanding
    answered: bool = False
    body: str = ""
    unusable: str = ""
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one skill. A fact is the hash of a package, or empty; `version` is that of what is installed.

    `code` is empty when it is active as desired.
    """

    key: str
    skill: InstalledSkill | None
    version: str
    active: str
    code: str
    detail: str
    quarantined: bool
    crashes: int
    reason: Mapping[str, str] = field(default_factory=dict)

    def reported(self) -> dict[str, Any]:
        """As protocol.messages.ReportedSkill."""
        told: dict[str, Any] = {"skill": self.key}
        stored = {name: getattr(self.skill, name) for name in STORED} if self.skill is not None else {}
        told |= {name: version for name, version in (stored | {"active": self.active}).items() if version}
        if self.code:
            told["reason"] = in_english(self)
        return told

    def shown(self) -> dict[str, Any]:
        """As status, doctor and page take it; docs/agent.md names the fields."""
        stored = {name: getattr(self.skill, name, "") for name in (*STORED, "sha256", "release")}
        return {
            "skill": self.key,
            **stored,
            "version": self.version,
            "active": self.active,
            "code": self.code,
            "reason": dict(self.reason) or None,
            "detail": self.detail,
            "quarantined": self.quarantined,
            "crashes": self.crashes,
        }


def facts(key: str, sight: Sight) -> Facts:
    """`reason` is the store's own words by language; the runtime's are those of WHY, by `code`."""
    skill, standing = sight.skill, sight.standing
    runs = standing.phase in {"active", "draining"} and sight.answered
    active = standing.runs.sha256 if runs and standing.runs else ""
    code, detail, words = _why(sight, active)
    version = standing.runs.version if standing.runs else skill.version if skill is not None else ""
    aside, crashes = standing.phase == "quarantined", len(standing.crashes)
    return Facts(key, skill, version, active, code, detail, aside, crashes, words)


def _why(sight: Sight, active: str) -> tuple[str, str, Mapping[str, str]]:
    """(code, detail, the store's own words). What the store says of a version that is desired comes first."""
    skill, standing = sight.skill, sight.standing
    waits = skill is not None and (skill.code == "waits" or (skill.stop == "wait" and not skill.code))
    if waits and sight.hold is not None:
        return sight.hold.code, sight.hold.detail, {}
    if standing.phase == "draining" and not (skill is not None and skill.code):
        return "draining", "", {}
    if skill is not None and skill.code:
        return skill.code, "", skill.reason
    code, detail = standing.why or "starting", standing.detail
    if skill is None or not skill.installed:
        code, detail = ("not_installed" if standing.phase == "idle" else "stopping"), ""
    elif sight.unusable:
        code, detail = "unusable", sight.unusable
    elif active or not skill.desired:
        code, detail = "", ""
    elif standing.phase == "active":
        code, detail = sight.body, ""
    return code, detail, {}


def in_english(facts: Facts) -> str:
    """The code, and what it means in English: at most what a record holds."""
    said = facts.reason.get("en") or WHY.get(facts.code, "") or WAITS.get(facts.code, "")
    text = ": ".join(part for part in (facts.code, said, facts.detail) if part)
    return text[:DETAIL_MAX_CHARS]


def by_name(found: Mapping[str, Facts]) -> list[dict[str, Any]]:
    """All of them as a report carries them."""
    return [found[key].reported() for key in sorted(found)]
