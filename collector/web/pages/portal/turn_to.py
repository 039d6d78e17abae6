"""Whom to turn to for what: support, who looks after the account, the accounts desk."""

from dataclasses import dataclass

from collector.language.pages import Words
from collector.operations.portal import PortalSheet
from collector.web.api.routing import Call


@dataclass(frozen=True, slots=True)
class TurnTo:
    """For what, who, and how: `href` "" where nobody said an address. `by`: phone or email."""

    what: str
    who: str
    href: str
    by: str
    word: str


def of(call: Call, sheet: PortalSheet, words: Words) -> list[TurnTo]:
    """Support and the accounts desk are settings; where one is not set, the contact is asked."""
    settings, contact = call.context.settings, sheet.looks_after
    name = contact.name or words("your_contact")
    asked = contact.mail or (words("ask_who_invited") if not contact.name else "")
    return [
        _one(words("robot_stands"), words("robot_stands_note"), settings.support_contact, name, asked, words),
        _one(words("more_use"), name, contact.mail, name, asked, words),
        _one(words("contract_and_bill"), words("the_accounts_desk"), settings.billing_contact, name, asked, words),
    ]


def _one(what: str, who: str, address: str, otherwise: str, asked: str, words: Words) -> TurnTo:
    if not address:
        who, address = otherwise, asked
    if "@" in address:
        return TurnTo(what, f"{who} · {address}", f"mailto:{address}", "email", words("write_them"))
    digits = "".join(one for one in address if one.isdigit() or one == "+")
    if len(digits) >= 3:  # noqa: PLR2004 - the shortest number that anybody can be called under
        return TurnTo(what, f"{who} · {address}", f"tel:{digits}", "phone", words("call_them"))
    return TurnTo(what, f"{who} · {address}" if address else who, "", "", "")
