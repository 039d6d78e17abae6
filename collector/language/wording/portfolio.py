"""Words of the portfolio: the table of accounts, rates, capacity with its levers, rules."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "too_little_known": deferred_in("page", "too little is known"),
        "not_scored_yet": deferred_in("page", "Not scored yet"),
        "only_its_name": deferred_in("page", "only its name is known: import it as an account"),
        "portfolio": deferred_in("page", "Portfolio"),
        "score": deferred_in("page", "Score"),
        "change_28": deferred_in("page", "28 days"),
        "none_compared": deferred_in(
            "page", "none of these accounts was scored 28 days before; the column comes with the first one."
        ),
        "why": deferred_in("page", "Why"),
        "contact": deferred_in("page", "Contact"),
        "at_risk": deferred_in("page", "At risk, red and yellow"),
        "renewals_ahead": deferred_in("page", "Renewals, next 90 days"),
        "watermelons": deferred_in("page", "Watermelons"),
        "watermelons_note": deferred_in("page", "green by the numbers, held down by an exception"),
        "red_and_yellow": deferred_in("page", "Red and yellow"),
        "renew_in_90": deferred_in("page", "Renew in 90 days"),
        "nobody_looks_after": deferred_in("page", "Nobody looks after"),
        "search_accounts": deferred_in("page", "Name or number of the account"),
        "band_filter": deferred_in("page", "Band"),
        "due_filter": deferred_in("page", "Renewal within"),
        "any": deferred_in("page", "any"),
        "previous_page": deferred_in("page", "Previous page"),
        "as_csv": deferred_in("page", "CSV"),
        "as_xlsx": deferred_in("page", "XLSX"),
        "no_exception": deferred_in("page", "no exception"),
        "too_little_for_green": deferred_in("page", "too little is known for green"),
        "no_account_found": deferred_in("page", "No account is like this"),
        "no_account_found_note": deferred_in(
            "page", "Accounts stand here after their first closing. Take a filter away, or show everybody."
        ),
        "nobody": deferred_in("page", "nobody"),
        "rates": deferred_in("page", "Rates"),
        "rates_note": deferred_in("page", "Each figure with its definition; a figure opens the accounts behind it."),
        "figure": deferred_in("page", "Figure"),
        "parts": deferred_in("page", "Parts"),
        "definition": deferred_in("page", "Definition"),
        "above_line": deferred_in("page", "Above the line"),
        "below_line": deferred_in("page", "Below the line"),
        "notes": deferred_in("page", "Notes"),
        "capacity": deferred_in("page", "Capacity and cost"),
        "capacity_note": deferred_in(
            "page", "What the touch models need, who is there, and what it costs against the ARR that it keeps."
        ),
        "csm_load": deferred_in("page", "Load of each CSM"),
        "load": deferred_in("page", "Load"),
        "hours_needed": deferred_in("page", "Hours needed"),
        "hours_there": deferred_in("page", "Hours there"),
        "people_needed": deferred_in("page", "People needed"),
        "people_there": deferred_in("page", "People there"),
        "hours_short": deferred_in("page", "Hours short"),
        "segment": deferred_in("page", "Segment"),
        "cost": deferred_in("page", "Cost a year"),
        "paid": deferred_in("page", "Paid work"),
        "cost_ratio": deferred_in("page", "Cost ratio"),
        "levers": deferred_in("page", "The four levers"),
        "levers_note": deferred_in(
            "page", "Move them and see the ratio that would follow. Alone, a lever would have to be what stands below."
        ),
        "lever_cost_per_hour": deferred_in("page", "Cost of an hour"),
        "lever_hours_per_account": deferred_in("page", "Hours per account"),
        "lever_paid_revenue": deferred_in("page", "Paid revenue"),
        "lever_arr": deferred_in("page", "ARR"),
        "work_out": deferred_in("page", "Work it out"),
        "rules": deferred_in("page", "Rule precision"),
        "rules_note": deferred_in("page", "How often a rule’s call was useful, as those say who closed it."),
        "rule": deferred_in("page", "Rule"),
        "closed_calls": deferred_in("page", "Calls closed"),
        "useful_calls": deferred_in("page", "Useful"),
        "precision": deferred_in("page", "Precision"),
        "below_half": deferred_in("page", "below half"),
        "none_closed": deferred_in("page", "none closed yet"),
        "by_segment": deferred_in("page", "ARR by segment"),
        "hours_per_account_short": deferred_in("page", "Hours each"),
        "nobody_entered": deferred_in("page", "no person entered"),
        "no_cost_stated": deferred_in("page", "a person's cost is not stated"),
        "no_rate_stated": deferred_in("page", "a rate is missing"),
    }
)
