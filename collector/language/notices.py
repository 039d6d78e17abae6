"""Notices as a person reads them on a telephone: one line, then the steps.

Everything comes as plain values. Title and body are in the language that is asked for.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from collector.language import figures, names
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext

LINES_MAX = 50  # of a digest
_NOTE_CHARS = 400  # of a note: the rest stands on the page
_DOT = "• "
SWINGS: Mapping[str, str] = MappingProxyType(
    {
        "active": deferred_in("swing", "Active customers"),
        "renewal": deferred_in("swing", "Renewal rate"),
        "upsell": deferred_in("swing", "Upsell rate"),
        "churn": deferred_in("swing", "Logo churn"),
    }
)


def of_cta(
    account: str, title: str, *, due_day: str | None, priority: float, owner: str, first: str | None, language: str,
    about: str = "",
) -> tuple[str, str]:  # fmt: skip
    """Title and body of the notice of a call to action; `first` is the first step of its playbook, `about` the id of
    the contract, promise or ticket that it is about.
    """
    urgency = figures.number(priority, language)
    due = figures.iso_day(due_day or "-", language)
    lines = [gettext(language, "Due {day}. Priority {priority} of 100.", day=due, priority=urgency)]
    if owner:
        lines.append(gettext(language, "For {owner}.", owner=owner))
    if first is not None:
        lines.append(gettext(language, "First: {step}.", step=first))
    return headline(account, title, language, about), "\n".join(lines)


def of_mention(account: str, by: str, csm: str, text: str, language: str) -> tuple[str, str]:
    """Title and body of the notice of a note that names a CSM; `text` is the note as it was written."""
    title = gettext(language, "{account}: {by} mentions {csm} in a note", account=account, by=by, csm=csm)
    return title, text if len(text) <= _NOTE_CHARS else f"{text[:_NOTE_CHARS]}…"


def of_handed_over(
    csm: str, by: str, named: Sequence[str], accounts: int, calls: int, language: str
) -> tuple[str, str]:
    """Title and body of the notice of accounts that went to a CSM in one act; `named` are some of the `accounts`."""
    if accounts == 1:
        title = gettext(language, "{csm} looks after {account} from now on", csm=csm, account=named[0])
    else:
        title = ngettext(
            language, "{csm} looks after {n} more account", "{csm} looks after {n} more accounts", accounts, csm=csm
        )
    along = ngettext(language, "{n} call to action goes along.", "{n} calls to action go along.", calls)
    who = gettext(language, "Handed over by {by}.", by=by)
    lines = [f"{along} {who}"]
    if accounts > 1:
        lines.append(_cut([f"{_DOT}{name}" for name in named], language, accounts))
    return title, "\n".join(lines)


def headline(account: str, title: str, language: str, about: str = "") -> str:
    if about:
        return gettext(language, "{account}: {title} ({about})", account=account, title=title, about=about)
    return gettext(language, "{account}: {title}", account=account, title=title)


def of_waiting(owner: str, waiting: Sequence[tuple[str, str, str]], language: str) -> tuple[str, str]:
    """Title and body of the notice of what a CSM has no room for today: (account, title, what it is about), the most
    urgent first.
    """
    title = ngettext(
        language,
        "{n} call to action waits, the list of {owner} is full",
        "{n} calls to action wait, the list of {owner} is full",
        len(waiting), owner=owner or gettext(language, "nobody"),
    )  # fmt: skip
    return title, _cut(
        [f"{_DOT}{headline(account, title, language, about)}" for account, title, about in waiting], language
    )


def of_incident(cause: str, value: str, accounts: Sequence[str], language: str) -> tuple[str, str]:
    """Title and body of the notice of one cause that explains several accounts' falls."""
    title = gettext(
        language,
        "One cause for several accounts: {cause} {value}",
        cause=names.cause(cause, language),
        value=names.cause_value(cause, value, language),
    )
    return title, figures.listed(accounts[:LINES_MAX], language)


def of_swing(figure: str, rate: float, usual: float, label: str, language: str) -> tuple[str, str]:
    """Title and body of the notice of a figure of the whole portfolio that is out of its usual range."""
    title = gettext(
        language, "{figure}: {rate}, usually {usual}", figure=pgettext(language, "swing", SWINGS[figure]),
        rate=figures.percent(rate, language), usual=figures.percent(usual, language),
    )  # fmt: skip
    return title, gettext(language, "28 days, {label}.", label=label)


def of_digest(parts: Sequence[tuple[str, str]], language: str) -> tuple[str, str]:
    """One notice of many: their titles, and below one that is itself a list, that list."""
    lines = []
    for title, body in parts:
        lines.append(f"{_DOT}{title}")
        lines += [f"  {line}" for line in body.splitlines() if line.startswith(_DOT)]
    title = ngettext(
        language,
        "Fleetward: {n} thing since the last digest",
        "Fleetward: {n} things since the last digest",
        len(parts),
    )
    return title, _cut(lines, language)


def of_withdrawal(first: str, last: str, language: str) -> tuple[str, str]:
    """Title and body of the correction of what was said of days that were not over."""
    first, last = figures.iso_day(first, language), figures.iso_day(last, language)
    title = gettext(language, "Please ignore what Fleetward said of {first} to {last}", first=first, last=last)
    return title, gettext(language, "Its clock was ahead. Calls to action of those days are closed.")


def of_test(language: str) -> tuple[str, str]:
    """A notice that only shows that its channel works."""
    return gettext(language, "Fleetward: a test"), gettext(language, "This channel works.")


def _cut(lines: Sequence[str], language: str, all_of_them: int | None = None) -> str:
    """`all_of_them`: how many there are, where `lines` are not all."""
    more = (len(lines) if all_of_them is None else all_of_them) - LINES_MAX
    rest = [ngettext(language, "… and {n} more", "… and {n} more", more)] if more > 0 else []
    return "\n".join([*lines[:LINES_MAX], *rest])
