"""Words of the customer's portal."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "my_robots": deferred_in("page", "My robots"),
        "my_use": deferred_in("page", "Use"),
        "my_goals": deferred_in("page", "Goals"),
        "my_help": deferred_in("page", "Help"),
        "my_account": deferred_in("page", "Customer"),
        "as_customer": deferred_in(
            "page", "You see what the customer sees. What you open here is not counted as its use."
        ),
        "as_the_customer": deferred_in("page", "As the customer sees it"),
        "to_the_account": deferred_in("page", "Back to the account"),
        "counted_today": deferred_in("page", "today"),
        "needs_you": deferred_in("page", "needs a look"),
        "no_own_robots": deferred_in("page", "No robot is with you today"),
        "all_my_robots": deferred_in("page", "All my robots"),
        "use_closed_days": deferred_in("page", "a day, on the last closed days"),
        "days_28_h": deferred_in("page", "28 days"),
        "our_goal": deferred_in("page", "Our goal"),
        "our_health": deferred_in("page", "Health of our work together"),
        "same_number": deferred_in("page", "The same number that your contact sees."),
        "talk_about_it": deferred_in("page", "Talk about it"),
        "no_score_yet": deferred_in("page", "There is no number yet: the first closed day makes one."),
        "data_missing": deferred_in("page", "Data still missing"),
        "nothing_missing": deferred_in("page", "Everything that was expected of 28 days has arrived."),
        "how_use_goes": deferred_in("page", "How use goes"),
        "by_step": deferred_in("page", "From passing by to using"),
        "what_they_did": deferred_in("page", "What the robots did"),
        "what_broke": deferred_in("page", "Faults"),
        "no_closed_day_yet": deferred_in("page", "No closed day is known yet. The first one appears after midnight."),
        "goals_h": deferred_in("page", "What we agreed"),
        "no_goals": deferred_in("page", "No goal is agreed yet"),
        "no_goals_note": deferred_in(
            "page", "A goal is a number that your robots count, with a day until when. Agree on one with your contact."
        ),
        "goal_h": deferred_in("page", "Goal"),
        "goal_stands_h": deferred_in("page", "So far"),
        "goal_known": deferred_in("page", "Known days"),
        "report_h": deferred_in("page", "Report"),
        "open_report": deferred_in("page", "Open the report"),
        "report_note": deferred_in("page", "Four weeks on one sheet, to print or to keep as PDF."),
        "report_of": deferred_in("page", "Report of four weeks"),
        "tickets_h": deferred_in("page", "Open tickets"),
        "no_tickets": deferred_in("page", "No ticket is open."),
        "invoices_h": deferred_in("page", "Open invoices"),
        "no_invoices": deferred_in("page", "No invoice is open."),
        "whom_to_turn_to": deferred_in("page", "Whom to turn to"),
        "robot_stands": deferred_in("page", "A robot does not move or answer"),
        "robot_stands_note": deferred_in("page", "Support"),
        "more_use": deferred_in("page", "More use, goals, training"),
        "contract_and_bill": deferred_in("page", "Contract and bill"),
        "your_contact": deferred_in("page", "Your contact"),
        "the_accounts_desk": deferred_in("page", "Accounts desk"),
        "ask_who_invited": deferred_in("page", "Ask whoever gave you this access."),
        "call_them": deferred_in("page", "Call"),
        "write_them": deferred_in("page", "Write"),
        "first_look_here": deferred_in("page", "First look here"),
        "help_dark": deferred_in(
            "page", "A robot that is not connected keeps everything and sends it later. Open its own status page on "
            "your phone, in the robot’s network: it says what to do."
        ),
        "help_zero": deferred_in(
            "page", "0 is a true zero. “–” has not arrived. “Cannot count” means that this robot cannot."
        ),
        "help_days": deferred_in("page", "Figures of closed days change only when data arrives late."),
    }
)  # fmt: skip
"""All of them."""
