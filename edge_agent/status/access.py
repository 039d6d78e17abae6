"""Who may read what belongs to the agent, said to somebody who may not."""

import grp
import os
import pwd
from pathlib import Path
from typing import Literal

from edge_agent.status.catalogue import gettext


def denied(path: Path, language: str, to: Literal["read", "write"] = "read") -> tuple[str, str]:
    """(what is the matter, what can be done about it)."""
    user, group, mine = _owner(path)
    text = gettext(language, "{path}: {user} may not read this", path=path, user=mine)
    if to == "write":
        text = gettext(language, "{path}: {user} may not write here", path=path, user=mine)
        return text, gettext(
            language, "run it as {owner}; or give the folder to the agent's user, or set state_dir", owner=user
        )
    remedy = gettext(
        language,
        "join the group {group} (sudo usermod -aG {group} {user}, then sign in again), or run it as {owner}",
        group=group, user=mine, owner=user,
    )  # fmt: skip
    return text, remedy


def _owner(path: Path) -> tuple[str, str, str]:
    """(user and group of the nearest folder that can be seen, who asks)."""
    mine = _user(os.getuid())
    for place in (path, *path.parents):
        try:
            found = place.stat()
        except OSError:
            continue
        if found.st_uid or found.st_gid or place.parent == place:
            return _user(found.st_uid), _group(found.st_gid), mine
    return "root", "root", mine


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
