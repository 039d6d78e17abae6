"""Peers: which group, leave-one-out ranks, the gamma prior, dump and load."""

from dataclasses import replace

import pytest

from collector.built_in import HEALTH as DEFAULT
from collector.health.model import Reading, Readings
from collector.health.score import peers
from tests.health_cases import read, with_reading
from tests.policies import HEALTH

RULES = DEFAULT.peers


def account(
    i: int, value: float = 0.5, *, industry="museum", scene="exhibition_hall", model="guide-2", arr=0
) -> Readings:
    one = with_reading(BASE, "A2", value=value)
    return replace(one, account=f"a{i}", row_id=i, industry=industry, scene=scene, model=model, arr=arr)


BASE = read()


def fault_rate(points: float, hundreds: float) -> Reading:
    return Reading(measure="C1", value=points / hundreds, count=points, exposure=hundreds)


def with_faults(i: int, points: float, hundreds: float) -> Readings:
    one = account(i)
    return replace(one, readings={**one.readings, "C1": fault_rate(points, hundreds)})


@pytest.mark.parametrize(
    ("museums", "bars", "trays", "label", "n"),
    [
        (21, 0, 0, "museum × exhibition_hall × guide-2", 20),
        (20, 5, 0, "exhibition_hall × guide-2", 24),
        (10, 5, 30, "all", 44),
    ],
)
def test_the_group_is_the_narrowest_with_twenty_others(museums, bars, trays, label, n):
    portfolio = [account(i) for i in range(museums)]
    portfolio += [account(100 + i, industry="bar") for i in range(bars)]
    portfolio += [account(200 + i, model="tray-4", scene="ktv", industry="bar") for i in range(trays)]
    chosen = peers.build(portfolio, policy=HEALTH).choose(portfolio[0], RULES, "itself")
    assert (chosen.label, chosen.n) == (label, n)


def test_a_group_by_model_stands_between_scene_and_all():
    portfolio = [account(i, scene=f"scene {i % 4}") for i in range(25)]
    assert peers.build(portfolio, policy=HEALTH).choose(portfolio[0], RULES, "itself").label == "guide-2"


def test_words_that_nobody_has_written_make_no_group():
    portfolio = [account(i, industry="") for i in range(25)]
    assert (
        peers.build(portfolio, policy=HEALTH).choose(portfolio[0], RULES, "itself").label == "exhibition_hall × guide-2"
    )


def test_the_rank_leaves_the_account_out_and_is_the_share_of_those_that_are_not_better():
    portfolio = [account(i, value) for i, value in enumerate((0.1, 0.2, 0.5, 0.5, 0.8, 0.9))]
    chosen = peers.build(portfolio, policy=HEALTH).choose(portfolio[2], RULES, "itself")
    compared = chosen.compare(portfolio[2].readings["A2"], RULES)
    assert compared is not None
    assert (compared.n, compared.rank, compared.median) == (5, pytest.approx(3 / 5), 0.5)
    outsider = account(9, 0.5)
    compared = (
        peers.build(portfolio, policy=HEALTH).choose(outsider, RULES, None).compare(outsider.readings["A2"], RULES)
    )
    assert compared is not None
    assert (compared.n, compared.rank) == (6, pytest.approx(4 / 6))


def test_for_faults_fewer_is_better():
    portfolio = [with_faults(i, 10 * i, 10) for i in range(6)]
    table = peers.build(portfolio, policy=HEALTH)
    ranks = [table.choose(one, RULES, "itself").compare(one.readings["C1"], RULES).rank for one in portfolio]
    assert (ranks[0], ranks[-1]) == (1.0, 0.0)


@pytest.mark.parametrize("n", [8, 300])
@pytest.mark.parametrize(("measure", "best"), [("A2", 1.0), ("C2", 1.0), ("C3", 0.0)])
def test_nobody_is_outdone_by_others_who_are_just_as_good(n, measure, best):
    portfolio = [with_reading(account(i), measure, value=best) for i in range(n - 2)]
    worse = [with_reading(account(n + i), measure, value=1 - best) for i in range(2)]
    table = peers.build([*portfolio, *worse], policy=HEALTH)
    ranks = [
        table.choose(one, RULES, "itself").compare(one.readings[measure], RULES).rank
        for one in (portfolio[0], portfolio[-1], worse[0])
    ]
    assert ranks == [1.0, 1.0, pytest.approx(1 / (n - 1), abs=0.01)]


def test_no_faults_are_the_best_rate_also_where_a_few_others_had_some():
    portfolio = [with_faults(i, 0, 10) for i in range(30)] + [with_faults(40 + i, 30, 10) for i in range(3)]
    tiny = with_faults(50, 0, 0.1)
    table = peers.build([*portfolio, tiny], policy=HEALTH)
    for one in (portfolio[0], tiny):
        compared = table.choose(one, RULES, "itself").compare(one.readings["C1"], RULES)
        assert compared.value > 0  # shrunk: the absolute half is no certainty
        assert compared.rank == 1.0


def test_among_fewer_than_five_others_nobody_is_ranked():
    portfolio = [account(i, i / 10) for i in range(5)]
    chosen = peers.build(portfolio, policy=HEALTH).choose(portfolio[0], RULES, "itself")
    compared = chosen.compare(portfolio[0].readings["A2"], RULES)
    assert compared is not None
    assert (compared.rank, compared.n) == (None, 4)


def test_the_prior_is_fitted_by_moments():
    # others: rates 1, 2, 3 over 10 each: m = 2, sum E (r - m)^2 = 20, less (n - 1) m = 4: 16; weight 30 - 300/30 = 20
    sums = (60.0, 30.0, 300.0, 10.0 + 40.0 + 90.0)
    a, b = peers.gamma_prior(sums, 3, None, RULES)
    assert (a, b) == (pytest.approx(4 / 0.8), pytest.approx(2 / 0.8))


def test_the_prior_leaves_the_account_out():
    sums = (60.0 + 500, 30.0 + 1, 300.0 + 1, 140.0 + 500**2)
    assert peers.gamma_prior(sums, 4, (500.0, 1.0), RULES) == pytest.approx((5, 2.5))


def test_accounts_that_differ_by_chance_only_pool_up_to_a_limit():
    a, b = peers.gamma_prior((60.0, 30.0, 300.0, 120.0), 3, None, RULES)
    assert (a, b) == (100, 50)


def test_a_prior_needs_three_others_and_an_event():
    assert peers.gamma_prior((20.0, 20.0, 200.0, 20.0), 2, None, RULES) is None
    assert peers.gamma_prior((0.0, 30.0, 300.0, 0.0), 3, None, RULES) is None


def test_a_robot_with_little_time_on_line_does_not_swing():
    portfolio = [with_faults(i, 20 + i % 5, 10) for i in range(20)]
    tiny, large = with_faults(50, 2, 0.1), with_faults(51, 2000, 100)  # both 20 per 100 h, peers about 2.2
    shrunk = {}
    for one in (tiny, large):
        chosen = peers.build([*portfolio, one], policy=HEALTH).choose(one, RULES, "itself")
        shrunk[one.account] = chosen.compare(one.readings["C1"], RULES).value
    assert shrunk["a50"] < 2.3
    assert 12 < shrunk["a51"] < 20


def test_mixed_scenes_compare_use_in_units_of_their_targets():
    def of(i: int, scene: str, target: float | None, per_day: float) -> Readings:
        one = replace(account(i, scene=scene, model="", industry=""), account=f"a{i}")
        use = Reading(measure="B1", value=per_day, count=per_day * 1000, exposure=1000.0, target=target)
        return replace(one, readings={**one.readings, "B1": use})

    portfolio = [of(i, "ktv", 100.0, 50.0 + i) for i in range(8)] + [of(20, "conference", 30.0, 30.0)]
    table = peers.build(portfolio, policy=HEALTH)
    best = table.choose(portfolio[-1], RULES, "itself").compare(portfolio[-1].readings["B1"], RULES)
    assert best is not None
    assert best.rank == 1.0
    assert best.median == pytest.approx(0.535 * 30)
    nobody = of(30, "moon base", None, 10.0)
    assert table.choose(nobody, RULES, None).compare(nobody.readings["B1"], RULES) is None


def test_a_large_group_is_kept_as_quantiles_and_ranks_nearly_the_same():
    portfolio = [account(i, i / 1000) for i in range(1000)]
    table = peers.build(portfolio, policy=HEALTH)
    sample = table.groups["all"].samples["A2"]
    assert (len(sample.values), sample.whole) == (201, False)
    for one in portfolio[::97]:
        compared = table.choose(one, RULES, "itself").compare(one.readings["A2"], RULES)
        assert compared.rank == pytest.approx(one.readings["A2"].value, abs=0.01)


def test_muted_and_absent_measures_are_nobodys_peers():
    portfolio = [account(i, i / 10) for i in range(7)]
    portfolio[0] = with_reading(portfolio[0], "A2", state="muted")
    portfolio[1] = with_reading(portfolio[1], "A2", state="na", value=None)
    assert peers.build(portfolio, policy=HEALTH).groups["all"].samples["A2"].n == 5


@pytest.mark.parametrize(
    ("arrs", "least"), [((50, 30, 20), 50), ((40, 30, 20, 10), 30), ((10, 10, 10, 10), 10), ((0, 0), None), ((), None)]
)
def test_the_top_tier_makes_up_half_of_all_arr(arrs, least):
    assert peers.top_tier(arrs, 0.5) == least


def test_a_table_survives_being_written_down():
    table = peers.build([account(i, i / 30) for i in range(30)], policy=HEALTH)
    assert peers.PeerTable.load(table.dump()) == table


def test_a_rate_is_shrunk_by_what_the_others_do_without_the_account():
    others = [with_faults(i, 10.0 * (i + 1), 10) for i in range(3)]  # rates 1, 2, 3: the prior is (5, 2.5)
    one = with_faults(9, 500.0, 1)
    compared = (
        peers.build([*others, one], policy=HEALTH).choose(one, RULES, "itself").compare(one.readings["C1"], RULES)
    )
    assert compared is not None
    assert compared.value == pytest.approx((500 + 5) / (1 + 2.5))


def test_sums_do_not_depend_on_the_order_even_in_their_last_digit():
    portfolio = [with_faults(0, 1e9, 1), *(with_faults(i, 1, 1) for i in range(1, 300))]
    assert peers.build(portfolio, policy=HEALTH) == peers.build(portfolio[::-1], policy=HEALTH)
