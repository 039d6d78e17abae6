"""What may be put on robots now: the releases that publishers offer, without those that are recalled."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opk_skills.trust.recalls import Recall
from opk_skills.trust.releases import Release


@dataclass(frozen=True, slots=True)
class Offers:
    """`offered`: releases by digest; `recalled`: the digests of those that must not run."""

    offered: Mapping[str, Release]
    recalled: frozenset[str]

    @classmethod
    def of(cls, releases: Iterable[Release], recalls: Iterable[Recall]) -> "Offers":
        """Of what the repository has."""
        offered = {one.sha256: one for one in releases}
        gone = {(each.appid, number) for each in recalls for number in each.releases}
        return cls(offered, frozenset(sha256 for sha256, one in offered.items() if (one.appid, one.release) in gone))

    def without(self, recalled: frozenset[str]) -> "Offers":
        """Where these must not run either."""
        return Offers(self.offered, self.recalled | recalled)

    def of_package(self, appid: str) -> list[Release]:
        """What is offered of a package and not recalled, the newest first."""
        found = [one for one in self.offered.values() if one.appid == appid and one.sha256 not in self.recalled]
        return sorted(found, key=lambda one: -one.release)

    def find(self, appid: str, version: str) -> Release | None:
        """The newest release of that version; of any that may run where it is empty."""
        if not version:
            return next(iter(self.of_package(appid)), None)
        named = [one for one in self.offered.values() if one.appid == appid and one.version == version]
        return max(named, key=lambda one: one.release, default=None)


NOTHING_OFFERED = Offers({}, frozenset())
