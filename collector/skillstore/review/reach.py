"""What a package may do on a robot, and what a new version changes of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from opk_skills.manifest.manifest import Manifest

REVIEWS_OF_WIDER, REVIEWS_OF_SAME = 2, 1


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one version. `counters`: the most that each can grow in an hour. `limits`: what the robot gives it at most.

    `kind`: `python`, whose program can be read, `vendor`, which cannot, or empty where nothing runs.
    """

    permissions: tuple[str, ...]
    intents: tuple[str, ...]
    counters: Mapping[str, int]
    limits: Mapping[str, int]
    role: str
    kind: str


@dataclass(frozen=True, slots=True)
class ReachChange:
    """A version against the last published one. `is_first`: there is none, so everything in it is new."""

    is_first: bool
    permissions_added: tuple[str, ...] = ()
    permissions_dropped: tuple[str, ...] = ()
    intents_added: tuple[str, ...] = ()
    intents_dropped: tuple[str, ...] = ()
    counters_added: tuple[str, ...] = ()
    counters_dropped: tuple[str, ...] = ()
    counters_raised: tuple[str, ...] = ()
    limits_raised: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    becomes_orchestrator: bool = False
    becomes_unreadable: bool = False

    @property
    def widens(self) -> bool:
        """Whether it may do more than the last published version: two people look at it then.

        Counters and intents do not widen it: the robot's core bounds the one, and the dry run refuses clashes of the
        other. They are shown.
        """
        return self.is_first or bool(
            self.permissions_added or self.limits_raised or self.becomes_orchestrator or self.becomes_unreadable
        )

    @property
    def reviews_needed(self) -> int:
        """How many people must approve."""
        return REVIEWS_OF_WIDER if self.widens else REVIEWS_OF_SAME


def reach_of(manifest: Manifest) -> Reach:
    """Of a package's own manifest."""
    limits = manifest.limits
    return Reach(
        tuple(sorted(manifest.permissions)),
        tuple(sorted(manifest.intents)),
        dict(sorted(manifest.rates().items())),
        {
            "memory_mb": limits.memory_mb, "cpu_percent": limits.cpu_percent, "disk_mb": limits.disk_mb,
            "processes": limits.processes,
        },
        manifest.role,
        "" if manifest.program is None else manifest.program.kind,
    )  # fmt: skip


def change_of(before: Reach | None, after: Reach) -> ReachChange:
    """What `after` changes. `before`: of the last published version, None: there is none."""
    old = before or Reach((), (), {}, {}, "skill", "")
    same = old.counters.keys() & after.counters.keys()
    return ReachChange(
        is_first=before is None,
        permissions_added=_without(after.permissions, old.permissions),
        permissions_dropped=_without(old.permissions, after.permissions),
        intents_added=_without(after.intents, old.intents),
        intents_dropped=_without(old.intents, after.intents),
        counters_added=_without(after.counters, old.counters),
        counters_dropped=_without(old.counters, after.counters),
        counters_raised=tuple(sorted(key for key in same if after.counters[key] > old.counters[key])),
        limits_raised={}
        if before is None
        else {
            name: (old.limits.get(name, 0), most)
            for name, most in after.limits.items()
            if most > old.limits.get(name, 0)
        },
        becomes_orchestrator=after.role == "orchestrator" and old.role != "orchestrator",
        becomes_unreadable=after.kind == "vendor" and old.kind != "vendor",
    )


def _without(some: Mapping[str, int] | tuple[str, ...], others: Mapping[str, int] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(some) - set(others)))
