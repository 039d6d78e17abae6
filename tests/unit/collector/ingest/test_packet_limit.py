"""What the collector learns of a broker that ends connections over large packets."""

from collector.ingest.packet_limit import BELIEVED_S, CUT_WITHIN_S, LEAST_BYTES, PacketLimit


def cut(limit, *sizes, at):
    limit.connected(None)
    for size in sizes:
        if limit.fits(size, at):
            limit.sent(size, at)
    return limit.lost(at + 0.1)


def test_what_a_broker_says_is_obeyed_at_once():
    limit = PacketLimit()
    limit.connected(8000)
    assert (limit.fits(8000, 0), limit.fits(8001, 0)) == (True, False)
    limit.connected(None)
    assert limit.fits(8001, 0), "another connection, another limit"


def test_a_size_that_ended_two_connections_is_held_back_for_a_while_and_smaller_ones_are_not():
    limit = PacketLimit()
    assert cut(limit, 9000, 500, at=0) is None
    assert limit.fits(9000, 1), "one end may be a restart"
    assert cut(limit, 9000, 500, at=2) == 8999
    assert (limit.fits(9000, 3), limit.fits(8999, 3)) == (False, True)
    assert cut(limit, 9000, 8500, at=10) == 8499, "the next one is found at once"
    assert not limit.fits(9000, 10 + BELIEVED_S - 1)
    assert limit.fits(9000, 11 + BELIEVED_S), "it is tried again: the limit may be higher now"


def test_what_has_passed_is_no_suspect():
    limit = PacketLimit()
    limit.connected(None)
    limit.sent(9000, 0)
    limit.sent(10, CUT_WITHIN_S + 1)
    for at in (100, 200, 300):
        assert cut(limit, 9000, at=at) is None, "a broker that restarts again and again"
    assert cut(limit, LEAST_BYTES, at=400) is None
    assert limit.believed is None


def test_small_answers_that_pass_do_not_clear_a_large_one():
    limit = PacketLimit()
    for at in (0, 100):
        limit.connected(None)
        limit.sent(2000, at)
        limit.sent(9000, at + 50)
        believed = limit.lost(at + 50.1)
    assert believed == 8999
