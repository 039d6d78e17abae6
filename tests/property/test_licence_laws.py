"""Laws of licences: of any history of boots, clocks, signed words and files, and of any entitlements."""

from hypothesis import given
from hypothesis import strategies as st

from collector.skillstore.entitlements.entitlement import EntitledBy, Entitlement
from collector.skillstore.entitlements.licence import licences
from edge_agent.skills.licence import GRACE_MOST_S, Licence, Reckoned, licence_of, over, reckoned_of

SIGNED_S = 1_800_000_000
DAY_S = 86_400
lives = st.lists(st.tuples(st.integers(0, 20 * DAY_S), st.booleans()), min_size=1, max_size=12)  # ran, then a new boot
clocks = st.integers(0, SIGNED_S + 400 * DAY_S)


def lived(life, vouched_s=0):
    """What a robot that is offline has reckoned, and how long it has really run."""
    reckoned, boot, uptime_s, ran_s = Reckoned().at("0", 0, SIGNED_S, vouched_s), 0, 0, 0
    for runs_s, starts in life:
        if starts:
            boot, uptime_s = boot + 1, 0
            reckoned = reckoned.at(str(boot), 0, SIGNED_S, vouched_s)
        uptime_s, ran_s = uptime_s + runs_s, ran_s + runs_s
        reckoned = reckoned_of(reckoned.at(str(boot), uptime_s, SIGNED_S, vouched_s).note())
    return reckoned, ran_s


@given(lives, st.integers(0, GRACE_MOST_S), clocks)
def test_no_clock_renews_what_running_time_has_used_up(life, grace_s, clock_s):
    reckoned, ran_s = lived(life)
    assert reckoned.least_s >= SIGNED_S + ran_s
    why = over(Licence(None, grace_s), signed_s=SIGNED_S, least_s=reckoned.least_s, clock_s=clock_s)
    if ran_s >= grace_s:
        assert why == "licence_unheard"
    honest = over(Licence(None, grace_s), signed_s=SIGNED_S, least_s=SIGNED_S + ran_s, clock_s=SIGNED_S + ran_s)
    assert (honest == "") == (ran_s < grace_s), "the control: with a right clock it runs until the grace is over"


@given(lives, clocks, clocks)
def test_a_clock_that_was_ahead_ends_nothing_for_good(life, ahead_s, clock_s):
    reckoned, _ = lived(life)
    licence = Licence(SIGNED_S + 500 * DAY_S, GRACE_MOST_S)
    over(licence, signed_s=SIGNED_S, least_s=reckoned.least_s, clock_s=ahead_s + 10**9)
    again = over(licence, signed_s=SIGNED_S, least_s=reckoned.least_s, clock_s=clock_s)
    assert again == over(licence, signed_s=SIGNED_S, least_s=lived(life)[0].least_s, clock_s=clock_s)


@given(lives, st.integers(SIGNED_S, SIGNED_S + 100 * DAY_S), st.integers(0, GRACE_MOST_S))
def test_a_file_of_its_own_that_is_put_back_renews_nothing_that_the_outbox_vouches_for(life, vouched_s, grace_s):
    lived(life, vouched_s)
    restored = reckoned_of(None).at("x", 0, SIGNED_S, vouched_s)
    why = over(Licence(None, grace_s), signed_s=SIGNED_S, least_s=restored.least_s, clock_s=0.0)
    assert (why == "licence_unheard") == (vouched_s >= SIGNED_S + grace_s)


@given(st.integers(GRACE_MOST_S, 2**39))
def test_no_licence_grants_more_than_fourteen_days(grace_s):
    licence = licence_of({"until_s": None, "grace_s": grace_s})
    assert over(licence, signed_s=SIGNED_S, least_s=SIGNED_S + GRACE_MOST_S, clock_s=0.0) == "licence_unheard"


days = st.integers(0, 40)
rows = st.lists(st.tuples(days, st.one_of(st.none(), days)).filter(lambda one: one[1] is None or one[1] >= one[0]))


@given(rows, days)
def test_a_licence_lasts_exactly_as_long_as_days_without_a_gap_are_entitled(spans, today):
    had = [Entitlement(n, 1, "guide", a, b, EntitledBy.GRANTED, None, None, "") for n, (a, b) in enumerate(spans)]
    found = licences(had, today, lambda day: (day + 1) * DAY_S)
    if not any(one.from_day <= today for one in had):
        assert found == {}, "what begins later changes nothing today"
        return
    last = today - 1
    while last < 100 and any(one.holds_on(last + 1) for one in had):
        last += 1
    wanted = None if last == 100 else (last + 1) * DAY_S
    assert found["guide"].until_s == wanted
