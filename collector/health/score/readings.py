"""One account's day as readings: raw values, the exceptions that hold, and what its peers are chosen by. Pure.

Whatever is dated after T is not looked at. A reading that is too old is stale, then absent; a muted one keeps its value
to be shown and weighs nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

from collector.accounts.contracts import terms
from collector.accounts.ledger.view import AccountLedger
from collector.health import blind_spots
from collector.health.measures import commercial
from collector.health.measures.conversation import conversation
from collector.health.measures.measure import Evidence, Source
from collector.health.measures.registry import BY_KEY, TELEMETRY
from collector.health.measures.window import Sums, window_sums
from collector.health.model import NOT_APPLICABLE, AccountInputs, BlindSpot, Reading, Readings
from collector.health.open_days import OpenDays, open_days
from collector.health.policy.file import Policy
from collector.health.score import exceptions
from collector.health.score.profile import profile_of


def read(inputs: AccountInputs, policy: Policy) -> Readings:
    """Read one account."""
    ledger, day, clock = inputs.ledger, inputs.day, policy.clock
    of = _evidence(inputs, open_days(inputs.days, day, clock.window_open_days, clock.base_open_days), policy)
    is_closed = of.opened.closed_run >= clock.closed_mute_days
    sentiment = _sentiment(ledger, day, policy)
    seen = exceptions.Observed(inputs, of.opened, of.said, of.due, of.robots, policy, is_closed)
    holding, pending = exceptions.found(seen)
    return Readings(
        account=ledger.account.id,
        row_id=ledger.row_id,
        day=day,
        industry=ledger.account.industry,
        scene=ledger.account.scene,
        model=of.model,
        robots=of.robots,
        profile=profile_of(day, terms.first_deployed(ledger, day), of.due, inputs.stage, policy),
        readings=_muted(_aged(_raw(of), of), ledger, day, policy, is_closed=is_closed),
        exceptions=holding,
        pending=pending,
        overrides=tuple(exceptions.overrides(seen)),
        blind_spots=() if is_closed else _blind_spots(of, policy),
        sentiment=sentiment[1] if sentiment else None,
        sentiment_day=sentiment[0] if sentiment else None,
        stage=inputs.stage,
        arr=inputs.arr,
    )


def most_common(models: Mapping[str, int]) -> str:
    """The model of most robots; of equally many the first by name; "" without any."""
    return min(models, key=lambda name: (-models[name], name), default="")


def _evidence(inputs: AccountInputs, opened: OpenDays, policy: Policy) -> Evidence:
    ledger, day, feeds = inputs.ledger, inputs.day, inputs.feeds
    said = conversation(ledger, day)
    scene = policy.scene(ledger.account.scene)
    return Evidence(
        inputs=inputs,
        opened=opened,
        said=said,
        due=terms.next_due(ledger, day, grace_days=policy.renewal.grace_days) if ledger.contracts else None,
        robots=opened.all[-1].robots if opened.here else 0,
        model=most_common(inputs.fleet.models),
        scene=scene,
        sums=window_sums(opened, scene.counter, policy.coverage.day_from) if opened.here else Sums(),
        contacts_day=min(day, feeds["touch"]) if "touch" in feeds else said.newest_day,
        finance_day=min(day, feeds["invoice"]) if "invoice" in feeds else commercial.finance_day(ledger, day),
        tickets_day=min(day, feeds["ticket"]) if "ticket" in feeds else commercial.tickets_day(ledger, day),
        policy=policy,
    )


def _raw(of: Evidence) -> dict[str, Reading]:
    """Every measure as it is read, whatever its age. Without a robot none is made of telemetry."""
    here = of.opened.here
    return {
        key: each.read(of)
        if here or not each.is_telemetry
        else Reading(measure=key, value=None, state="na", why="no_robots")
        for key, each in BY_KEY.items()
    }


def _aged(readings: Mapping[str, Reading], of: Evidence) -> dict[str, Reading]:
    """A reading is stale when its source is older than its limit, and absent when it is older than twice that."""
    opened, day, limits = of.opened.open, of.inputs.day, _limits(of.policy)
    newest_open = opened[-1].day if opened else None
    found = dict(readings)
    for key, reading in readings.items():
        newest, source = reading.newest_day, BY_KEY[key].ages_with
        if newest is None or reading.value is None or source is None:
            continue
        if source != "telemetry":
            age = day - newest
        elif newest_open is not None and newest >= newest_open:
            continue
        else:
            age = sum(1 for each in opened if each.day > newest)
        limit = limits[source]
        if age > 2 * limit:
            found[key] = replace(reading, state="na", value=None, why="too_old")
        elif age > limit:
            found[key] = replace(reading, state="stale")
    return found


def _blind_spots(of: Evidence, policy: Policy) -> tuple[BlindSpot, ...]:
    told: Mapping[Source, int | None] = {
        "contacts": of.contacts_day, "finance": of.finance_day, "tickets": of.tickets_day,
    }  # fmt: skip
    return (*blind_spots.of_robots(of.opened), *blind_spots.of_records(told, _limits(policy), of.inputs.day))


def _limits(policy: Policy) -> Mapping[Source, int]:
    """How old each source may be: open days of telemetry, days of the others."""
    ages = policy.ages
    return {
        "telemetry": ages.telemetry_open_days, "contacts": ages.contacts_days, "finance": ages.finance_days,
        "tickets": ages.tickets_days,
    }  # fmt: skip


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
