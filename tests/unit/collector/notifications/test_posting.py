"""What is kept of a receiver's answer."""

from collector.notifications.posting import _reason, _result
from collector.notifications.queue import DueDelivery


def test_an_answer_is_kept_without_signs_that_a_terminal_obeys():
    due = DueDelivery.__new__(DueDelivery)  # what is sent plays no part
    for raw, kept in (("\x1b[2JOK", "500 ?[2JOK"), ("a\x9b31mb\u202ec", "500 a?31mb?c"), ("Größe 好", "500 Größe 好")):
        assert _result(due, 500, raw).answer == kept
    assert _reason(OSError(5, "no\x1b[0m route")) == "no?[0m route"
