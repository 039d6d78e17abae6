"""collector bills list | show | line | drafts | close | left-off | export | events | send | credit | …"""

import os
from typing import Any, BinaryIO

import click

from collector.commands.door import Door, door_options, store_options
from collector.commands.options import Choice, Number
from collector.operations import skill_bill_files, skill_bills, skill_credits
from collector.skillstore.billing.usage_events import FORMS

_KEY = "COLLECTOR_BILLING_KEY"
number = click.argument("number", type=Number(1, 10**12))
place = click.argument("line", type=Number(0, 100_000))
_BILL = "{:>6}  {:<8} {:<16} {:<9} {:>16} {:>14} {}"
_LINE = "{:>4}  {:<8} {:<12} {:<14} {:>14} {:>16}  {}"
_FORMS = list(FORMS)


@click.group(
    epilog=(
        "\b\n"
        "collector bills list --month 2026-05\n"
        "collector bills show 12\n"
        "collector bills line 12 3        the robots, days and records behind line 3\n"
        "collector bills export 12 --format xlsx --out bill.xlsx"
    )
)
def bills() -> None:
    """See bills for skills, open their lines, give money back."""


@bills.command(name="list")
@click.option("--account", metavar="A", help="Only of this account.")
@click.option("--month", metavar="YYYY-MM", help="Only of this month.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@door_options
def list_bills(door: Door, **wanted: Any) -> None:
    """Closed bills, the newest first."""
    request = skill_bills.ListSkillBills(**wanted)
    found = door.ask(skill_bills.list_skill_bills, request, "GET", "/skill-bills", query=wanted)
    lines = [_BILL.format("bill", "month", "account", "", "amount", "credited", "")]
    lines += [_bill_line(one) for one in found["items"]]
    door.say(found, "\n".join(lines) if found["items"] else "no bill is closed")


@bills.command()
@number
@door_options
def show(number: int, door: Door) -> None:
    """One bill with its lines, credit notes and disputes."""
    found = door.ask(skill_bills.one_skill_bill, number, "GET", f"/skill-bills/{number}")
    door.say(found, _sheet(found))


@bills.command()
@click.argument("account")
@door_options
def drafts(account: str, door: Door) -> None:
    """What the open months of an account would cost now, and what could not be billed."""
    found = door.ask(skill_bills.skill_bill_drafts, account, "GET", f"/accounts/{account}/skill-bill-drafts")
    left = [f"left off: {_left_off(one)}" for one in found["left_off"]]
    door.say(found, "\n\n".join([*map(_sheet, found["drafts"]), *left]) or "nothing was sold, so nothing is billed")


@bills.command()
@number
@place
@door_options
def line(number: int, line: int, door: Door) -> None:
    """What a line rests on: robots, days, and the records in which they were counted."""
    request = skill_bills.BillLineOf(bill=number, line=line)
    found = door.ask(skill_bills.skill_bill_line, request, "GET", f"/skill-bills/{number}/lines/{line}")
    lines = [_LINE.format("line", "month", "skill", "charge", "quantity", "amount", ""), _line_line(found["line"]), ""]
    lines += [f"{one['day']}  {one['robot']:<24} {one['count']:>12}" for one in found["days"]]
    lines += [
        f"{one['robot']}: records {one['after'] + 1} to {one['to']} of stream {one['epoch']}"
        for one in found["positions"]
    ]
    door.say(found, "\n".join(lines))


@bills.command()
@door_options
def close(door: Door) -> None:
    """Close every month whose grace is over. The collector that serves does so by itself each hour."""
    done = door.ask(skill_bills.close_skill_bills, None, "POST", "/skill-bills/close")
    failed = [f"{account}: {reason}" for account, reason in done["failed"].items()]
    door.say(done, "\n".join([f"{done['bills']} bills closed, {done['accounts']} accounts looked at", *failed]))


@bills.command(name="left-off")
@door_options
def left_off(door: Door) -> None:
    """Contract lines that the newest closing could not bill, and why."""
    found = door.ask(skill_bills.skills_left_off, None, "GET", "/skill-bills/left-off")
    door.say(found, "\n".join(f"{one['account']}: {_left_off(one)}" for one in found) or "every line could be billed")


@bills.command()
@number
@click.option("--format", "form", type=Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option("--out", type=click.File("wb"), default="-", help="A file; default: the terminal.")
@door_options
def export(number: int, form: Any, out: BinaryIO, door: Door) -> None:
    """A bill as a file; as a workbook with a second sheet of robots and days."""
    request = skill_bill_files.ExportBill(number, form, out)
    path = f"/skill-bills/{number}/file"
    door.download(skill_bill_files.export_skill_bill, request, path, out, query={"format": form})


@bills.command()
@number
@click.option("--form", type=Choice(_FORMS), required=True, help="Whose shape the events have.")
@click.option("--out", type=click.File("wb"), default="-", help="A file; default: the terminal.")
@door_options
def events(number: int, form: Any, out: BinaryIO, door: Door) -> None:
    """A bill's use as events for another billing system, one a line."""
    request = skill_bill_files.UsageEventsOf(number, form, out)
    path = f"/skill-bills/{number}/usage-events"
    door.download(skill_bill_files.usage_events, request, path, out, query={"format": form})


@bills.command()
@number
@click.option("--form", type=Choice(_FORMS), required=True, help="Whose shape the events have.")
@click.option("--to", "address", required=True, metavar="URL", help="The billing system, without a path.")
@store_options
def send(number: int, form: Any, address: str, door: Door) -> None:
    """Send a bill's use to another billing system; its key is in COLLECTOR_BILLING_KEY. Sent again it counts once."""
    key = os.environ.get(_KEY, "")
    if not key:
        raise click.UsageError(f"put the billing system's key into {_KEY}")
    request = skill_bill_files.SendUsageEvents(number, form, address, key)
    done = door.do(skill_bill_files.send_usage_events, request)
    door.say({"events": done.events}, f"{done.events} events were taken")


@bills.command()
@number
@place
@click.option("--amount", required=True, metavar="N", help="In the bill's currency: 12.50")
@click.option("--reason", required=True, metavar="TEXT", help="Kept with the note.")
@door_options
def credit(number: int, line: int, amount: str, reason: str, door: Door) -> None:
    """Propose to give money back for a line; with --url and a token of your own. A second person approves."""
    request = skill_credits.ProposeCredit(bill=number, line=line, amount=amount, reason=reason)
    body = {"line": line, "amount": amount, "reason": reason}
    done = door.ask(
        skill_credits.propose_credit_note, request, "POST", f"/skill-bills/{number}/credit-notes", body=body
    )
    door.say(done, _note(done))


@bills.command()
@click.option("--waiting", is_flag=True, help="Only those that nobody has decided.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@door_options
def credits(door: Door, limit: int, *, waiting: bool) -> None:  # noqa: A001 - the command's name
    """Credit notes, the newest first."""
    request = skill_credits.ListCreditNotes(waiting=waiting, limit=limit)
    query = {"waiting": "true" if waiting else None, "limit": limit}
    found = door.ask(skill_credits.list_credit_notes, request, "GET", "/skill-credit-notes", query=query)
    door.say(found, "\n".join(map(_note, found["items"])) or "there is no credit note")


@bills.command()
@number
@door_options
def approve(number: int, door: Door) -> None:
    """Approve a credit note that somebody else proposed; with --url and a token of your own."""
    _decide(door, number, "approve")


@bills.command()
@number
@door_options
def refuse(number: int, door: Door) -> None:
    """Refuse a credit note: it gives nothing back."""
    _decide(door, number, "refuse")


@bills.command()
@number
@place
@click.option("--reason", required=True, metavar="TEXT", help="Kept with the line.")
@door_options
def contest(number: int, line: int, reason: str, door: Door) -> None:
    """Say that a line is wrong: what it rests on is kept until that is settled."""
    request = skill_credits.ContestLine(bill=number, line=line, reason=reason)
    path = f"/skill-bills/{number}/lines/{line}/contest"
    done = door.ask(skill_credits.contest_bill_line, request, "POST", path, body={"reason": reason})
    door.say(done, f"dispute {done['id']} of line {done['line']} of bill {done['bill']} is open")


@bills.command()
@number
@click.option("--why", required=True, metavar="TEXT", help="What was found.")
@door_options
def settle(number: int, why: str, door: Door) -> None:
    """Settle a dispute, by its number."""
    request = skill_credits.SettleDispute(dispute=number, why=why)
    path = f"/skill-bill-disputes/{number}/settle"
    done = door.ask(skill_credits.settle_bill_dispute, request, "POST", path, body={"why": why})
    door.say(done, f"dispute {done['id']} is settled: {done['settled_why']}")


def _decide(door: Door, note: int, word: str) -> None:
    request = skill_credits.DecideCredit(credit_note=note, approve=word == "approve")
    done = door.ask(skill_credits.decide_credit_note, request, "POST", f"/skill-credit-notes/{note}/{word}")
    door.say(done, _note(done))


def _bill_line(one: dict[str, Any]) -> str:
    named = one["id"] if one["id"] is not None else "draft"
    return _BILL.format(named, one["month"], one["account"], one["currency"], one["amount"], one["credited"], "")


def _sheet(found: dict[str, Any]) -> str:
    lines = [_bill_line(found["bill"]), _LINE.format("line", "month", "skill", "charge", "quantity", "amount", "")]
    lines += [_line_line(one) for one in found["lines"]]
    lines += [_note(one) for one in found["credit_notes"]]
    lines += [
        f"dispute {one['id']} of line {one['line']}: {one['reason']}"
        + (f" (settled: {one['settled_why']})" if one["settled_at"] else "")
        for one in found["disputes"]
    ]
    return "\n".join(lines)


def _line_line(one: dict[str, Any]) -> str:
    said = []
    if one["missing_robot_h"]:
        said.append(f"{one['missing_robot_h']:g} of {one['expected_robot_h']:g} robot-hours have not arrived")
    said += [f"in dispute: {each['amount']} of {each['robot']} on {each['day']}" for each in one["in_dispute"]]
    if one["beyond_robots"]:
        said.append(f"more robots than were sold: {', '.join(one['beyond_robots'])}")
    return _LINE.format(
        one["place"], one["month"], one["skill"], one["charge"], one["quantity"], one["amount"], "; ".join(said)
    ).rstrip()


def _note(one: dict[str, Any]) -> str:
    return (
        f"credit note {one['id']} of line {one['line']} of bill {one['bill']}: {one['amount']} {one['currency']}, "
        f"{one['state']}: {one['reason']}"
    )


def _left_off(one: dict[str, Any]) -> str:
    other = f" ({one['other']})" if one["other"] else ""
    return f"{one['contract_line']} of {one['skill']} (entitlement {one['entitlement']}): {one['reason']}{other}"
