"""Signs what a robot shall run. The key can name no package: it names releases that publishers have signed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from collector.skillstore.entitlements.licence import UNBOUND, Bound
from collector.skillstore.repository.repository import Repository
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence
from opk_skills.trust import documents
from opk_skills.trust.keys import PrivateKey
from opk_skills.trust.releases import Release
from protocol.messages import Desired, DesiredSkill


@dataclass(frozen=True, slots=True)
class Sealing:
    """`offered`: what the repository offers now, by sha256."""

    key: PrivateKey
    offered: dict[str, Release]

    @classmethod
    def of(cls, repository: Repository, key: PrivateKey) -> "Sealing":
        """Raises NotTrusted where there is no repository yet."""
        return cls(key, {one.sha256: one for one in repository.releases().values()})

    def seal(
        self, robot: str, document: Desired, now_s: int, account: str | None = None, bound: Bound = UNBOUND
    ) -> dict[str, Any]:
        """The envelope for this robot: skills whose digest is no offered release are left out of it.

        `account`: whose robot it is; a robot that is told another one begins with nothing of the last one's.
        `bound`: the key that it is for, and the licences of its skills.
        """
        skills = [self._skill(one, bound) for one in document.skills if one.digest in self.offered]
        payload = {"v": 1, "robot": robot, "revision": document.revision, "issued_s": now_s, "skills": skills}
        payload |= {} if account is None else {"account": account}
        payload |= {"key": bound.key} if bound.key else {}
        return documents.seal(payload, self.key)

    def unknown(self, skills: Iterable[DesiredSkill]) -> Refused | None:
        """Why these cannot be wished: a digest that nobody published, or under another skill's name."""
        for one in skills:
            release = self.offered.get(one.digest)
            if release is None or release.key != one.skill:
                names = sorted(
                    f"{each.version} {each.sha256}" for each in self.offered.values() if each.key == one.skill
                )
                known = (
                    Sentence("of {skill} there is {names}", skill=one.skill, names=", ".join(names[:5]))
                    if names
                    else Sentence("nothing of {skill} is", skill=one.skill)
                )
                reason = Sentence(
                    "no package of {skill} with digest {digest!r} is published ({known})",
                    skill=one.skill,
                    digest=one.digest[:64],
                    known=known,
                )
                remedy = Remedy("list them", "skills show", "GET /api/v1/skills/repository")
                return Refused(reason, remedy, "invalid")
        return None

    def _skill(self, one: DesiredSkill, bound: Bound) -> dict[str, Any]:
        release = self.offered[one.digest]
        licence = bound.licences.get(one.skill)
        return ({} if licence is None else {"licence": licence.to_json()}) | {
            "skill": release.key,
            "appid": release.appid,
            "release": release.release,
            "sha256": release.sha256,
            "settings": dict(one.settings),
        }
