"""The two state machines of the stream, step by step; test_stream_simulation.py runs them against each other."""

import pytest

from protocol.limits import SEQ_MAX
from protocol.stream import (
    ACK_TIMEOUT_S,
    HELLO_FIRST_S,
    REFUSED_WAIT_S,
    SILENT_ALONE,
    BatchVerdict,
    Forget,
    GiveUp,
    Hello,
    Judged,
    Rewound,
    Send,
    Sender,
    StreamStanding,
    Take,
    after_close,
    after_salvage,
    receive,
    take,
    take_salvaged,
)


def greeted(mark: int = 0, newest: int = 100, **options: int) -> Sender:
    sender = Sender(mark=mark, records=10, **options)
    sender.connected()
    assert sender.next(newest, 0.0) == Hello(mark + 1)
    sender.published(mark + 1, mark, "", 0.0)
    sender.acked(mark, newest, 0.0)
    return sender


def send_all(sender: Sender, newest: int, now_s: float) -> list[Send]:
    found = []
    while isinstance(action := sender.next(newest, now_s), Send):
        found.append(action)
        last = min(action.first + action.records - 1, newest)
        sender.published(action.first, last, f"{action.first}", now_s)
    return found


def test_nothing_is_sent_before_the_hello_is_answered():
    sender = Sender()
    assert sender.next(5, 0.0) is None
    sender.connected()
    assert sender.next(5, 0.0) == Hello(1)
    sender.published(1, 0, "", 0.0)
    assert sender.next(5, 1.0) is None
    assert sender.waits_until_s() == HELLO_FIRST_S
    assert sender.next(5, HELLO_FIRST_S) == Hello(1)


def test_a_hello_nobody_answers_is_repeated_ever_more_seldom_up_to_the_ack_timeout():
    sender = Sender()
    sender.connected()
    waits, now = [], 0.0
    for _ in range(5):
        assert sender.next(5, now) == Hello(1)
        sender.published(1, 0, "", now)
        due = sender.waits_until_s()
        waits.append(due - now)
        now = due
    assert waits == [4, 8, 16, ACK_TIMEOUT_S, ACK_TIMEOUT_S]


def test_at_most_four_batches_are_in_flight():
    sender = greeted()
    assert [s.first for s in send_all(sender, 100, 0.0)] == [1, 11, 21, 31]
    assert sender.acked(20, 100, 1.0) == Forget(20)
    assert [s.first for s in send_all(sender, 100, 1.0)] == [41, 51]


def test_an_ack_while_offline_changes_nothing():
    sender = greeted()
    sender.disconnected()
    assert sender.acked(5, 100, 1.0) is None
    assert sender.mark == 0


def test_without_an_answer_the_sender_goes_back_to_the_mark():
    sender = greeted()
    send_all(sender, 25, 0.0)
    assert sender.waits_until_s() == ACK_TIMEOUT_S
    assert sender.next(25, ACK_TIMEOUT_S) == Send(1, 5)  # and smaller: a broker may drop what is too large


def test_a_gap_sends_the_sender_back_once_however_many_acks_tell_it():
    sender = greeted()
    send_all(sender, 40, 10.0)
    sender.acked(10, 40, 11.0, gap=True)
    assert [s.first for s in send_all(sender, 40, 11.0)] == [11, 21, 31]
    sender.acked(10, 40, 11.1, gap=True)
    assert sender.next(40, 11.2) is None


def test_a_stale_ack_moves_nothing():
    sender = greeted()
    send_all(sender, 40, 0.0)
    assert sender.acked(20, 40, 1.0) == Forget(20)
    assert sender.acked(10, 40, 1.0) is None
    assert sender.mark == 20


def test_a_restored_collector_takes_the_sender_back_with_it():
    sender = greeted(mark=50)
    assert sender.acked(30, 100, 10.0, gap=True) is None
    assert sender.next(100, 10.0) == Send(31, 10)
    sender.disconnected()
    sender.connected()
    sender.acked(20, 100, 11.0)
    assert sender.next(100, 11.0) == Send(21, 10)


def test_a_mark_beyond_the_newest_record_means_a_new_epoch():
    assert greeted().acked(101, 100, 1.0) == Rewound(101)


def test_a_mark_beyond_what_was_ever_sent_means_a_new_epoch_even_if_the_outbox_has_grown_past_it():
    sender = greeted(mark=10, newest=100, sent_through=10)
    assert sender.acked(50, 100, 1.0) == Rewound(50)
    send_all(sender, 50, 1.0)
    assert sender.acked(50, 100, 1.0) == Forget(50)


def test_a_pause_is_kept_and_then_forgotten():
    sender = greeted()
    sender.acked(0, 100, 1.0, pause_s=20)
    assert sender.next(100, 20.0) is None
    assert sender.waits_until_s() == 21.0
    assert sender.next(100, 21.0) == Send(1, 10)
    assert sender.waits_until_s() is None


def test_a_pause_outlasts_the_timeout_of_what_is_in_flight():
    sender = greeted()
    send_all(sender, 10, 0.0)
    sender.acked(0, 10, 1.0, pause_s=100)
    assert sender.waits_until_s() == 101.0


def test_silence_is_measured_from_the_first_thing_unanswered():
    sender = greeted()
    assert sender.silent_s(50.0) == 0.0
    send_all(sender, 10, 50.0)
    assert sender.next(10, 50.0 + ACK_TIMEOUT_S) == Send(1, 5)
    sender.published(1, 10, "1", 80.0)
    assert sender.silent_s(100.0) == 50.0
    sender.acked(10, 10, 101.0)
    assert sender.silent_s(200.0) == 0.0


def test_a_refused_batch_is_halved_until_one_record_is_given_up():
    sender = greeted()
    asked = []
    for now_s in range(10):
        action = sender.next(10, float(now_s))
        assert isinstance(action, Send)
        asked.append(action.records)
        sender.published(action.first, action.first + action.records - 1, "bad", float(now_s))
        if given_up := sender.refused("bad", "json: duplicate key", float(now_s)):
            break
    assert asked == [10, 5, 2, 1]
    assert given_up == GiveUp(1, "json: duplicate key")
    sender.published(1, 1, "good", 9.0)
    assert sender.acked(1, 10, 9.0) == Forget(1)
    assert sender.next(10, 9.0) == Send(2, 10)


def test_a_refused_merge_is_given_up_although_it_spans_many_numbers():
    sender = greeted()
    for now_s in range(10):
        action = sender.next(50, float(now_s))
        assert isinstance(action, Send)
        sender.published(1, 50, "bad", float(now_s))
        if given_up := sender.refused("bad", "too_large", float(now_s)):
            break
    assert given_up == GiveUp(50, "too_large")


def test_a_collector_that_refuses_everything_costs_one_record_and_one_small_batch_in_ten_minutes():
    sender = greeted(newest=500)
    sent, given_up = [], []
    for tick in range(int(2 * REFUSED_WAIT_S) * 5):
        now_s = tick / 5
        if isinstance(action := sender.next(500, now_s), Send):
            sent.append(action)
            sender.published(action.first, min(500, action.first + action.records - 1), str(tick), now_s)
            if found := sender.refused(str(tick), "store: no such column", now_s):
                given_up.append(found.seq)
        if tick == 500:  # a link that comes and goes makes it no worse
            sender.disconnected()
            sender.connected()
            sender.acked(0, 500, now_s)
    assert given_up == [1]
    assert [action.records for action in sent] == [10, 5, 2, 1, 1, 1, 1], "a reconnect and two waits are one batch each"


def test_the_next_bad_record_is_given_up_once_the_mark_has_moved():
    sender = greeted()
    for seq in (1, 2, 3):
        while True:
            action = sender.next(10, 1.0)
            assert isinstance(action, Send)
            sender.published(action.first, min(10, action.first + action.records - 1), "bad", 1.0)
            if found := sender.refused("bad", "json", 1.0):
                break
        assert found == GiveUp(seq, "json")
        assert sender.next(10, 1.0) == Send(seq, 1)
        sender.published(seq, seq, "lost", 1.0)
        assert sender.acked(seq, 10, 1.0) == Forget(seq)


def test_a_refusal_of_something_else_changes_nothing():
    sender = greeted()
    send_all(sender, 10, 0.0)
    assert sender.refused("other", "json", 1.0) is None
    assert sender.next(10, 1.0) is None


@pytest.mark.parametrize("reason", ["unknown_robot: add it", "dictionary: no dictionary 2", "version", "a new word"])
def test_a_refusal_that_no_record_can_cure_costs_no_record(reason):
    sender = greeted()
    sender.published(1, 1, "bad", 0.0)
    assert sender.refused("bad", reason, 0.0) is None
    assert sender.next(10, REFUSED_WAIT_S - 1) is None
    assert sender.next(10, REFUSED_WAIT_S) == Send(1, 10)


@pytest.mark.parametrize(
    ("mark", "first", "last", "held", "decision"),
    [
        (0, 1, 0, 1, Judged(BatchVerdict.HELLO, 0)),
        (7, 8, 7, 8, Judged(BatchVerdict.HELLO, 7)),
        (0, 1, 5, 1, Judged(BatchVerdict.COMMIT, 5, 0)),
        (3, 1, 5, 1, Judged(BatchVerdict.COMMIT, 5, 3)),
        (5, 1, 5, 1, Judged(BatchVerdict.DUPLICATE, 5)),
        (9, 1, 5, 1, Judged(BatchVerdict.DUPLICATE, 9)),
        (3, 5, 8, 1, Judged(BatchVerdict.GAP, 3)),
        (3, 5, 8, 4, Judged(BatchVerdict.GAP, 3)),
        (3, 5, 8, 5, Judged(BatchVerdict.COMMIT, 8, 3, (4, 4))),
        (0, 101, 110, 101, Judged(BatchVerdict.COMMIT, 110, 0, (1, 100))),
        (3, 4, 8, 7, Judged(BatchVerdict.COMMIT, 8, 3, (4, 6))),
        (3, 4, 8, 20, Judged(BatchVerdict.COMMIT, 8, 3, (4, 8))),
    ],
)
def test_a_batch_is_judged_by_its_envelope(mark, first, last, held, decision):
    assert receive(StreamStanding(mark), first, last, held) == decision


@pytest.mark.parametrize(("first", "last"), [(1, 5), (6, 5), (6, 9)])
def test_a_closed_epoch_answers_with_a_mark_that_makes_the_robot_start_a_new_one(first, last):
    decision = receive(StreamStanding(5, closed=True), first, last, 1)
    assert decision == Judged(BatchVerdict.CLOSED, SEQ_MAX)
    assert greeted().acked(decision.mark, 100, 1.0) == Rewound(SEQ_MAX)


@pytest.mark.parametrize(
    ("seq", "merged_first", "previous", "expected"),
    [
        (5, None, 0, Take.HAVE),
        (6, None, 5, Take.TAKE),
        (6, None, 6, Take.BROKEN),
        (6, None, 7, Take.BROKEN),
        (11, None, 6, Take.BROKEN),
        (9, 6, 0, Take.TAKE),
        (9, 5, 0, Take.BROKEN),
        (9, 10, 0, Take.BROKEN),
    ],
)
def test_a_record_is_taken_once_and_in_order(seq, merged_first, previous, expected):
    assert take(seq, merged_first, Judged(BatchVerdict.COMMIT, 10, 5), previous) is expected


def test_a_file_that_is_salvaged_twice_counts_once():
    old: StreamStanding | None = StreamStanding(4, closed=True)
    assert not take_salvaged(old, 4)
    assert take_salvaged(old, 5)
    old = after_salvage(old, 5)
    assert old == StreamStanding(5, closed=True)
    assert not take_salvaged(old, 5)


def test_a_salvaged_record_of_an_unknown_epoch_is_taken_and_makes_it_known():
    assert take_salvaged(None, 3)
    assert after_salvage(None, 3) == StreamStanding(3)


@pytest.mark.parametrize(
    ("old", "held", "standing", "hole"),
    [
        (None, 1, StreamStanding(0, closed=True), None),
        (None, 6, StreamStanding(5, closed=True), (1, 5)),
        (StreamStanding(5), 6, StreamStanding(5, closed=True), None),
        (StreamStanding(5), 3, StreamStanding(5, closed=True), None),
        (StreamStanding(5), 9, StreamStanding(8, closed=True), (6, 8)),
        (StreamStanding(5, closed=True), 9, StreamStanding(5, closed=True), None),
    ],
)
def test_closing_an_epoch_shows_what_will_never_come(old, held, standing, hole):
    assert after_close(old, held) == (standing, hole)


def passes_at_most(sender, most, newest=100, now_s=0.0):
    """A broker of MQTT 3.1.1 drops batches of more than `most` records without a word; how long it took."""
    while sender.mark < newest and now_s < 10_000:
        action = sender.next(newest, now_s)
        if not isinstance(action, Send):
            now_s += 1
            continue
        last = min(action.first + action.records - 1, newest)
        sender.published(action.first, last, f"{action.first}", now_s)
        if last - action.first < most and action.first == sender.mark + 1:
            sender.acked(last, newest, now_s)
    return now_s


def test_batches_that_are_not_answered_are_halved_until_they_pass():
    sender = greeted()
    assert passes_at_most(sender, 2) < 10 * ACK_TIMEOUT_S
    assert (sender.mark, sender.stuck) == (100, None)


def test_without_halving_nothing_passes(monkeypatch):
    """The control."""
    monkeypatch.setattr(Sender, "_unanswered", lambda self, _flight, now_s, **_: self._go_back(now_s))
    sender = greeted()
    passes_at_most(sender, 2)
    assert sender.mark == 0


def test_a_record_that_does_not_pass_alone_is_named_and_waits_for_a_person():
    sender = greeted()
    sender.next(1, 0.0)
    for n in range(SILENT_ALONE):
        assert isinstance(sender.next(1, n * ACK_TIMEOUT_S), Send), "the control: a lossy link is not taken for it"
        sender.published(1, 1, "d", n * ACK_TIMEOUT_S)
        sender.acked(0, 1, n * ACK_TIMEOUT_S + 1)  # of a hello behind it
    assert sender.next(1, SILENT_ALONE * ACK_TIMEOUT_S) is None
    assert sender.stuck == 1
    again_s = SILENT_ALONE * ACK_TIMEOUT_S + REFUSED_WAIT_S
    assert isinstance(sender.next(1, again_s), Send)
    sender.published(1, 1, "d", again_s)
    sender.acked(1, 1, again_s)
    assert sender.stuck is None


def test_a_collector_that_answers_nothing_blames_no_record():
    """It greets at each connection and then hangs: its store does, or its disk. The control is the test before."""
    sender = Sender()
    for n in range(3 * SILENT_ALONE):
        at_s = 100.0 * n
        sender.connected()
        sender.acked(0, 1, at_s)
        for _ in range(2):
            assert isinstance(sender.next(1, at_s), Send), n
            sender.published(1, 1, "d", at_s)
            at_s += ACK_TIMEOUT_S
        assert (sender.stuck, sender.lost_tries) == (None, 0)
        sender.disconnected()


def uploads_often(sender, large, for_s):
    """MQTT 3.1.1, a record each five seconds, sent at once: what lies behind the one that is dropped is answered."""
    newest, sender.records = large, 100
    for second in range(0, for_s, 5):
        newest += 1
        while isinstance(action := sender.next(newest, float(second)), Send):
            last = min(action.first + action.records - 1, newest)
            sender.published(action.first, last, f"{action.first}", float(second))
            if last < large:
                sender.acked(last, newest, float(second))
            elif action.first > sender.mark + 1:
                sender.acked(sender.mark, newest, float(second) + 0.1, gap=True)
        if sender.stuck is not None:
            return second
    return None


def test_a_record_that_is_dropped_is_named_although_what_lies_behind_it_is_answered_as_a_gap():
    sender = greeted()
    assert uploads_often(sender, 5, 600) is not None
    assert (sender.stuck, sender.mark) == (5, 4)


def test_when_each_gap_begins_the_time_anew_it_is_never_named(monkeypatch):
    """The control."""
    published = Sender.published

    def forgetting(self, first, last, digest, now_s):
        if not self._flights:
            self._head_s = None
        published(self, first, last, digest, now_s)

    monkeypatch.setattr(Sender, "published", forgetting)
    sender = greeted()
    assert uploads_often(sender, 5, 600) is None


def test_a_stuck_record_is_tried_at_once_on_a_new_connection_unless_it_ended_the_last_one():
    """The control is a connection that the broker ended in protest: trying at once would end this one, for ever."""
    for protest in (False, True):
        sender = Sender()
        sender.connected()
        sender.acked(0, 5, 0.0)
        sender.cannot_pass(1, 1.0)
        assert (sender.next(5, 2.0), sender.stuck_until_s()) == (None, 601.0)
        if protest:
            sender.protested(2.0)
        sender.disconnected()
        sender.connected()
        sender.acked(0, 5, 3.0)
        assert (sender.next(5, 4.0) is None) == protest
