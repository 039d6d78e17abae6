"""What a measure is, and what it may be read from. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from collector.accounts.contracts.terms import Due
from collector.health.measures.conversation import Conversation
from collector.health.measures.window import Sums
from collector.health.model import AccountInputs, Reading
from collector.health.open_days import OpenDays

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy
    from collector.health.policy.sections import SceneTarget

Source = Literal["telemetry", "contacts", "tickets", "finance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One account's day, prepared once for all measures.

    `sums` are empty where no robot is deployed. `contacts_day`, `finance_day` and `tickets_day` are the newest days
    that the sources of touches, invoices and tickets tell of; None: nobody sends them.
    """

    inputs: AccountInputs
    opened: OpenDays
    said: Conversation
    due: Due | None
    robots: int
    model: str
    scene: "SceneTarget"
    sums: Sums
    contacts_day: int | None
    finance_day: int | None
    tickets_day: int | None
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its key (the letter of its group, and a number), how it is read, and how it is treated.

    ages_with        whose limit of the section [ages] makes it stale; None: it does not age
    is_telemetry     made of what robots send: it needs a robot, and is muted while the sites are closed for long
    is_count_rate    a count over an exposure: among peers it is shrunk to the group's rate
    is_lower_better  among peers the lower value ranks higher
    is_of_scene      counts that only mean something beside the scene's target, or among peers of the same scene
    is_in_files      files of accounts, contracts and usage tell of it: the back-test over files scores it
    is_low_use       a low score of it opens the call to action for low use
    """

    key: str
    read: Callable[[Evidence], Reading]
    ages_with: Source | None = None
    is_telemetry: bool = False
    is_count_rate: bool = False
    is_lower_better: bool = False
    is_of_scene: bool = False
    is_in_files: bool = False
    is_low_use: bool = False


def missing_use(measure: str, sums: Sums) -> Reading | None:
    """Why the window says nothing of the core counter; None where it does."""
    if not sums.known_days:
        return Reading(measure=measure, value=None, state="na", why="not_arrived")
    if not sums.core_days:
        return Reading(measure=measure, value=None, state="na", why="unsupported")
    return None
