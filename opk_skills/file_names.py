"""What a file in a package may be called. Pure.

`[a-z0-9._-]` in parts of a path: no case that two file systems see differently, nothing that a shell, a URL or a path
pattern reads as something else. No part begins with a dot or a dash: neither `..`, nor a hidden file, nor an option.
"""

import re

NAME_MAX_CHARS = 100  # the name field of USTAR; the prefix field stays empty, so a name has one spelling
DEPTH_MAX = 8
_PART = re.compile(r"[a-z0-9_][a-z0-9._-]*")


def is_right(name: str) -> bool:
    """Whether a file of a package may have this name."""
    parts = name.split("/")
    return (
        0 < len(name) <= NAME_MAX_CHARS
        and len(parts) <= DEPTH_MAX
        and all(_PART.fullmatch(part) and ".." not in part for part in parts)
    )
