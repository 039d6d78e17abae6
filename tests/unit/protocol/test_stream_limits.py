"""What the sender makes of a broker that drops a message for its size, or ends the connection over it."""

import random

import pytest

from protocol.stream import REFUSED_WAIT_S, Send, Sender


def greeted():
    sender = Sender(records=10)
    sender.connected()
    sender.acked(0, 0, 0.0)
    return sender


def test_a_broker_that_says_too_large_is_believed_at_once():
    sender = greeted()
    action = sender.next(8, 0.0)
    sender.published(1, 8, "d8", 0.0)
    sender.dropped("d8", 0.0)
    action = sender.next(8, 0.0)
    assert action == Send(1, 4)
    sender.published(1, 1, "d1", 0.0)
    sender.dropped("d1", 0.0)
    assert sender.stuck == 1


@pytest.mark.parametrize(("answers", "lost"), [(False, 0), (True, 3)])
def test_a_batch_is_lost_where_something_else_was_answered_and_not_where_nothing_is(answers, lost):
    """A collector that was stopped answers nothing, and no broker's limit is suspected for it."""
    sender = greeted()
    for n in range(3):
        action = sender.next(8, 40.0 * n)
        assert isinstance(action, Send)
        sender.published(1, action.records, f"d{n}", 40.0 * n)
        if answers:
            sender.acked(0, 8, 40.0 * n + 5.0)
    sender.next(8, 120.0)
    assert sender.lost_tries == lost
    assert sender.owed_since_s() == (85.0 if answers else 0.0)


def test_a_connection_that_ends_in_protest_halves_the_batch_on_the_next_one():
    sender = greeted()
    sender.next(8, 0.0)
    sender.published(1, 8, "d8", 0.0)
    sender.protested(1.0)
    sender.disconnected()
    sender.connected()
    sender.acked(0, 8, 2.0)
    assert sender.next(8, 2.0) == Send(1, 4)


def protests_at(sender, large, newest):
    """A broker that ends the connection at a batch with record `large` in it; how often it did until it was named."""
    ended, now_s = 0, 0.0
    while sender.stuck is None:
        ended += 1
        assert ended < 40, "it goes round for ever"
        passed, protested = sender.mark, False
        for _ in range(sender.window):  # all that is under way when the broker's word arrives
            action = sender.next(newest, now_s)
            if isinstance(action, Send):
                last = min(action.first + action.records - 1, newest)
                sender.published(action.first, last, f"{action.first}", now_s)
                protested = protested or action.first <= large <= last
                passed = passed if protested else last
        if protested:
            sender.protested(now_s)
            sender.disconnected()
            sender.connected()
        sender.acked(passed, newest, now_s)
        now_s += 60.0
    return ended


@pytest.mark.parametrize("large", [1, 5, 9, 37, 100])
def test_the_record_that_a_broker_protests_against_is_named_and_no_other_behind_it(large):
    sender = greeted()
    assert protests_at(sender, large, 100) < 25
    assert (sender.stuck, sender.mark) == (large, large - 1)


@pytest.mark.parametrize("large", [1, 5, 9, 37, 100])
def test_the_record_over_which_connections_end_without_a_word_is_named_and_no_other_behind_it(large, monkeypatch):
    monkeypatch.setattr(Sender, "protested", Sender.cut)
    sender = greeted()
    assert protests_at(sender, large, 100) < 40
    assert (sender.stuck, sender.mark) == (large, large - 1)


def test_a_record_that_ended_connections_without_a_word_waits_on_the_next_and_costs_one_each_time():
    sender = greeted()
    now_s = 0.0
    while sender.stuck is None:
        sender.published(1, 1, "d", now_s)
        sender.cut(now_s)
        sender.disconnected()
        sender.connected()
        sender.acked(0, 1, now_s)
    assert sender.next(1, now_s) is None
    again_s = now_s + REFUSED_WAIT_S
    assert isinstance(sender.next(1, again_s), Send)
    sender.published(1, 1, "d", again_s)
    sender.cut(again_s)
    sender.disconnected()
    sender.connected()
    sender.acked(0, 1, again_s)
    assert sender.next(1, again_s + 1.0) is None


def test_a_network_that_ends_every_fifth_connection_over_a_batch_is_not_taken_for_a_limit():
    sender = greeted()
    now_s, chance = 0.0, random.Random(7)
    while sender.mark < 2_000:
        now_s += 60.0
        action = sender.next(2_000, now_s)
        if not isinstance(action, Send):
            continue
        last = min(action.first + action.records - 1, 2_000)
        sender.published(action.first, last, "d", now_s)
        if chance.random() < 1 / 5:
            sender.cut(now_s)
            sender.disconnected()
            sender.connected()
            sender.acked(sender.mark, 2_000, now_s)
        else:
            sender.acked(last, 2_000, now_s)
        assert sender.stuck is None


def test_when_the_last_of_several_batches_is_blamed_another_record_is_named(monkeypatch):
    """The control."""
    monkeypatch.setattr(
        Sender, "protested", lambda self, now_s: self._unanswered(self._flights[-1], now_s, alone_max=2)
    )
    sender = greeted()
    protests_at(sender, 5, 100)
    assert sender.stuck != 5
