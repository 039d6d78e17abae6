"""A store restored from an older backup, and robots that are ahead of it. Both databases."""

from collector.fleet import ahead, holes
from collector.fleet import records as told
from collector.fleet.completeness import Cause
from collector.fleet.scope import VisibleRobot
from collector.store.tables import fleet as t
from protocol import codec, records, topics
from tests.batches import EPOCH, NEXT_EPOCH, NOON, commit, decode, fault, lifecycle, message, rows_of, window
from tests.calendars import never_closed


def minutes(first, last):
    return [window(n, {"faces": 1}, at=NOON + (n - 1) * 60, span=60) for n in range(first, last + 1)]


def presence(robot, *, at, open_faults=0, state="online"):
    text = records.presence(robot=robot, epoch=EPOCH, session=at, state=state, at=at, open_faults=open_faults)
    return decode(topics.presence(robot), codec.encode(text))


def hello(robot, mark):
    text = records.hello(robot=robot, epoch=EPOCH, mark=mark, held=mark + 1)
    return decode(topics.up(robot), codec.encode(text))


def restored(store, *robots):
    """Five minutes are in the backup, the sixth came after it and is nowhere, the seventh comes to the store."""
    for robot in robots:
        commit(store, message(robot, minutes(1, 5)), received_s=NOON + 330)
    for robot in robots:
        commit(store, hello(robot, 6), received_s=NOON + 420)
        commit(store, message(robot, minutes(7, 7), held=7), received_s=NOON + 420)


def missing(store, cause):
    [robot] = rows_of(store, t.robot)
    seen = VisibleRobot(robot["id"], robot["name"], robot["timezone"] or "UTC")
    with store.read() as connection:
        [figures] = holes.of_robots(connection, [seen], NOON + 420, never_closed, days_back=0).values()
    return figures.holes.get(cause, 0)


def test_a_hole_in_a_robots_first_hour_is_shown_in_full(store):
    restored(store, "r1")
    assert missing(store, Cause.NEVER_ARRIVED) == 60


def test_where_the_first_data_begin_is_what_shows_it(store):
    """The control: by the moment of the first connection alone, the hole counts as time before the robot was there."""
    restored(store, "r1")
    with store.write() as connection:
        connection.execute(t.robot.update().values(data_from_s=None))
    assert missing(store, Cause.NEVER_ARRIVED) < 60


def test_robots_ahead_of_the_store_are_one_alarm_until_it_is_cleared(store):
    restored(store, "r1", "r2", "r3")
    with store.read() as connection:
        [alarm] = told.alarms(connection, uncleared=True)
        behind = ahead.read(connection)
    begin, end = "2026-05-29T12:05:00Z", "2026-05-29T12:06:00Z"
    assert alarm.detail == f"3 robots hold acknowledgements this store does not know, from {begin} to {end}"
    assert (alarm.robot, alarm.kind, behind.robots, behind.records) == ("", "ahead", 3, 3)
    with store.write() as connection:
        assert ahead.clear(connection) == 3
        assert ahead.read(connection) is None


def test_a_store_that_knows_everything_has_no_alarm(store):
    """The control: the same robots, and nothing was lost."""
    commit(store, message("r1", minutes(1, 6)), received_s=NOON + 330)
    commit(store, hello("r1", 6), received_s=NOON + 420)
    commit(store, message("r1", minutes(7, 7), held=7), received_s=NOON + 420)
    with store.read() as connection:
        assert ahead.read(connection) is None
        assert told.alarms(connection, uncleared=True) == []


def test_a_hello_alone_is_no_hole(store):
    """`edge-agent doctor` asks with a mark that was sent and never acknowledged; a full outbox gives up its oldest."""
    commit(store, message("r1", minutes(1, 5)), received_s=NOON + 330)
    assert commit(store, hello("r1", 9)).ahead == set()
    told_lost = {"epoch": EPOCH, "first": 6, "last": 9, "cause": "full", "records": 4}
    lost = lifecycle(10, "lost", told_lost, at=NOON + 600)
    assert commit(store, message("r1", [lost], held=10)).ahead == set()


def test_a_hole_that_holds_the_beginning_of_a_new_file_begins_where_the_old_one_is_known_to(store):
    """The robot made a new outbox after the backup: all of it up to now is missing."""
    commit(store, message("r1", minutes(1, 5)), received_s=NOON + 330)
    commit(store, message("r1", minutes(7, 7), held=7, epoch=NEXT_EPOCH), received_s=NOON + 420)
    [gap] = rows_of(store, t.gap)
    [behind] = rows_of(store, t.ahead)
    assert (gap["from_s"], gap["to_s"], gap["first_seq"], gap["last_seq"]) == (NOON + 300, NOON + 360, 1, 6)
    assert (behind["from_s"], behind["to_s"], missing(store, "never_arrived")) == (NOON + 300, NOON + 360, 60)


def test_a_new_store_says_that_it_knew_nothing_before(store):
    outcome = commit(store, message("r1", minutes(501, 501), held=501))
    assert outcome.ahead == {"r1"}
    with store.read() as connection:
        behind = ahead.read(connection)
    assert (behind.records, behind.from_at) == (500, None)


def opened_in_the_backup(store, *, told_open, hole=True, at=NOON + 400):
    """A fault opened in the backup; its close was lost with the sixth minute, if there is a hole at all."""
    first = [fault(1, "open", at=NOON + 10), *minutes(2, 5)]
    commit(store, message("r1", first), received_s=NOON + 330)
    commit(store, presence("r1", at=at, open_faults=told_open), received_s=NOON + 420)
    seq = 7 if hole else 6
    commit(store, message("r1", minutes(seq, seq), held=seq), received_s=NOON + 430)
    [episode] = rows_of(store, t.fault_episode)
    return episode["closed_at"], episode["confidence"]


def test_a_fault_that_closed_in_the_lost_part_ends_with_it_when_presence_says_that_nothing_is_open(store):
    assert opened_in_the_backup(store, told_open=0) == (NOON + 360, "between")


def test_a_fault_that_presence_says_is_open_stays_open(store):
    assert opened_in_the_backup(store, told_open=1)[0] is None


def test_without_a_hole_presence_ends_no_fault(store):
    """Its close is on its way: it says when it was."""
    assert opened_in_the_backup(store, told_open=0, hole=False)[0] is None


def test_a_presence_from_before_the_fault_ends_nothing(store):
    assert opened_in_the_backup(store, told_open=0, at=NOON + 5)[0] is None


def test_presence_that_comes_after_the_hole_ends_the_fault_too(store):
    commit(store, message("r1", [fault(1, "open", at=NOON + 10), *minutes(2, 5)]), received_s=NOON + 330)
    commit(store, message("r1", minutes(7, 7), held=7), received_s=NOON + 430)
    commit(store, presence("r1", at=NOON + 440), received_s=NOON + 441)
    assert rows_of(store, t.fault_episode)[0]["closed_at"] == NOON + 360
