"""The skill store in sentences: what a skill costs, who may have it, what a dry run says of a robot, what to do."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from collector.calendar.days import HOUR_S
from collector.language import figures, skills
from collector.language.catalogue import deferred, gettext, ngettext

_REFUSED = {
    "not_entitled": deferred("you do not have this skill yet"),
    "robots_most": deferred("it is on as many robots as you have it for"),
    "too_many_skills": deferred("the robot has as many skills as it can take"),
}
_OWN_REMEDY = {
    "not_entitled": deferred("Ask your contact for it."),
    "robots_most": deferred("Take it off another robot, or ask your contact for more robots."),
    "too_many_skills": deferred("Take a skill off this robot first."),
    "same_intent": deferred("Take the other skill off this robot first."),
    "wrong_model": deferred("Ask your contact for a version for this model."),
    "recalled": deferred("Nothing to do until a mended version is offered."),
    "no_room": deferred("Take a skill off this robot, or ask support to make room."),
    "core_too_old": deferred("Ask support to update the robot first."),
    "licence_over": deferred("Ask your contact to go on with it."),
    "not_heard": deferred("Switch it on and connect it: it gets the skill then."),
}
_OWN_TURNS = {
    "robot": deferred("Nothing to do: it goes on by itself."),
    "site": deferred("Whoever is at the site looks at the robot."),
    "wisher": deferred("Choose another skill or version, or ask your contact."),
    "engineer": deferred("Our engineers see to it; support knows more."),
    "publisher": deferred("Its publisher must mend it: your contact knows more."),
}
_WHEN = {
    "now": deferred("at its next safe moment"),
    "on_return": deferred("when it is connected again"),
}
_UNTOLD = {
    "space": deferred("free space"),
    "core": deferred("the version of its core"),
    "capabilities": deferred("what its body can do"),
}


def price(charges: Sequence[str], minimum: str, trial_days: int, language: str) -> str:
    """What a skill costs, of clauses that `charge` made. `minimum` "": none."""
    said = list(charges)
    if minimum:
        said.append(gettext(language, "at least {amount} a month", amount=minimum))
    if not said:
        said = [gettext(language, "free of charge")]
    if trial_days:
        said.append(ngettext(language, "{n} day to try it", "{n} days to try it", trial_days, n=trial_days))
    return figures.phrases(said, language)


def no_price(language: str) -> str:
    """Of a skill that nobody has priced."""
    return gettext(language, "price on request")


def use_charge(low: str, high: str, per: int, counter: str, language: str, *, in_seconds: bool) -> str:
    """What use costs by what is counted: from `low` to `high`, each with currency, where it goes by how much."""
    amount = low if low == high else gettext(language, "{low} to {high}", low=low, high=high)
    if per == 1:
        return gettext(language, "{amount} for each: {name}", amount=amount, name=counter)
    if in_seconds and per == HOUR_S:
        return gettext(language, "{amount} an hour: {name}", amount=amount, name=counter)
    n = figures.number(per, language)
    return gettext(language, "{amount} for {n}: {name}", amount=amount, n=n, name=counter)


def charge(kind: str, each: str, amount: str, language: str) -> str:
    """A charge that is not by use as its price says it. `amount` with its currency."""
    if kind == "one_off":
        return gettext(language, "{amount} once", amount=amount)
    if each == "robot":
        return gettext(language, "{amount} a robot and month", amount=amount)
    if each == "seat":
        return gettext(language, "{amount} a seat and month", amount=amount)
    return gettext(language, "{amount} a month", amount=amount)


def planned_charge(kind: str, each: str, amount: Decimal | None, robots: int | None, sign: str, language: str) -> str:
    """What one charge comes to after the act. `amount` None: by use or by seat, not known before."""
    if amount is None:
        if each == "seat":
            return gettext(language, "as many seats as there are then")
        return gettext(language, "by use, not known before")
    written = figures.exact(amount, sign, language)
    if kind == "one_off":
        return gettext(language, "{amount} once", amount=written)
    if robots is None:
        return gettext(language, "{amount} a month", amount=written)
    return ngettext(
        language, "{amount} a month for {n} robot", "{amount} a month for {n} robots", robots,
        amount=written, n=figures.number(robots, language),
    )  # fmt: skip


def yours(robots_most: int | None, until: str, language: str, *, is_trial: bool) -> str:
    """What an account may have of a skill. `robots_most` None: on all robots; `until` "": it goes on."""
    if is_trial:
        return gettext(language, "to try, until {day}", day=until)
    on = gettext(language, "yours, on all robots")
    if robots_most is not None:
        n = figures.number(robots_most, language)
        on = ngettext(language, "yours, on {n} robot", "yours, on {n} robots", robots_most, n=n)
    return figures.phrases([on, gettext(language, "until {day}", day=until)], language) if until else on


def not_yours(language: str) -> str:
    """Of a skill that the account may not use."""
    return gettext(language, "not yours yet")


def on_robots(active: int, wished: int, robots: int, language: str) -> str:
    """Where it is of an account's robots."""
    slots = {"n": figures.number(active, language), "of": figures.number(robots, language)}
    if not wished:
        return gettext(language, "on none of your robots")
    said = ngettext(language, "runs on {n} of {of} robot", "runs on {n} of {of} robots", robots, **slots)
    if wished <= active:
        return said
    waits = ngettext(
        language, "{n} not there yet", "{n} not there yet", wished - active, n=figures.number(wished - active, language)
    )
    return figures.phrases([said, waits], language)


def own_sentence(yours_now: int, offered: int, language: str) -> str:
    """How many skills an account may use, and how many there are."""
    if not offered:
        return gettext(language, "No skill is offered yet.")
    return ngettext(
        language, "{n} of {of} skill is yours.", "{n} of {of} skills are yours.", offered,
        n=figures.number(yours_now, language), of=figures.number(offered, language),
    )  # fmt: skip


def refused(code: str, other: str, language: str) -> str:
    """Why a robot does not get it, as a dry run found. `other`: the skill in conflict."""
    if code == "same_intent" and other:
        return gettext(language, "“{other}” answers to the same wish of guests", other=other)
    known = _REFUSED.get(code)
    return gettext(language, known) if known else skills.why(code, "", language)


def own_remedy(code: str, turn: str, language: str) -> str:
    """What the customer does about it; "" where it is not known."""
    known = _OWN_REMEDY.get(code) or _OWN_TURNS.get(turn)
    return gettext(language, known) if known else ""


def ready(when: str, language: str) -> str:
    """When a robot changes."""
    return gettext(language, _WHEN[when])


def untold(keys: Sequence[str], language: str) -> str:
    """What only the robots know."""
    if not keys:
        return ""
    what = figures.listed([gettext(language, _UNTOLD.get(key, key)) for key in keys], language)
    return gettext(
        language, "Only the robot knows: {what}. It judges this before it fetches anything, and says so here.",
        what=what,
    )  # fmt: skip


def tried(do: str, changed: int, robots: int, language: str) -> str:
    """What a dry run comes to, in one sentence."""
    slots = {"n": figures.number(changed, language), "of": figures.number(robots, language)}
    if do == "put":
        return ngettext(language, "{n} of {of} robot gets it.", "{n} of {of} robots get it.", robots, **slots)
    return ngettext(
        language, "It is taken off {n} of {of} robot.", "It is taken off {n} of {of} robots.", robots, **slots
    )


def done(do: str, changed: int, robots: int, language: str) -> str:
    """What was done, and that the others were not changed."""
    slots = {"n": figures.number(changed, language), "of": figures.number(robots, language)}
    if do == "put":
        said = ngettext(language, "Sent to {n} of {of} robot.", "Sent to {n} of {of} robots.", robots, **slots)
    else:
        said = ngettext(language, "Taken off {n} of {of} robot.", "Taken off {n} of {of} robots.", robots, **slots)
    if changed == robots:
        return said
    others = gettext(language, "Below is why not on the others.")
    return gettext(language, "{said} {more}", said=said, more=others)


def taken_back(robots: int, language: str) -> str:
    """What was put on robots, or taken off, is as it was before."""
    return ngettext(
        language, "Taken back: {n} robot is as before.", "Taken back: {n} robots are as before.", robots,
        n=figures.number(robots, language),
    )  # fmt: skip


def act(do: str, changed: int, language: str) -> str:
    """The button that does it."""
    n = figures.number(changed, language)
    if do == "put":
        return ngettext(language, "Put it on {n} robot", "Put it on {n} robots", changed, n=n)
    return ngettext(language, "Take it off {n} robot", "Take it off {n} robots", changed, n=n)


def megabytes(size: int, language: str) -> str:
    """How much a robot fetches."""
    return gettext(language, "{n} MB", n=figures.short(max(size, 100_000) / 1_000_000, language))


_REMEDIES: Mapping[str, str] = {
    "not_wished": deferred("Put the newest version on it, or ask the customer’s admin to."),
    "declined": deferred("The customer said no: talk with them before anything is changed."),
    "no_room": deferred("Take a skill off it, or make room on its card."),
    "core_too_old": deferred("Update its core first; then it takes the version by itself."),
    "no_capability": deferred("Its body cannot do this: offer another skill."),
    "wrong_model": deferred("Ask the publisher for a version for this model, or offer another skill."),
    "same_intent": deferred("Agree with the customer which of the two skills stays."),
    "licence_over": deferred("Renew what the customer may have, or take the skill off."),
    "recalled": deferred("Put a version on it that is not recalled."),
    "no_body": deferred("Set its body in the agent’s configuration."),
}
_REMEDY_OF_TURN: Mapping[str, str] = {
    "robot": deferred("Wait: it goes on by itself."),
    "site": deferred("Ask whoever is at the site to connect it or to look at its body."),
    "engineer": deferred("An engineer looks at this robot."),
    "wisher": deferred("Change what is wished for it: it cannot run so."),
    "publisher": deferred("Tell the publisher what the robot said; until then the version before stays."),
}
_HELD = {
    "cannot": deferred("cannot"), "will_not": deferred("will not"), "silent": deferred("silent"),
    "under_way": deferred("under way"),
}  # fmt: skip
_NOT_TAKEN = {
    "not_wished": deferred("nobody wished the newest version for it"),
    "declined": deferred("the customer declined the update"),
}


def held(kind: str, language: str) -> str:
    """Why a robot is not on the newest version, in two words."""
    return gettext(language, _HELD[kind])


def held_why(code: str, reason: str, language: str) -> str:
    """The same in a clause."""
    known = _NOT_TAKEN.get(code)
    return gettext(language, known) if known else skills.why(code, reason, language)


def remedy(code: str, turn: str, language: str) -> str:
    """What a colleague does about a robot that is held back; "" where nobody can say."""
    known = _REMEDIES.get(code) or _REMEDY_OF_TURN.get(turn)
    return gettext(language, known) if known else ""


def held_sentence(robots: int, accounts: int, language: str) -> str:
    """How many robots are held back, and where."""
    if not robots:
        return gettext(language, "Every robot that has a skill is on its newest version.")
    return ngettext(
        language, "{n} robot is not on the newest version of a skill, {accounts}.",
        "{n} robots are not on the newest version of a skill, {accounts}.", robots,
        n=figures.number(robots, language), accounts=skills.at_accounts(accounts, language),
    )  # fmt: skip
