"""Which counters tell that a robot did something for somebody: its kinds of use. Pure."""

from protocol.counters import COUNTERS

# What a robot did for somebody: an advert plays by itself.
TASKS = frozenset(
    {"interaction"} | {counter.key for counter in COUNTERS.values() if counter.group == "skill"} - {"advert"}
)


def kind_of(counter: str) -> str | None:
    """The kind of use that a counter tells of: its task, or the skill of its dotted key; None: of no use."""
    if counter in TASKS:
        return counter
    return counter.partition(".")[0] if "." in counter and counter not in COUNTERS else None
