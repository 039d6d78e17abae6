"""An account in sentences: why its score is held or is what it is, its use, faults, money, people and what happened.

Money is hundredths; days come as the texts that `figures` made of them.
"""

from collections.abc import Mapping, Sequence

from collector.language import figures, fleet, names
from collector.language.catalogue import gettext, ngettext


def in_days(day: str, left: int, language: str) -> str:
    """A day to come with how far away it is, or how long ago it was due."""
    if left < 0:
        return gettext(language, "{day} · {n} d overdue", day=day, n=-left)
    return ngettext(language, "{day} · in {n} day", "{day} · in {n} days", left, day=day)


def ago(day: str, passed: int, language: str) -> str:
    if not passed:
        return gettext(language, "{day} · today", day=day)
    return ngettext(language, "{day} · {n} day ago", "{day} · {n} days ago", passed, day=day)


def robots(models: Mapping[str, int], language: str) -> str:
    """`3 × tray-4, 1 of a model that is not known`. `models`: how many of each, "" for those that have not said."""
    parts = [
        gettext(language, "{n} × {models}", n=figures.number(count, language), models=model)
        for model, count in sorted(models.items())
        if model
    ]
    if unknown := models.get("", 0):
        if not parts:
            return figures.number(unknown, language)
        parts.append(
            ngettext(language, "{n} of unknown model", "{n} of unknown model", unknown,
                     n=figures.number(unknown, language))
        )  # fmt: skip
    return figures.listed(parts, language, figures.NAMES_SHOWN)


def health_fact(day: str, coverage: float, profile: str, peers: int, language: str) -> str:
    """Beside the head of health: of which day, on how much it rests, compared with how many."""
    known = figures.percent(coverage, language)
    return gettext(
        language, "{day} · {known} of the weight is known · {profile} profile · peers n = {n}", day=day, known=known,
        profile=names.profile(profile, language), n=peers,
    )  # fmt: skip


def points_sentence(kept: str, raw: str, losses: str, language: str) -> str:
    """The text form of the score bar."""
    return gettext(language, "{kept} of 100 points kept; raw {raw}; lost: {losses}", kept=kept, raw=raw, losses=losses)


def lift(text: str, points: float, language: str) -> str:
    return gettext(language, "{lift}: {points} points", lift=text, points=figures.signed(points, language))


def trend(first: str, last: str, low: str, high: str, now: str, language: str) -> str:
    """What the line of 90 days shows."""
    return gettext(
        language, "Score from {first} to {last}: between {low} and {high}, now {now}", first=first, last=last, low=low,
        high=high, now=now,
    )  # fmt: skip


def lost_sum(raw: str, lost: str, language: str) -> str:
    return gettext(language, "Raw {raw} = 100 − {lost}", raw=raw, lost=lost)


def complete(share: str, language: str) -> str:
    return gettext(language, "{share} of expected robot-hours arrived, 28 days", share=share)


def not_expected(holes: Mapping[str, int], causes: Sequence[str], language: str) -> str:
    """What the share leaves out, because nobody could expect it."""
    parts = [
        gettext(
            language,
            "{cause} {time}",
            cause=fleet.excuse(cause, language),
            time=figures.duration(holes[cause], language),
        )
        for cause in causes
        if holes.get(cause)
    ]
    return gettext(language, "Not expected: {what}.", what=figures.phrases(parts, language)) if parts else ""


def silent_robots(never: int, of: int, language: str) -> str:
    """Robots of which nothing was expected, because they never connected."""
    return ngettext(
        language, "{n} of {of} robots has never connected; nothing is expected of it yet.",
        "{n} of {of} robots have never connected; nothing is expected of them yet.", never,
        n=figures.number(never, language), of=figures.number(of, language),
    )  # fmt: skip


def known_days(known: int, of: int, language: str) -> str:
    """Days whose use is known, by the closings: what the score rests on."""
    return ngettext(
        language, "Use is known of {known} of {n} open day.", "Use is known of {known} of {n} open days.", of,
        known=figures.number(known, language), n=figures.number(of, language),
    )  # fmt: skip


def use_sentence(changes: dict[str, float | None], language: str) -> str:
    """What the funnel says, from its first and its last step; "" where nothing can be compared."""
    traffic, use = changes.get("foot_traffic"), changes.get("interaction")
    if traffic is None or use is None:
        return ""
    passing, using = _moved(traffic, language), _moved(use, language)
    return gettext(language, "Passing by {passing}, interactions {using} against the 28 days before.", passing=passing,
                   using=using)  # fmt: skip


def change(share: float, language: str) -> str:
    """`−27 %`, `+4 %`, `0 %`."""
    return _moved(share, language)


def portal_use(people: int, used_days: int, reports: int, last: str, language: str) -> str:
    """What the customer's people did in their portal in 28 days. `last`: when somebody signed in last, "" never."""
    if not last:
        return gettext(language, "Portal: nobody of the customer has signed in yet.")
    if not people:
        return gettext(language, "Portal: not used in 28 days; last signed in {day}.", day=last)
    used = ngettext(language, "on {n} day", "on {n} days", used_days)
    opened = ngettext(language, "{n} report opened", "{n} reports opened", reports)
    return ngettext(
        language, "Portal, 28 days: {n} person {used}, {opened}; last signed in {day}.",
        "Portal, 28 days: {n} people {used}, {opened}; last signed in {day}.", people, used=used, opened=opened,
        day=last,
    )  # fmt: skip


def faults_fact(episodes: int | None, hours: float, language: str) -> str:
    """`episodes` None: no robot told anything itself, and no file tells of faults."""
    if episodes is None:
        return gettext(language, "faults are not told, 28 days")
    if hours <= 0:
        return ngettext(
            language, "{n} opening, 28 days; how many hours the robots ran is not known",
            "{n} openings, 28 days; how many hours the robots ran is not known", episodes,
            n=figures.number(episodes, language),
        )  # fmt: skip
    return ngettext(
        language, "{n} opening in {hours} robot-hours, 28 days",
        "{n} openings in {hours} robot-hours, 28 days", episodes,
        n=figures.number(episodes, language), hours=figures.number(hours, language),
    )  # fmt: skip


def not_told(language: str) -> str:
    """In place of a number of faults."""
    return gettext(language, "not told")


def weeks_sentence(weeks: int, low: int, high: int, language: str) -> str:
    return gettext(
        language, "Openings of faults a week over {n} weeks, from {low} to {high}", n=weeks, low=low, high=high
    )


def on_robots(count: int, of: int, language: str) -> str:
    return gettext(language, "{n} of {of} robots", n=count, of=of)


def touched(who: str, channel: str, *, inward: bool, answered: bool, language: str) -> str:
    """One contact, on the timeline."""
    name = who or gettext(language, "somebody")
    if inward:
        return gettext(language, "{name} came to us ({channel})", name=name, channel=channel)
    if answered:
        return gettext(language, "{name} answered ({channel})", name=name, channel=channel)
    return gettext(language, "We reached out to {name} ({channel}), not answered yet", name=name, channel=channel)


def ticket(subject: str, *, closed: bool, language: str) -> str:
    if closed:
        return gettext(language, "Ticket closed: {subject}", subject=subject)
    return gettext(language, "Ticket: {subject}", subject=subject)


def survey(kind: str, score: int | None, language: str) -> str:
    if score is None:
        return gettext(language, "{kind} sent, not answered", kind=kind.upper())
    return gettext(language, "{kind} {score}", kind=kind.upper(), score=score)


def invoice(amount: str, late: int | None, language: str) -> str:
    """Paid on time or `late` days after; None: not paid yet."""
    if late is None:
        return gettext(language, "Invoice {amount} is due", amount=amount)
    if late <= 0:
        return gettext(language, "Invoice {amount} paid", amount=amount)
    return ngettext(
        language, "Invoice {amount} paid {n} day late", "Invoice {amount} paid {n} days late", late, amount=amount
    )


def review(name: str, *, held: bool, language: str) -> str:
    if held:
        return gettext(language, "{review} held", review=name)
    return gettext(language, "{review} due, not held", review=name)


def promise(text: str, *, kept: bool, language: str) -> str:
    if kept:
        return gettext(language, "Promise kept: {text}", text=text)
    return gettext(language, "Promised: {text}", text=text)


def stage(name: str, why: str, language: str) -> str:
    return gettext(language, "{stage} stage began: {why}", stage=name, why=why)


def deployed(robot: str, language: str) -> str:
    return gettext(language, "Robot {robot} deployed", robot=robot)


def taken_away(robot: str, language: str) -> str:
    return gettext(language, "Robot {robot} left", robot=robot)


def score_moved(before: str, now: str, signals: str, language: str) -> str:
    """A step of the score on one day, with the exceptions that came or went."""
    if signals:
        return gettext(language, "Score {before} → {now}: {signals}", before=before, now=now, signals=signals)
    return gettext(language, "Score {before} → {now}", before=before, now=now)


def printed(name: str, today: str, day: str, policy: str, language: str) -> str:
    """The last line of a print."""
    return gettext(
        language, "Fleetward · {name} · printed {today} · figures of {day}, policy {policy}", name=name, today=today,
        day=day, policy=policy,
    )  # fmt: skip


def _moved(share: float, language: str) -> str:
    percent = round(share * 100)
    if not percent:
        return figures.percent(0, language)
    return f"{'−' if percent < 0 else '+'}{figures.percent(abs(percent) / 100, language)}"
