"""How often a PIN may be tried: laws over what guests and engineers try in any order, at any pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.status import tries
from edge_agent.status.tries import ALL_BURST, ALL_EVERY_S, ONE_BURST, ONE_EVERY_S, Tries

HOUR_S = 3600.0
moves = st.lists(st.tuples(st.integers(0, 40), st.floats(0, 600)), max_size=120)


def play(deeds, known=frozenset()):
    """(tries that were let through by phone, the state, the time) after wrong tries of these phones."""
    state, now_s, through = Tries("b"), 0.0, []
    for who, after_s in deeds:
        now_s += after_s
        phone = f"phone {who}"
        if not state.wait_s(phone, now_s, known=who in known):
            through.append(who)
            state = state.tried(phone, now_s, known=who in known)
    return through, state, now_s


@given(moves)
def test_no_phone_and_not_all_strangers_together_try_more_than_their_measure(deeds):
    through, _, passed_s = play(deeds)
    for who in set(through):
        assert through.count(who) <= ONE_BURST + passed_s / ONE_EVERY_S
    assert len(through) <= ALL_BURST + passed_s / ALL_EVERY_S


@given(moves)
def test_whatever_strangers_try_a_phone_that_is_known_may_try(deeds):
    _, state, now_s = play([(who + 1, after_s) for who, after_s in deeds])
    assert state.wait_s("phone 0", now_s, known=True) == 0


def test_strangers_can_keep_strangers_away():
    """The control of the law above: what a known phone is spared."""
    _, state, now_s = play([(who, 0.0) for who in range(ALL_BURST)])
    assert state.wait_s("another", now_s, known=False) > 0


@given(moves)
def test_what_was_tried_comes_back_from_the_disk_as_it_was(deeds):
    _, state, _ = play(deeds)
    assert tries.read(tries.shown(state)) == state


def test_a_new_start_of_the_robot_forgives_nothing_but_the_time_since_it():
    _, state, _ = play([(1, 0.0)] * ONE_BURST)
    again = state.of_boot("c")
    assert again.wait_s("phone 1", 0.0, known=False) == state.wait_s("phone 1", 0.0, known=False) > 0
    assert again.wait_s("phone 1", HOUR_S, known=False) == 0
    assert state.of_boot("b") is state


def test_the_right_pin_takes_back_what_the_same_phone_tried():
    _, state, now_s = play([(1, 0.0)] * 4)
    after = state.forgiven("phone 1", now_s, known=False)
    assert (state.left("phone 1", now_s), after.left("phone 1", now_s)) == (1, 5)


@pytest.mark.parametrize("form", [None, [], {}, {"boot": "b", "phones": {"a": 1}, "strangers": [0, 0]}])
def test_a_damaged_file_is_no_count_of_no_tries(form):
    with pytest.raises(ValueError, match="no count of tries"):
        tries.read(form)
