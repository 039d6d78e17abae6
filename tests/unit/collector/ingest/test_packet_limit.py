"""What the collector learns of a broker that ends connections over large packets."""

import pytest

from collector.ingest.packet_limit import BELIEVED_S, CUT_WITHIN_S, LEAST_BYTES, PacketLimit


def hand(limit, *sizes, at):
    """What became of each, as the broker's writer does it."""
    became = []
    for size in sizes:
        became.append(may := limit.may(size, at))
        if may == "go" and limit.sent(size, at):
            limit.pinged()
    return became


def cut(limit, *sizes, at, after_s=0.1):
    """A connection that ends without an answer."""
    limit.connected(None)
    hand(limit, *sizes, at=at)
    return limit.lost(at + after_s)


def believing(*sizes):
    """Of a broker that ended connections over the first of them."""
    limit = PacketLimit()
    assert [cut(limit, *sizes, at=at) for at in (0, 2, 4)] == [None, None, sizes[0] - 1]
    return limit


def test_what_a_broker_says_is_obeyed_at_once():
    limit = PacketLimit()
    limit.connected(8000)
    assert (limit.may(8000, 0), limit.may(8001, 0)) == ("go", "too_large")
    limit.connected(None)
    assert limit.may(8001, 0) == "go", "another connection, another limit"


def test_a_size_that_ended_two_connections_alone_is_held_back_for_a_while_and_smaller_ones_are_not():
    limit = believing(9000, 500)
    limit.connected(None)
    assert hand(limit, 9000, 8999, at=5) == ["too_large", "go"]
    assert limit.lost(5.1) == 8998, "the next one is found at once"
    assert limit.may(9000, 5 + BELIEVED_S) == "too_large"
    assert limit.may(9000, 6 + BELIEVED_S) == "go", "it is tried again: the limit may be higher now"


def test_after_the_first_end_unproven_sizes_go_one_at_a_time_each_after_the_answer():
    limit = PacketLimit()
    assert cut(limit, 3000, 9000, at=0) is None
    limit.connected(None)
    assert hand(limit, 3000, 9000, 3000, 500, at=1) == ["go", "wait", "wait", "go"]
    limit.pinged()  # of the library's keepalive
    limit.answered()
    assert hand(limit, 3000, 9000, 500, at=1) == ["go", "go", "go"]
    limit.answered()
    assert hand(limit, 8000, at=1) == ["wait"], "that answer was to the other ping"
    limit.answered()
    assert hand(limit, 8000, 20_000, 30_000, at=1) == ["go", "go", "go"], "the suspect has passed"


def test_the_larger_one_of_two_that_were_cut_alone_is_blamed():
    limit = PacketLimit()
    assert [cut(limit, *sizes, at=1) for sizes in ((9000, 3000), (9000,), (3000,))] == [None, None, 8999]


@pytest.mark.parametrize("size", [9000, LEAST_BYTES])
def test_a_broker_that_restarts_again_and_again_is_not_blamed_for_what_it_took(size):
    limit = PacketLimit()
    for at in (0, 1, 2, 3):
        limit.connected(None)
        hand(limit, size, at=at)
        limit.answered()
        assert limit.lost(at + 0.1) is None
    assert cut(limit, 9000, at=100) is None
    assert cut(limit, 9000, at=110, after_s=CUT_WITHIN_S) is None, "a broker that hung"
    assert cut(limit, 9000, at=120) is None, "so this is the first end"


def test_a_broker_that_was_away_in_between_restarts():
    limit = PacketLimit()
    for at in (0, 2, 4, 6):
        assert cut(limit, 9000, at=at) is None
        limit.anew()


@pytest.mark.parametrize("anew", [PacketLimit.anew, lambda limit: limit.connected(20_000)])
def test_what_is_believed_ends_with_an_absence_and_another_stated_limit(anew):
    limit = believing(9000)
    limit.connected(None)
    assert limit.may(9000, 5) == "too_large", "the control: another connection alone ends it not"
    anew(limit)
    limit.connected(limit.said)
    assert hand(limit, 9000, 9500, at=6) == ["go", "wait"], "with care"
    limit.answered()
    assert hand(limit, 9500, at=6) == ["go"]


def test_small_answers_that_pass_do_not_clear_a_large_one():
    limit = PacketLimit()
    believed = []
    for at in (0, 100, 200):
        limit.connected(None)
        hand(limit, 2000, at=at)
        limit.answered()
        hand(limit, 9000, at=at + 50)
        believed.append(limit.lost(at + 50.1))
    assert believed == [None, None, 8999]
