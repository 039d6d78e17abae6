"""Words of the pages of bills for skills, our own people's and the customer's."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "bills": deferred_in("page", "Bills"),
        "bills_closed": deferred_in("page", "Closed bills"),
        "bills_drafts": deferred_in("page", "Open months"),
        "bills_contested": deferred_in("page", "Contested lines"),
        "credit_notes": deferred_in("page", "Credit notes"),
        "credits_waiting": deferred_in("page", "Credit notes to decide"),
        "bills_left_off": deferred_in("page", "On no bill"),
        "bill_month": deferred_in("page", "Month"),
        "bill_by_month": deferred_in("page", "By month"),
        "bill_count": deferred_in("page", "Bills, closed"),
        "bill_choose": deferred_in("page", "Which bills"),
        "bill_show": deferred_in("page", "Show these"),
        "bill_account_id": deferred_in("page", "Account, by name or number"),
        "bill_month_help": deferred_in("page", "such as 2026-05; empty: all"),
        "bill_one": deferred_in("page", "Bill"),
        "bill_amount": deferred_in("page", "To pay"),
        "bill_credited": deferred_in("page", "Given back"),
        "bill_lines": deferred_in("page", "Lines"),
        "bill_line": deferred_in("page", "Line"),
        "bill_hours": deferred_in("page", "Robot-hours"),
        "bill_watch": deferred_in("page", "To look at"),
        "bill_closed_on": deferred_in("page", "Closed on"),
        "bill_draft": deferred_in("page", "Draft"),
        "bill_draft_note": deferred_in(
            "page", "This month is open: the amount is what it would cost with all that is known now."
        ),
        "bill_charge": deferred_in("page", "Charge"),
        "bill_contract_line": deferred_in("page", "Contract line"),
        "bill_quantity": deferred_in("page", "Quantity"),
        "bill_rests_on": deferred_in("page", "Rests on"),
        "bill_zone": deferred_in("page", "The month ends at midnight in"),
        "bill_currency": deferred_in("page", "Currency"),
        "bill_no_lines": deferred_in("page", "Nothing is on it"),
        "bill_print": deferred_in("page", "Print, or keep as PDF"),
        "bill_print_page": deferred_in("page", "To print"),
        "bill_csv": deferred_in("page", "Lines as CSV"),
        "bill_xlsx": deferred_in("page", "With robots and days as XLSX"),
        "bill_in_dispute": deferred_in("page", "In dispute, on no bill"),
        "bill_in_dispute_note": deferred_in(
            "page", "More than a robot can plausibly count. Once somebody releases it, it is on the next bill."
        ),
        "no_closed_bills": deferred_in("page", "No bill is closed here"),
        "no_closed_bills_note": deferred_in(
            "page", "A month is closed some days after its end. What open months would cost stands under Open months."
        ),
        "no_draft_bills": deferred_in("page", "No open month costs anything"),
        "no_draft_bills_note": deferred_in(
            "page", "An account stands here once a contract line entitles it to a skill that has a price."
        ),
        "no_contested": deferred_in("page", "No line is contested"),
        "no_contested_note": deferred_in(
            "page", "Whoever finds a line wrong says so on the line’s page; what it rests on is then kept."
        ),
        "no_credits_waiting": deferred_in("page", "No credit note waits"),
        "no_credits_waiting_note": deferred_in(
            "page", "A credit note is proposed on the page of a line, and a second person decides it."
        ),
        "no_left_off": deferred_in("page", "Every contract line is on a bill"),
        "no_left_off_note": deferred_in("page", "A line that could not be billed stands here, with why."),
        "left_off_why": deferred_in("page", "Why not"),
        "left_off_mend": deferred_in("page", "What mends it"),
        "credit_give": deferred_in("page", "Propose a credit note"),
        "credit_amount": deferred_in("page", "Amount to give back"),
        "credit_reason": deferred_in("page", "Reason, which the customer reads"),
        "credit_help": deferred_in("page", "A second person must approve it. No more than the line is worth."),
        "credit_propose": deferred_in("page", "Propose it"),
        "credit_approve": deferred_in("page", "Approve"),
        "credit_refuse": deferred_in("page", "Refuse"),
        "credit_people": deferred_in(
            "page", "Two people make a credit note: sign in with your own name to propose or decide one."
        ),
        "no_credit_notes": deferred_in("page", "Nothing was given back on this bill."),
        "contest_h": deferred_in("page", "Is this line wrong?"),
        "contest_note": deferred_in("page", "Say why. Until it is settled, everything that the line rests on is kept."),
        "contest_reason": deferred_in("page", "What is wrong"),
        "contest_do": deferred_in("page", "Contest this line"),
        "settle_h": deferred_in("page", "Settle it"),
        "settle_why": deferred_in("page", "What was found, which the customer reads"),
        "settle_do": deferred_in("page", "Settle the dispute"),
        "no_disputes": deferred_in("page", "No line of this bill was contested."),
        "evidence_robots": deferred_in("page", "Robots, or holders of seats"),
        "evidence_days": deferred_in("page", "Day by day"),
        "evidence_records": deferred_in("page", "Records that it was counted from"),
        "evidence_counted": deferred_in("page", "Counted"),
        "evidence_days_n": deferred_in("page", "Days"),
        "evidence_stream": deferred_in("page", "Stream (epoch)"),
        "evidence_after": deferred_in("page", "After record"),
        "evidence_to": deferred_in("page", "Up to record"),
        "evidence_none": deferred_in(
            "page", "Nothing was counted for this line. A fee of an account rests on no robot."
        ),
        "evidence_no_records": deferred_in("page", "No record of a robot stands behind it."),
        "evidence_choose": deferred_in("page", "Choose a robot to see its days and records."),
        "evidence_beyond_note": deferred_in(
            "page", "On some of its days more robots had the skill than were sold. They are billed."
        ),
        "evidence_to_robot": deferred_in("page", "Open the robot"),
        "my_bills": deferred_in("page", "My bills"),
        "my_bills_note": deferred_in(
            "page", "Every line opens to the robots and days that it was counted from. What you find wrong, say there."
        ),
        "my_no_bills": deferred_in("page", "No bill yet"),
        "my_no_bills_note": deferred_in("page", "The bills for your skills stand here once a month is closed."),
        "dispute_open": deferred_in("page", "Contested"),
        "dispute_settled": deferred_in("page", "Settled"),
        "bill_say_why": deferred_in("page", "Nothing was written"),
        "bill_say_why_remedy": deferred_in("page", "Go back, write a sentence, and send the form again."),
    }
)
"""All of them."""
