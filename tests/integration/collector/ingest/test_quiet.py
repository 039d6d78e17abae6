"""A fault of an older agent that nobody will close ends by what the robot says of itself. Both databases."""

import pytest

from collector.store.tables import fleet as t
from protocol import codec, records, topics
from tests.batches import EPOCH, NEXT_EPOCH, NOON, decode, fault, lifecycle, message, rows_of, window
from tests.groups import groups_of

SAID_AT = NOON + 600


def presence(*, at=SAID_AT, epoch=EPOCH, open_faults=0, state="online", robot="r1"):
    said = records.presence(robot=robot, epoch=epoch, session=at, state=state, at=at, open_faults=open_faults)
    return decode(topics.presence(robot), codec.encode(said))


def windows(first, last, **more):
    return message("r1", [window(n, {"faces": 1}, at=NOON + n * 60, span=60) for n in range(first, last + 1)], **more)


def opened(seq=1, at=NOON + 10):
    return message("r1", [fault(seq, "open", at=at)])


def ends(store, *told):
    """(closed_at, confidence) of the one episode after these messages, one group each, through one collector."""
    groups = groups_of(store)
    for n, one in enumerate(told):
        groups.commit({0: one}, SAID_AT + 60 + n)
    [episode] = rows_of(store, t.fault_episode)
    return episode["closed_at"], episode["confidence"]


def test_a_close_that_was_dropped_without_a_word_is_made_up_once_later_records_are_here(store):
    """An agent of before drops it from a full outbox. Its record of minute 10 was stored after it said so."""
    assert ends(store, opened(), windows(2, 9), presence(), windows(10, 10)) == (SAID_AT, "between")


def test_the_control_while_older_records_may_come_its_close_may_be_among_them(store):
    assert ends(store, opened(), presence(), windows(2, 9)) == (None, "exact")


def test_a_close_that_does_come_says_when_it_was(store):
    closes = message("r1", [fault(2, "close", at=NOON + 30, opened=1)])
    assert ends(store, opened(), presence(), closes, windows(3, 10)) == (NOON + 30, "exact")


def test_an_old_file_that_did_not_say_what_it_leaves_open(store):
    """The fault ends where the data of its file end."""
    gone = lifecycle(1, "epoch", {"closes": EPOCH, "cause": "corrupt", "salvaged": 0}, at=NOON + 500)
    fresh = message("r1", [gone, window(2, {"faces": 1}, at=SAID_AT, span=60)], epoch=NEXT_EPOCH)
    assert ends(store, opened(), windows(2, 4), presence(epoch=NEXT_EPOCH), fresh) == (NOON + 300, "between")


def test_another_card_under_the_same_name_says_nothing_of_this_ones_faults(store):
    other = message("r1", [window(1, {"faces": 1}, at=SAID_AT, span=60)], epoch=NEXT_EPOCH)
    assert ends(store, opened(), presence(epoch=NEXT_EPOCH), other)[0] is None


@pytest.mark.parametrize(
    "said", [{"open_faults": 1}, {"state": "offline"}, {"state": "stopped"}, {"robot": "r2"}, {"at": NOON + 10}]
)
def test_what_does_not_say_that_nothing_was_open_after_it_began_closes_nothing(store, said):
    assert ends(store, opened(), presence(**said), windows(2, 10))[0] is None


def test_a_newer_presence_that_tells_of_a_fault_counts(store):
    assert ends(store, opened(), presence(), presence(at=SAID_AT + 1, open_faults=1), windows(2, 11))[0] is None


def test_a_fault_that_opened_after_it_was_said_stays_open(store):
    later = opened(seq=11, at=SAID_AT + 20)
    assert ends(store, windows(1, 9), presence(), windows(10, 10), later)[0] is None
