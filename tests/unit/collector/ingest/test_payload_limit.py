"""What the collector learns of a broker that drops a message for its size and goes on."""

from collector.ingest.packet_limit import BELIEVED_S, LEAST_BYTES
from collector.ingest.payload_limit import ASKED_MOST, ASKED_S, FIRST_ID, LAST_ID, PayloadLimit


def hand(limit, *sizes, at):
    """What became of each, and the packet ids of those that asked."""
    became, ids = [], []
    for size in sizes:
        became.append(may := limit.may(size, at))
        if may == "ask":
            ids.append(limit.ask(f"t/{size}", size, at))
    return became, ids


def test_a_small_payload_asks_nothing_and_a_larger_one_until_it_is_acknowledged():
    limit = PayloadLimit()
    assert hand(limit, LEAST_BYTES, at=0) == (["go"], [])
    became, (one,) = hand(limit, 2000, at=0)
    assert became == ["ask"]
    assert hand(limit, 1500, at=0)[0] == ["ask"], "that a larger one is on its way proves nothing"
    assert limit.answered(one, 1, too_large=False).topic == "t/2000"
    assert hand(limit, 2000, 1500, 2001, at=1)[0] == ["go", "go", "ask"]
    limit.connected()
    assert (hand(limit, 2000, at=2)[0], len(limit.asked)) == (["ask"], 1), "the next connection is another broker's"


def test_more_than_eight_wait_and_none_goes_without_being_asked_about():
    limit = PayloadLimit()
    became, ids = hand(limit, *range(2000, 2000 + ASKED_MOST + 2), at=0)
    assert became == ["ask"] * ASKED_MOST + ["wait"] * 2
    limit.answered(ids[0], 0, too_large=False)
    assert hand(limit, 9000, at=0)[0] == ["ask"]
    assert hand(limit, 9500, at=ASKED_S)[0] == ["ask"], "who never answers is asked anew"
    assert len(limit.asked) == 1


def test_what_is_refused_is_held_back_for_a_while_and_the_lowest_one_counts():
    limit = PayloadLimit()
    _, (first, second, third) = hand(limit, 9000, 9500, 2000, at=0)
    limit.answered(first, 1, too_large=True)
    limit.answered(second, 2, too_large=True)
    limit.answered(third, 2, too_large=False)
    assert hand(limit, 9000, 8999, 2000, at=2 + BELIEVED_S - 1)[0] == ["too_large", "ask", "go"]
    assert hand(limit, 9000, at=2 + BELIEVED_S)[0] == ["ask"], "the limit may have been raised"


def test_an_answer_to_nothing_that_was_asked_changes_nothing():
    limit = PayloadLimit()
    assert limit.answered(7, 0, too_large=True) is None
    assert limit.believed is None


def test_packet_ids_begin_again_and_stay_apart_from_the_librarys():
    limit = PayloadLimit(_last_id=LAST_ID - 1)
    _, ids = hand(limit, 2000, 2001, 2002, at=0)
    assert ids == [LAST_ID, FIRST_ID, FIRST_ID + 1]


def test_a_broker_that_was_away_may_have_another_limit():
    limit = PayloadLimit()
    _, (one,) = hand(limit, 9000, at=0)
    limit.answered(one, 1, too_large=True)
    limit.connected()
    assert hand(limit, 9000, at=2)[0] == ["too_large"], "the control: the connection alone was lost"
    limit.anew()
    assert hand(limit, 9000, at=2)[0] == ["ask"]
