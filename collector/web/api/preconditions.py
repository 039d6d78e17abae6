"""ETag, If-None-Match and If-Match: a program asks for what has changed, and changes only what it has read.

The tag of an answer is made of its content; that of a fact begins with its version, and an act on it goes by that.
"""

import hashlib
import re

from collector.web.errors import BadRequest, PreconditionFailed

_DIGEST_HEX = 20
_TAG = re.compile(r'(?P<weak>W/)?"(?P<text>[!#-~]*)"')
_VERSION = re.compile(r"(\d{1,15})\.[0-9a-f]+")
ANY = "*"


def tag_of(body: bytes, version: int | None) -> str:
    """The ETag of an answer's JSON; `version`: of the fact that it shows."""
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_HEX]
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def is_known(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names the tag: the caller has this answer already."""
    if header is None:
        return False
    return header.strip() == ANY or any(f'"{found["text"]}"' == tag for found in _TAG.finditer(header))


def version_named(header: str | None) -> int | None:
    """The version that If-Match names; None: any. Raises PreconditionFailed, BadRequest."""
    if header is None or header.strip() == ANY:
        return None
    tags = list(_TAG.finditer(header))
    if len(tags) != 1:
        raise BadRequest("If-Match holds no ETag, or several", "send the ETag of the fact as it was read")
    version = _VERSION.fullmatch(tags[0]["text"])
    if version is None or tags[0]["weak"]:
        raise PreconditionFailed("If-Match is no ETag of a fact", "read the fact again and send its ETag")
    return int(version[1])
