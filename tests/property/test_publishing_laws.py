"""Laws of the dry run: of any fleet, wishes, release and allowance."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collector.skillstore.publishing.plan import Allowance, RobotLook, putting, removing
from opk_skills.trust.releases import Needs, Release

SKILL = "guide"


def release_of(key, digest, models=(), intents=()):
    needs = Needs("1.0.0", tuple(models), (), tuple(intents), 2, 10)
    return Release(f"fw_{0:032x}/1.opk", 100, digest, 1, 0, "1", key, needs)


OFFERED = {
    one.sha256: one
    for one in (
        release_of(SKILL, "new", ("mini",), ("guide&start",)),
        release_of("dance", "d1", (), ("dance&start",)),
        release_of("tour", "t1", (), ("guide&start",)),
    )
}
wishes = st.fixed_dictionaries(
    {},
    optional={
        SKILL: st.sampled_from(["new", "old"]), "dance": st.just("d1"), "tour": st.sampled_from(["t1", "old"]),
    },
)  # fmt: skip
robots = st.lists(
    st.builds(
        RobotLook, id=st.just(0), name=st.text("abc", min_size=1, max_size=3),
        model=st.sampled_from(["", "mini", "lucki"]), day=st.just(0), is_online=st.booleans(), revision=st.just(1),
        has_own_wish=st.just(True), wished=wishes, told=st.just(""),
    ),
    unique_by=lambda one: one.name, max_size=12,
)  # fmt: skip
most = st.one_of(st.none(), st.integers(0, 8))


@given(robots, most, st.data())
def test_the_limit_of_robots_is_never_passed_by_what_is_ready(fleet, robots_most, data):
    chosen = data.draw(st.sets(st.sampled_from([one.name for one in fleet])) if fleet else st.just(set()))
    plan = putting(OFFERED["new"], fleet, chosen, OFFERED, Allowance(lambda _: robots_most, None), is_recalled=False)
    assert [one.robot for one in plan.robots] == [one.name for one in fleet if one.name in chosen]
    held = {one.name for one in fleet if SKILL in one.wished}
    added = set(plan.ready) - held
    assert robots_most is None or not added or len(held | added) <= robots_most
    assert robots_most != 0 or not plan.ready


@given(robots, most)
def test_trying_again_after_doing_it_is_unchanged_and_so_is_the_plan_of_the_same_fleet(fleet, robots_most):
    allowance, chosen = Allowance(lambda _: robots_most, None), {one.name for one in fleet}
    plan = putting(OFFERED["new"], fleet, chosen, OFFERED, allowance, is_recalled=False)
    assert plan == putting(OFFERED["new"], fleet, chosen, OFFERED, allowance, is_recalled=False)
    done = [replace(one, wished={**one.wished, SKILL: "new"}) if one.name in plan.ready else one for one in fleet]
    again = putting(OFFERED["new"], done, chosen, OFFERED, allowance, is_recalled=False)
    assert not set(again.ready) & set(plan.ready)
    gone = removing(SKILL, done, chosen)
    assert set(gone.ready) == {one.name for one in done if SKILL in one.wished}


@given(robots)
def test_each_refusal_has_its_cause_on_that_robot_and_nothing_recalled_is_ready(fleet):
    chosen = {one.name for one in fleet}
    plan = putting(OFFERED["new"], fleet, chosen, OFFERED, Allowance(lambda _: None, None), is_recalled=False)
    for one, planned in zip(fleet, plan.robots, strict=True):
        cannot = one.model == "lucki" or one.wished.get("tour") == "t1"
        assert (planned.verdict == "refused") == (cannot and one.wished.get(SKILL) != "new")
    recalled = putting(OFFERED["new"], fleet, chosen, OFFERED, Allowance(lambda _: None, None), is_recalled=True)
    assert recalled.ready == ()
