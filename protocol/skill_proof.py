"""One hash by which what is wished of a robot's skills, what it reports and what the centre stored are compared.

A robot makes it of the facts that it reports; the centre makes the same of the facts that it has stored, and of what it
wished: where the wish is fulfilled, every fact is the digest of the wished package, and the hashes are equal.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

FACTS = ("desired", "downloaded", "verified", "installed", "active")
"""In the order in which they come true; each is the hash of a package, or empty."""


def proof(skills: Iterable[Mapping[str, Any]]) -> str:
    """Of a report's skills, in whatever order; reasons have no say. A skill without a fact is as one that is not."""
    rows = sorted([str(one["skill"]), *(str(one.get(fact) or "") for fact in FACTS)] for one in skills)
    told = [row for row in rows if any(row[1:])]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()


def fulfilled(wished: Mapping[str, str]) -> str:
    """The proof of a robot on which every wished package is active. `wished`: skill -> digest."""
    return proof({"skill": skill, **dict.fromkeys(FACTS, digest)} for skill, digest in wished.items())
