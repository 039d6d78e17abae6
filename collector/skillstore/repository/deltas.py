"""Beside each package what changes to it from the releases before, so that a robot fetches some hundred bytes.

Nothing here is signed and no document names it: what a robot makes of a delta has the signed hash, or is thrown away.
"""

import io
from collections.abc import Iterable, Mapping

from collector.skillstore.repository.folder import Folder
from opk_skills.package import delta
from opk_skills.trust.releases import Release, delta_name

FROM_RELEASES = 2  # before it: a robot that missed more fetches the whole


def make(folder: Folder, ever: Mapping[str, Release], fresh: Iterable[Release]) -> None:
    """Of each fresh release, from the newest that were there before. `ever`: all releases of the publisher."""
    for one in fresh:
        older = (other for other in ever.values() if other.appid == one.appid and other.release < one.release)
        for other in sorted(older, key=lambda each: -each.release)[:FROM_RELEASES]:
            if max(one.length, other.length) <= delta.LARGEST_BYTES:
                old, new = (folder.target(each.path, each.sha256).read_bytes() for each in (other, one))
                folder.put_beside(one.path, delta_name(one, other.sha256), io.BytesIO(delta.made(old, new)))
