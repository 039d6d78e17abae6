"""An open fault as people read it: what it is, its detail, and what can be done. For status, page and doctor."""

from collections.abc import Mapping
from typing import Any

from edge_agent.status import catalogue
from edge_agent.status.catalogue import gettext
from protocol.counters import FAMILIES

OWN = "agent"


def name(fault: Mapping[str, Any], language: str) -> str:
    """`Vision camera_lost front`: the family's name, the code, and which of several."""
    family = FAMILIES.get(fault["family"])
    named = fault["family"] if family is None else catalogue.name_of(family, language)
    return " ".join(filter(None, (named, fault["code"], fault["ref"])))


def trouble(code: str, detail: str, language: str) -> str:
    """What a source says of its far side. A code that has no sentence is shown as it is."""
    said = {
        "scrape_failed": gettext(language, "its metrics page cannot be read"),
        "vehicle_broker_unreachable": gettext(language, "the vehicle's broker cannot be reached"),
        "vehicle_silent": gettext(language, "the vehicle says nothing"),
        "diagnostics_silent": gettext(language, "no diagnostics arrive"),
        "source_memory_failed": gettext(language, "its file cannot be written"),
        "process_missing": gettext(language, "a process does not run"),
    }.get(code, code)
    return f"{said}: {detail}" if detail else said


def remedy(fault: Mapping[str, Any], language: str) -> str:
    """What the one who reads it can do."""
    if fault["family"] != OWN:
        return gettext(language, "look after it on the robot; it closes when its source no longer reports it")
    remedies = {
        "scrape_failed": gettext(language, "start the exporter, or correct url in the source's table"),
        "vehicle_broker_unreachable": gettext(
            language, "start that broker, or correct url, username and password_file in the source's table"
        ),
        "vehicle_silent": gettext(language, "look whether the vehicle is on and connected to that broker"),
        "diagnostics_silent": gettext(
            language, "start rosbridge and whoever publishes the topic, or correct url and topic"
        ),
        "source_memory_failed": gettext(language, "make room in the state folder and give it to the agent's user"),
        "process_missing": gettext(language, "start it, or take it out of the source's table"),
        "reading_refused": gettext(language, "correct what counts under this name: docs/sources.md"),
        "source_failed": gettext(language, "do what its detail says; the agent starts the source again by itself"),
        "openings_unknown": gettext(
            language, "look after the fault itself, or have its program say whether it holds; this closes with it"
        ),
    }
    return remedies.get(fault["code"]) or gettext(language, "do what its detail says")
