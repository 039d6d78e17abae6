"""Whether a name was said. Pure: names in letters end where the word ends; in Chinese nothing parts the words."""

import re


def says(said: str, name: str) -> bool:
    """`name` is in `said` as a whole: "Alice" does not say "Li"."""
    edge = r"[0-9A-Za-z_]"
    pattern = re.escape(name.strip())
    if not pattern:
        return False
    before = rf"(?<!{edge})" if re.match(edge, name.strip()[0]) else ""
    after = rf"(?!{edge})" if re.match(edge, name.strip()[-1]) else ""
    return re.search(before + pattern + after, said, re.IGNORECASE) is not None
