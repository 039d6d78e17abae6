"""One line of a bill down to its robots, of a robot the days, and the records of its streams that were counted."""

from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

from collector.calendar import days
from collector.language import figures
from collector.language import skill_bills as sentences
from collector.language.pages import Words
from collector.operations import skill_bills as operations
from collector.operations.skill_bills import BillLineEvidence, BillLineOf
from collector.web.api.routing import Call
from collector.web.pages.bills import sheet, shelf

ROBOTS_SHOWN = 200


async def line_page(call: Call, words: Words) -> dict[str, Any]:
    wanted = BillLineOf(bill=call.number("bill"), line=call.number("place"))
    return figures_of(call, words, await call.do(operations.skill_bill_line, wanted))


async def draft_line_page(call: Call, words: Words) -> dict[str, Any]:
    return await draft_line_of(call, words, call.request.match_info["account"])


async def draft_line_of(call: Call, words: Words, account: str) -> dict[str, Any]:
    of = call.request.match_info
    wanted = BillLineOf(account=account, month=of["month"], currency=of["currency"], line=call.number("place"))
    return figures_of(call, words, await call.do(operations.skill_bill_line, wanted))


def figures_of(call: Call, words: Words, found: BillLineEvidence) -> dict[str, Any]:
    """A single robot is open at once; of several one is chosen by the address."""
    language = words.language
    around = shelf.framed(call, words, found.bill)
    here: shelf.Shelf = around["shelf"]
    counted: Counter[str] = Counter()
    on_days: Counter[str] = Counter()
    for one in found.days:
        counted[one.robot] += one.count
        on_days[one.robot] += 1
    robots = sorted(counted)
    chosen = call.request.query.get("robot", "")
    if chosen not in counted:
        chosen = robots[0] if len(robots) == 1 else ""
    account = {"account": found.bill.account} if here.kept else {}
    address = f"{here.of(found.bill)}/lines/{found.line.place}"
    today = days.of(call.now_s, words.zone or "UTC")
    return {
        **around,
        "line": sheet.line_of(found.line, found.bill, here, words, contested=False),
        "place": found.line.place,
        "in_dispute": sheet.amounts_in_dispute(found.line.in_dispute, today, words),
        "robots": [
            {
                "name": one,
                "href": f"{address}?{urlencode({**account, 'robot': one})}#robot",
                "days": words.number(on_days[one]),
                "counted": words.number(counted[one]),
                "is_zero": counted[one] == 0,
                "current": one == chosen,
                "is_beyond": one in found.line.beyond_robots,
            }
            for one in robots[:ROBOTS_SHOWN]
        ],
        "robots_in_all": words.number(len(robots)),
        "more": sentences.more_robots(len(robots) - ROBOTS_SHOWN, language) if len(robots) > ROBOTS_SHOWN else "",
        "chosen": chosen,
        "is_robot": found.line.expected_robot_h is not None,
        "robot_href": f"/robots/{quote(chosen, safe='')}",
        "days": [
            {"day": figures.iso_day(one.day, language), "iso": one.day, "count": words.number(one.count),
             "is_zero": one.count == 0}
            for one in found.days if one.robot == chosen
        ],
        "records": [
            {"epoch": one.epoch, "after": words.number(one.after), "to": words.number(one.to)}
            for one in found.positions if one.robot == chosen
        ],
    }  # fmt: skip
