"""What a signed desired document wishes of this robot's skills, and what must not run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_agent.skills.errors import Untrusted
from edge_agent.skills.licence import Licence, licence_of
from opk_skills.trust.recalls import Recall
from opk_skills.trust.releases import APPID, KEY

SKILLS_MAX = 64


@dataclass(frozen=True, slots=True)
class WishedSkill:
    """One skill in one release, with the settings it shall run by. `licence` None: it goes by none."""

    key: str
    appid: str
    release: int
    sha256: str
    settings: Mapping[str, Any]
    licence: Licence | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """All skills that shall be on the robot; what is not named goes.

    `account`: whose robot it is, as one word that names no customer; None: the document does not say it.
    `key`: SHA-256 of the public key of the robot that it is for, "": any of that name. `issued_s`: when it was signed.
    """

    revision: int
    skills: tuple[WishedSkill, ...]
    account: str | None = None
    key: str = ""
    issued_s: int = 0

    @property
    def keys(self) -> frozenset[str]:
        """Of all of them."""
        return frozenset(one.key for one in self.skills)


def wish_of(payload: Mapping[str, Any]) -> Wish:
    """Of what was signed. Raises Untrusted for a document that cannot be followed whole."""
    forms = payload.get("skills")
    if not isinstance(forms, list) or len(forms) > SKILLS_MAX:
        raise Untrusted("the signed document names no list of skills")
    skills = tuple(_skill(form) for form in forms)
    if len({one.key for one in skills}) < len(skills) or len({one.appid for one in skills}) < len(skills):
        raise Untrusted("the signed document names a skill twice")
    account = payload.get("account")
    if account is not None and not isinstance(account, str):
        raise Untrusted("the signed document names an account that is none")
    key, issued_s = payload.get("key", ""), payload.get("issued_s", 0)
    if not isinstance(key, str) or not isinstance(issued_s, int) or isinstance(issued_s, bool):
        raise Untrusted("the signed document names a key or a moment that is none")
    return Wish(int(payload["revision"]), skills, account, key, issued_s)


def recalled(recalls: tuple[Recall, ...], appid: str, release: int) -> Recall | None:
    """The gravest recall of that release, if there is one."""
    found = [one for one in recalls if one.appid == appid and release in one.releases]
    return min(found, key=lambda one: one.grade != "harmful", default=None)


def _skill(form: object) -> WishedSkill:
    fields = form if isinstance(form, dict) else {}
    key, appid, release = fields.get("skill"), fields.get("appid"), fields.get("release")
    sha256, settings = fields.get("sha256"), fields.get("settings", {})
    if (
        not isinstance(key, str)
        or not KEY.fullmatch(key)
        or not isinstance(appid, str)
        or not APPID.fullmatch(appid)
        or not isinstance(release, int)
        or isinstance(release, bool)
        or not isinstance(sha256, str)
        or not isinstance(settings, dict)
    ):
        raise Untrusted(f"the signed document names a skill that is none: {str(key)[:40]!r}")
    return WishedSkill(key, appid, release, sha256, settings, licence_of(fields.get("licence")))
