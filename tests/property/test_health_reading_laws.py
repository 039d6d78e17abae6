"""Laws of what is read of days and facts: rates do not know how large an account is, and nobody looks ahead."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.accounts.ledger.kinds import care, money, relations
from collector.health.model import AccountDay
from collector.health.score import readings
from tests.health_cases import OPEN_S, T, days, inputs, touch, who
from tests.plain_facts import a_contract
from tests.policies import HEALTH


@st.composite
def a_day(draw: st.DrawFn, at: int) -> AccountDay:
    robots = draw(st.integers(1, 4))
    heard = draw(st.integers(0, robots))
    active = draw(st.integers(0, heard))
    counts = {} if not heard else {
        "interaction": draw(st.integers(0, 300)) if active else 0, "wake_up": draw(st.integers(0, 400)),
    }  # fmt: skip
    faults = draw(st.dictionaries(st.sampled_from(["asr", "navigation", "tts"]), st.integers(0, 3), max_size=2))
    return AccountDay(
        day=at, open=draw(st.integers(0, 6)) > 0, robots=robots, heard=heard, active=active, counts=counts,
        online_s=heard * OPEN_S // 2, scheduled_s=robots * OPEN_S, faults=faults if heard else {},
        affected=dict.fromkeys(faults, (1,)) if heard else {},
        dark=tuple(range(heard + 1, robots + 1)),
    )  # fmt: skip


@st.composite
def history(draw: st.DrawFn) -> tuple[AccountDay, ...]:
    """A hundred days, of which a dozen are anything."""
    odd = draw(st.dictionaries(st.integers(T - 40, T), st.integers(), max_size=12))
    return tuple(draw(a_day(one.day)) if one.day in odd else one for one in days(T, 100))


def doubled(one: AccountDay) -> AccountDay:
    def twice(said: Mapping[str, int]) -> dict[str, int]:
        return {key: 2 * n for key, n in said.items()}

    return replace(
        one, robots=2 * one.robots, heard=2 * one.heard, active=2 * one.active, counts=twice(one.counts),
        online_s=2 * one.online_s, scheduled_s=2 * one.scheduled_s, faults=twice(one.faults),
        affected={family: (*ids, *(robot + 100 for robot in ids)) for family, ids in one.affected.items()},
        dark=(*one.dark, *(robot + 100 for robot in one.dark)),
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(seen=history())
def test_twice_the_robots_with_twice_the_counts_have_the_same_rates(seen):
    ticket = relations.Ticket(id="k", account="a1", opened_day=T - 3, urgency="urgent")
    more = relations.Ticket(id="l", account="a1", opened_day=T - 3, urgency="urgent")
    one = readings.read(inputs(days=seen, ledger={"tickets": (ticket,)}), policy=HEALTH)
    two = readings.read(
        inputs(days=tuple(doubled(each) for each in seen), ledger={"tickets": (ticket, more)}), policy=HEALTH
    )
    for name in ("A2", "B1", "B3", "C1", "C2", "C3", "F3"):
        a, b = one.readings[name], two.readings[name]
        assert (a.state, a.why) == (b.state, b.why), name
        assert b.value == (None if a.value is None else pytest.approx(a.value)), name
    assert one.readings["B4"].detail.get("rate") == two.readings["B4"].detail.get("rate")
    assert {cap.code for cap in one.exceptions if cap.code == "DARK"} == {
        cap.code for cap in two.exceptions if cap.code == "DARK"
    }


NEAR = st.integers(T - 100, T + 60)
ENDS = st.none() | NEAR


@st.composite
def facts(draw: st.DrawFn) -> dict[str, tuple[Any, ...]]:
    """A ledger whose facts lie on both sides of T, with ends on both sides of T."""

    def some(make: Any, most: int = 3) -> tuple[Any, ...]:
        return tuple(make(i) for i in range(draw(st.integers(0, most))))

    def later(start: int) -> int | None:
        return draw(st.none() | st.integers(start, start + 90))

    def of(model: Any, key: str, /, **more: Any) -> Any:
        return model(id=key, account="a1", **more)

    contact = st.sampled_from(["a1-sponsor", "a1-champion", None])
    starts = [draw(NEAR) for _ in range(3)]
    return {
        "touches": some(lambda i: touch(
            f"t{i}", (at := draw(NEAR)), contact=draw(contact), direction=draw(st.sampled_from(["in", "out"])),
            channel=draw(st.sampled_from(["phone", "email"])), answered=draw(st.sampled_from(["yes", "no", "auto"])),
            answered_day=later(at),
        ), 6),
        "surveys": some(lambda i: of(
            relations.Survey, f"s{i}", day=(at := draw(NEAR)), kind="nps", score=draw(st.none() | st.integers(0, 10)),
            answered_day=later(at),
        )),
        "tickets": some(lambda i: of(
            relations.Ticket, f"k{i}", opened_day=(at := draw(NEAR)), urgency=draw(st.sampled_from(["urgent", "low"])),
            closed_day=later(at), sla_day=later(at),
        )),
        "invoices": some(lambda i: of(
            money.Invoice, f"i{i}", issued_day=(at := draw(NEAR)), due_day=at + draw(st.integers(0, 30)), amount=1,
            paid_day=later(at),
        )),
        "references": some(lambda i: of(
            relations.Reference, f"r{i}", asked_day=(at := draw(NEAR)), outcome_day=at + draw(st.integers(0, 60)),
            outcome=draw(st.sampled_from(["accepted", "declined", "pending"])),
        )),
        "signals": some(lambda i: of(
            relations.SignalSeen, f"g{i}", day=draw(NEAR), count=draw(st.integers(1, 9)),
            signal=draw(st.sampled_from(["competitor", "data_export", "config_edit", "update_declined"])),
        ), 5),
        "reviews": some(lambda i: of(relations.Review, f"v{i}", due_day=(at := draw(NEAR)), held_day=later(at))),
        "sentiments": some(lambda i: of(relations.Sentiment, f"n{i}", day=draw(NEAR), value=draw(st.integers(1, 5)))),
        "onboarding": some(lambda i: of(
            care.Onboarding, f"o{i}", step="map", started_at=(at := draw(NEAR) * 86_400),
            done_at=draw(st.none() | st.integers(at, at + 40 * 86_400)),
        )),
        "mutes": some(lambda i: of(
            care.Mute, f"m{i}", measure="B2", from_day=(at := draw(NEAR)), to_day=at + 5, reason="x", owner="csm",
        ), 1),
        "contracts": (of(a_contract, "c", starts=T - 200, ends=draw(NEAR)),),
        "renewals": some(lambda i: of(
            money.Renewal, f"w{i}", contract="c", due_day=draw(NEAR), notice_day=draw(ENDS),
            outcome=draw(st.sampled_from(["pending", "renewed", "lost"])), decided_day=draw(NEAR),
        ), 1),
        "renewal_steps": tuple(
            of(money.RenewalStep, f"p{i}", contract="c", step="contacted", done_day=at) for i, at in enumerate(starts)
        ),
        "deployments": tuple(
            of(who.Deployment, f"d{i}", robot=f"r{i}", from_day=draw(NEAR), to_day=draw(ENDS)) for i in range(2)
        ),
    }  # fmt: skip


BEGAN = ("day", "opened_day", "issued_day", "asked_day", "due_day", "started_at", "from_day", "done_day")
ENDED = ("answered_day", "closed_day", "paid_day", "held_day", "done_at", "outcome_day", "decided_day", "notice_day")


def as_of(field: str, fact: Any, end_s: int) -> Any | None:
    """The fact as it stood at the end of T: None when it had not begun; what ended later had not ended."""

    def is_later(name: str) -> bool:
        when = getattr(fact, name, None)
        return when is not None and (when >= end_s if name.endswith("_at") else when > T)

    if field not in ("renewals", "contracts", "invoices") and any(is_later(name) for name in BEGAN):
        return None
    if field == "invoices" and is_later("issued_day"):
        return None
    later = {name: None for name in ENDED if hasattr(fact, name) and is_later(name)}
    if "answered_day" in later:
        silent = {"answered": "no"} if getattr(fact, "answered", "") == "yes" else {}
        later |= silent if field == "touches" else {"score": None}
    if "outcome_day" in later:
        later |= {"outcome": "pending"}
    if "decided_day" in later:
        later |= {"outcome": "pending"}
    return replace(fact, **later)


@settings(max_examples=120, deadline=None)
@given(said=facts(), seen=history(), after=st.integers(0, 30))
def test_nothing_that_happens_after_the_day_changes_it(said, seen, after):
    end_s = (T + 1) * 86_400 - 8 * 3600  # midnight in Shanghai
    then = {
        field: tuple(s for f in known if (s := as_of(field, f, end_s)) is not None) for field, known in said.items()
    }
    ahead = (*seen, *(AccountDay(day=T + i, robots=1, heard=1) for i in range(1, after)))
    with_future = readings.read(inputs(days=ahead, ledger=said), policy=HEALTH)
    as_it_stood = readings.read(inputs(days=seen, ledger=then), policy=HEALTH)
    assert with_future == as_it_stood
