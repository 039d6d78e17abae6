"""What a publisher may change from one version of its document to the next. Pure."""

from collections.abc import Iterable, Mapping

from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.releases import APPID, Release, path_of


def added(publisher: str, ever: Mapping[str, Release], after: Mapping[str, Release]) -> tuple[Release, ...]:
    """The releases that are new in `after`.

    `ever`: every release that any version of this publisher's document named, by path. Raises NotTrusted when a path is
    not the publisher's own, says other bytes than it ever did, is no higher than a release that was there before, or
    lowers a floor. A release that is left out is withdrawn, which is allowed.
    """
    fresh = [one for path, one in after.items() if path not in ever]
    for path, one in after.items():
        _check_path(publisher, one)
        if path in ever and ever[path] != one:
            raise NotTrusted(f"{path} was published with other content", "give the package the next release number")
    for one in fresh:
        _check_rises(one, ever.values())
    if len({one.path for one in fresh}) > len({_appid(one) for one in fresh}):
        raise NotTrusted("one package has two new releases", "publish them one after the other")
    return tuple(sorted(fresh, key=lambda one: one.path))


def _check_path(publisher: str, one: Release) -> None:
    found = APPID.fullmatch(_appid(one))
    if not found or found[1] != publisher or one.path != path_of(_appid(one), one.release):
        raise NotTrusted(
            f"{one.path[:80]} is no path of {publisher}",
            f"a package of {publisher} has an appid {publisher}_ and 32 hexadecimal digits, and lies under it",
        )


def _check_rises(one: Release, ever: Iterable[Release]) -> None:
    before = [other for other in ever if _appid(other) == _appid(one)]
    highest = max((other.release for other in before), default=0)
    if one.release <= highest:
        raise NotTrusted(f"release {one.release} is not above {highest}", f"publish it as release {highest + 1}")
    floor = max((other.floor for other in before), default=0)
    if one.floor < floor:
        raise NotTrusted(f"its floor {one.floor} is below {floor}", f"keep the floor at {floor} or raise it")


def _appid(one: Release) -> str:
    return one.path.partition("/")[0]
