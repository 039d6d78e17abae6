"""What a notice takes of a call to action, an incident or a swing; the words are those of `language.notices`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from collector.language import notices
from collector.success.ctas import Cta
from collector.success.playbooks import Text

if TYPE_CHECKING:  # statistics take a second to load
    from collector.health.anomalies.swings import Swing

NAMED_MAX = notices.LINES_MAX
of_digest = notices.of_digest
of_handed_over = notices.of_handed_over
of_incident = notices.of_incident
of_mention = notices.of_mention
of_test = notices.of_test
of_withdrawal = notices.of_withdrawal


def of_cta(cta: Cta, first: Text | None, language: str) -> tuple[str, str]:
    """Title and body of the notice of a call to action; `first` is the first step of its playbook."""
    return notices.of_cta(
        cta.account_name, cta.title.say(language), about=_about(cta), due_day=cta.due_day, priority=cta.priority,
        owner=cta.owner_name, first=None if first is None else first.say(language), language=language,
    )  # fmt: skip


def of_waiting(waiting: Sequence[Cta], language: str) -> tuple[str, str]:
    """Title and body of the notice of what one CSM has no room for today, the most urgent first."""
    return notices.of_waiting(
        waiting[0].owner_name,
        [(each.account_name, each.title.say(language), _about(each)) for each in waiting],
        language,
    )


_FACTS = ("contract", "promise", "review", "ticket", "objective")


def _about(cta: Cta) -> str:
    """The id of the fact that is its reason: one account may have a call for each of two contracts."""
    return cta.reason if any(cta.evidence.get(kind) == cta.reason for kind in _FACTS) else ""


def of_swing(one: "Swing", language: str) -> tuple[str, str]:
    """Title and body of the notice of a figure of the whole portfolio that is out of its usual range."""
    return notices.of_swing(one.figure, one.rate or 0.0, one.usual or 0.0, one.label, language)
