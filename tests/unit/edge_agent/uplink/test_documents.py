"""Documents that a broker does not let pass."""

import pytest

from edge_agent.uplink.documents import AGAIN_S, ASKS_BELIEVED, ENDS_BELIEVED, Documents

SIZE, ANY = 5000, 2**28


def sent(documents, now_s=0.0, size=SIZE):
    documents.connected(anew=False)
    if documents.fits("description", size, ANY, now_s):
        documents.published("description", size, 7)
        return True
    return False


def test_one_end_over_a_document_is_chance_and_the_next_leaves_it_out_for_an_hour():
    documents = Documents()
    for _ in range(ENDS_BELIEVED):
        assert sent(documents), "the control: it is tried until it is believed"
        assert documents.ended(1.0, beside=0)
    assert documents.too_large() == {"description": SIZE}
    assert not sent(documents, 2.0)
    assert sent(documents, 2.0, size=SIZE - 1), "a smaller one is tried"
    documents.passed("description")
    assert documents.too_large() == {}


def test_it_is_tried_again_after_an_hour_and_at_once_where_the_broker_may_be_another():
    for anew, now_s, tried in ((False, 2.0, False), (False, 1.0 + AGAIN_S, True), (True, 2.0, True)):
        documents = Documents()
        for _ in range(ENDS_BELIEVED):
            sent(documents)
            documents.ended(1.0, beside=0)
        documents.connected(anew=anew)
        assert documents.fits("description", SIZE, ANY, now_s) == tried


@pytest.mark.parametrize("beside", [SIZE - 1, SIZE])
def test_what_was_larger_beside_it_is_to_blame(beside):
    documents = Documents()
    for _ in range(ENDS_BELIEVED):
        sent(documents)
        assert documents.ended(1.0, beside) == (beside < SIZE)
    assert bool(documents.too_large()) == (beside < SIZE)


def test_what_the_collector_asks_for_again_and_again_was_dropped():
    documents = Documents()
    documents.asked_again("description", 0.0)
    for n in range(ASKS_BELIEVED):
        assert sent(documents), f"the control: after {n}"
        documents.asked_again("description", 1.0)
    assert not sent(documents, 2.0)
    assert documents.is_news("description")
    assert not documents.is_news("description")


def test_what_the_broker_says_it_dropped_is_believed_at_once_and_no_other_number():
    documents = Documents()
    sent(documents)
    documents.dropped(8, 1.0)
    assert documents.too_large() == {}
    documents.dropped(7, 1.0)
    assert documents.too_large() == {"description": SIZE}
