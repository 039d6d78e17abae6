"""One account's day as readings: raw values, the exceptions that hold, and what its peers are chosen by. Pure.

Whatever is dated after T is not looked at. A reading that is too old is stale, then absent; a muted one keeps its value
to be shown and weighs nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

from collector.accounts.contracts import terms
from collector.accounts.ledger.view import AccountLedger
from collector.health.measures import commercial, relation, reliability, usage
from collector.health.measures.conversation import Conversation, conversation
from collector.health.model import NOT_APPLICABLE, AccountInputs, Reading, Readings
from collector.health.open_days import OpenDays, open_days
from collector.health.policy.file import Policy
from collector.health.score import exceptions
from collector.health.score.profile import profile_of

TELEMETRY = ("A2", "B1", "B2", "B3", "B4", "C1", "C2", "C3")  # made of what robots send; E2 too, where it is agreed
_CONTACTS = ("D1", "D2", "D3")


def read(inputs: AccountInputs, policy: Policy) -> Readings:
    """Read one account."""
    ledger, day, clock = inputs.ledger, inputs.day, policy.clock
    opened = open_days(inputs.days, day, clock.window_open_days, clock.base_open_days)
    said = conversation(ledger, day)
    due = terms.next_due(ledger, day, grace_days=policy.renewal.grace_days) if ledger.contracts else None
    robots = opened.all[-1].robots if opened.here else 0
    model = most_common(inputs.fleet.models)
    is_closed = opened.closed_run >= clock.closed_mute_days
    sentiment = _sentiment(ledger, day, policy)
    seen = exceptions.Observed(inputs, opened, said, due, robots, policy, is_closed)
    holding, pending = exceptions.found(seen)
    raw = _telemetry(inputs, opened, model, policy) | _ledger_readings(inputs, said, due, robots, policy)
    aged = {name: _aged(reading, opened, day, policy) for name, reading in raw.items()}
    return Readings(
        account=ledger.account.id,
        row_id=ledger.row_id,
        day=day,
        industry=ledger.account.industry,
        scene=ledger.account.scene,
        model=model,
        robots=robots,
        profile=profile_of(day, terms.first_deployed(ledger, day), due, inputs.stage, policy),
        readings=_muted(aged, ledger, day, policy, is_closed=is_closed),
        exceptions=holding,
        pending=pending,
        overrides=tuple(exceptions.overrides(seen)),
        sentiment=sentiment[1] if sentiment else None,
        sentiment_day=sentiment[0] if sentiment else None,
        stage=inputs.stage,
        arr=inputs.arr,
    )


def most_common(models: Mapping[str, int]) -> str:
    """The model of most robots; of equally many the first by name; "" without any."""
    return min(models, key=lambda name: (-models[name], name), default="")


def _telemetry(inputs: AccountInputs, opened: OpenDays, model: str, policy: Policy) -> dict[str, Reading]:
    """Deployment, use and reliability."""
    onboarding = usage.a1(inputs, policy)
    if not opened.here:
        absent = {name: Reading(measure=name, value=None, state="na", why="no_robots") for name in TELEMETRY}
        return {"A1": onboarding, **absent}
    scene = policy.scene(inputs.ledger.account.scene)
    sums = usage.window_sums(opened, scene.counter)
    return {
        "A1": onboarding,
        "A2": usage.a2(sums),
        "B1": usage.b1(sums, scene.counter, scene.target),
        "B2": usage.b2(sums, opened, scene.counter, policy),
        "B3": usage.b3(sums, inputs, policy),
        "B4": usage.b4(sums, policy),
        "C1": reliability.c1(sums, model, policy),
        "C2": reliability.c2(sums),
        "C3": reliability.c3(opened, policy),
    }


def _ledger_readings(
    inputs: AccountInputs, said: Conversation, due: terms.Due | None, robots: int, policy: Policy
) -> dict[str, Reading]:
    """Relationship, voice and value, commercial and support."""
    ledger, day, feeds = inputs.ledger, inputs.day, inputs.feeds
    touched = min(day, feeds["touch"]) if "touch" in feeds else said.newest_day
    billed = min(day, feeds["invoice"]) if "invoice" in feeds else commercial.finance_day(ledger, day)
    asked = min(day, feeds["ticket"]) if "ticket" in feeds else commercial.tickets_day(ledger, day)
    return {
        "D1": relation.d1(inputs, said, policy, touched),
        "D2": relation.d2(inputs, said, policy, touched),
        "D3": relation.d3(inputs, said, policy, touched),
        "D4": relation.d4(inputs, policy),
        "E1": relation.e1(inputs, policy),
        "E2": relation.e2(inputs),
        "E3": relation.e3(inputs, policy),
        "F1": commercial.f1(inputs, due, policy),
        "F2": commercial.f2(inputs, billed),
        "F3": commercial.f3(inputs, robots, policy, asked),
    }


def _aged(reading: Reading, opened: OpenDays, day: int, policy: Policy) -> Reading:
    """Stale when its source is older than its limit, absent when older than twice that."""
    newest, ages = reading.newest_day, policy.ages
    if newest is None or reading.value is None:
        return reading
    name = reading.measure
    if name in TELEMETRY or name == "E2":
        if opened.open and newest >= opened.open[-1].day:
            return reading
        age, limit = sum(1 for each in opened.open if each.day > newest), ages.telemetry_open_days
    elif name in _CONTACTS:
        age, limit = day - newest, ages.contacts_days
    elif name == "F2":
        age, limit = day - newest, ages.finance_days
    elif name == "F3":
        age, limit = day - newest, ages.tickets_days
    else:
        return reading
    if age <= limit:
        return reading
    if age <= 2 * limit:
        return replace(reading, state="stale")
    return replace(reading, state="na", value=None, why="too_old")


def _muted(
    readings: Mapping[str, Reading], ledger: AccountLedger, day: int, policy: Policy, *, is_closed: bool
) -> dict[str, Reading]:
    """Mutes of people, and of sites that are closed for long; what does not apply anyway stays as it is."""
    found = dict(readings)
    for each in ledger.mutes:
        until = min(each.to_day, each.from_day + policy.people.mute_days - 1)
        if each.from_day <= day <= until and each.measure in found:
            said = {"mutes": [each.id], "owner": each.owner, "until_day": until}
            found[each.measure] = mute(found[each.measure], "muted", said)
    if is_closed:
        for name in TELEMETRY:
            found[name] = mute(found[name], "closed", {})
    return found


def mute(reading: Reading, why: str, said: Mapping[str, object]) -> Reading:
    """The reading, muted: its value is still shown."""
    if reading.state == "na" and reading.why in NOT_APPLICABLE:
        return reading
    return replace(reading, state="muted", why=why, detail={**reading.detail, **said})


def _sentiment(ledger: AccountLedger, day: int, policy: Policy) -> tuple[int, int] | None:
    """The newest impression with its day, for as long as a stale one is shown."""
    oldest = day - 2 * policy.ages.sentiment_days
    said = [(each.day, each.id, each.value) for each in ledger.sentiments if oldest <= each.day <= day]
    newest = max(said, default=None)
    return (newest[0], newest[2]) if newest else None
