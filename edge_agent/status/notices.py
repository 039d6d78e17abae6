"""What a source noticed, as a sentence for people: in the status, on the page and in doctor's findings."""

from collections.abc import Mapping
from typing import Any

from edge_agent.status.catalogue import gettext


def sentence(notice: Mapping[str, Any], language: str) -> str:
    """`notice` as `status --json` shows it."""
    subject, since, detail = notice["subject"], notice["since"], notice["detail"]
    match notice["kind"]:
        case "rule_unmatched":
            return gettext(language, "rule {rule} has matched nothing since {since}", rule=subject, since=since)
        case "no_vehicle" if detail:
            return gettext(
                language, "no vehicle on {topics} since {since}; heard {others}",
                topics=subject, since=since, others=detail,
            )  # fmt: skip
        case "no_vehicle":
            return gettext(language, "no vehicle on {topics} since {since}", topics=subject, since=since)
    return gettext(
        language, "{gauge} cannot be read since {since}: {why}", gauge=subject, since=since, why=detail
    )  # fmt: skip


def remedy(notice: Mapping[str, Any], language: str) -> str:
    """What the one who reads it can do."""
    match notice["kind"]:
        case "rule_unmatched":
            return gettext(
                language,
                "compare it with the metrics page; it is right if its series appears with the first event only",
            )
        case "no_vehicle":
            return gettext(language, "set interfaces, manufacturer and serial as the vehicle speaks")
    return gettext(language, "correct the option that names it, or look after the sensor")
