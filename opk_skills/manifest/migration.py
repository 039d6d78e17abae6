"""A manifest of an older format becomes one of this format: as a table, and as the author's own text. Pure.

Format 1 declared what a skill counts and nothing of what runs. Format 2 adds text, needs, permissions, program, limits
and settings; all but `text` have a default, so a skill of format 1 goes on declaring the same.
"""

import re
from typing import Any

from opk_skills.manifest.manifest import FORMAT


def upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """The table in this format; what is no manifest stays as it is, for the form to refuse."""
    if raw.get("format") == 1 and raw["format"] is not True:
        return {**raw, "format": FORMAT, "text": raw.get("name")}
    return raw


def rewritten(text: str) -> str:
    """The author's TOML of format 1 as format 2: comments and order stay. What is format 2 stays as it is."""
    found, n = re.subn(r"(?m)^format\s*=\s*1\s*$", f"format = {FORMAT}", text, count=1)
    if not n:
        return text
    name = re.search(r"(?m)^\[name\]\n((?:[^\[\n].*\n|\n)*)", found)
    if name is None:
        return text
    lines = "".join(f"{line}\n" for line in name[1].splitlines() if line.strip())
    return found[: name.end()].rstrip("\n") + f"\n\n[text]\n{lines}\n" + found[name.end() :].lstrip("\n")
