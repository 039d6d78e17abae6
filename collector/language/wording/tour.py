"""Words of the tour of Today."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "tour_h": deferred_in("page", "A short tour"),
        "tour_step": deferred_in("page", "{at} of {of}"),
        "tour_back": deferred_in("page", "Back"),
        "tour_next": deferred_in("page", "Next"),
        "tour_end": deferred_in("page", "End the tour"),
        "tour_again": deferred_in("page", "Show the tour of Today"),
        "tour_list": deferred_in("page", "Whom to call, the weightiest first"),
        "tour_list_note": deferred_in(
            "page",
            "Each row of Calls is one account with all its reasons. The switch at the top says whose accounts these "
            "are. Each figure above the list opens the accounts that it counts.",
        ),
        "tour_evidence": deferred_in("page", "Why it is there"),
        "tour_evidence_note": deferred_in(
            "page",
            "Evidence in a row opens what its reasons rest on: the numbers, their days, and what is not known. In the "
            "first row it is open.",
        ),
        "tour_touch": deferred_in("page", "What you did about it"),
        "tour_touch_note": deferred_in(
            "page",
            "Log a touch keeps how you spoke, what was said and what follows; what follows then stands under Promised "
            "and planned. Done and snoozed can be undone until your next act.",
        ),
        "tour_search": deferred_in("page", "From anywhere to anything"),
        "tour_search_note": deferred_in(
            "page",
            "Ctrl K or / finds accounts, robots, contacts and commands, on every page. Single letters move through the "
            "list; ? shows them. Your menu at the top switches them off, and leads to My page, where this tour is "
            "opened again.",
        ),
        "tour_accounts": deferred_in("page", "The whole portfolio"),
        "tour_accounts_note": deferred_in(
            "page", "Accounts holds every account with its score, money and renewal, and the rates over all of them."
        ),
        "tour_fleet": deferred_in("page", "The robots"),
        "tour_fleet_note": deferred_in("page", "Fleet says which robots need a look, and whether it is one cause."),
    }
)
