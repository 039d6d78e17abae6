"""Whatever crashes, fails or steps: cumulative counters add up exactly, increments but for the last uncommitted."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Increment, Total
from edge_agent.counting.sampler import Sampler
from protocol.messages import parse_record

NOON = 1_800_014_400
STEP = 0.125  # exact in binary, so that the law needs no tolerance

OPERATIONS = st.one_of(
    st.tuples(st.just("pushed"), st.integers(0, 1000)),
    st.tuples(st.just("grows"), st.integers(0, 100)),
    st.tuples(st.just("source restarts"), st.integers(0, 100)),
    st.tuples(st.just("waits"), st.integers(1, 400)),
    st.tuples(st.just("clock steps"), st.integers(-5000, 5000)),
    st.tuples(st.just("checkpoint"), st.none()),
    st.tuples(st.just("disk refuses"), st.booleans()),
    st.tuples(st.just("agent is killed"), st.none()),
    st.tuples(st.just("agent stops"), st.none()),
)


class Robot:
    """A sampler with the smallest store there is: what the last transaction left."""

    def __init__(self):
        self.second, self.step = 0.0, 0
        self.stored, self.totals, self.window = [], {}, None
        self.refuses = False
        self.value, self.life, self.real = 0.0, 0, 0.0  # of the source; `real` never falls
        self.committed = (0.0, 0, 0.0)  # real, life and value at the last transaction
        self.pushed, self.at_risk = 0, 0
        self.begin()

    def now(self):
        return Stamp(1, self.second, NOON + self.second + self.step)

    def begin(self):
        self.sampler = Sampler(self.now(), window_s=300, totals=self.totals, window=self.window)

    def push(self, amount):
        self.sampler.take("s", Increment("touches", amount))
        self.at_risk += amount

    def read_source(self):
        self.sampler.take("s", Total("driving_s", self.value, str(self.life), from_zero=True))

    def store(self, closed):
        if closed is None:
            return
        if self.refuses:
            self.sampler.reopen(closed)
            return
        for record in closed.records:
            parse_record({"seq": 1, **record})
        self.stored += closed.records
        self.checkpoint()

    def checkpoint(self):
        if not self.refuses:
            self.totals, self.window = dict(self.sampler.totals), self.sampler.snapshot()
            self.pushed, self.at_risk = self.pushed + self.at_risk, 0
            self.committed = (self.real, self.life, self.value)

    def apply(self, what, amount):
        match what:
            case "pushed":
                self.push(amount)
            case "grows":
                self.value += amount * STEP
                self.real += amount * STEP
                self.read_source()
            case "source restarts":
                self.life, self.value = self.life + 1, amount * STEP
                self.real += self.value
                self.read_source()
            case "waits":
                self.second += amount / 4
                self.store(self.sampler.advance(self.now()))
            case "clock steps":
                self.step += amount
                self.store(self.sampler.advance(self.now()))
            case "checkpoint":
                self.checkpoint()
            case "disk refuses":
                self.refuses = amount
            case "agent is killed":
                self.die()
            case "agent stops":
                self.store(self.sampler.close(self.now()))
                self.die()

    def die(self):
        """Pushed counts since the last transaction are gone, and lives of the source that ended since then."""
        self.at_risk = 0
        real, life, value = self.committed
        self.real = real + (self.value - value if life == self.life else self.value)
        self.begin()
        self.read_source()


@settings(max_examples=300, deadline=None)
@given(st.lists(OPERATIONS, max_size=60))
def test_what_is_stored_is_what_was_counted_once(operations):
    robot = Robot()
    robot.read_source()
    for what, amount in operations:
        robot.apply(what, amount)
    robot.refuses = False
    robot.read_source()
    robot.store(robot.sampler.close(robot.now()))
    windows = [record for record in robot.stored if record["kind"] == "window"]
    assert sum(window["counts"].get("driving_s", 0) for window in windows) == math.floor(robot.real)
    assert sum(window["counts"].get("touches", 0) for window in windows) == robot.pushed
    assert all(window["span"] == window["counts"]["observed_s"] for window in windows if window["span"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
def test_a_rising_series_counts_the_whole_numbers_it_passed(values):
    values.sort()
    sampler = Sampler(Stamp(1, 0, NOON), window_s=300)
    total = 0
    for i, value in enumerate(values):
        sampler.take("s", Total("driving_s", value, "life"))
        total += sum(
            record["counts"].get("driving_s", 0)
            for record in sampler.close(Stamp(1, i + 1, NOON + i + 1)).records
            if record["kind"] == "window"
        )
    assert total == math.floor(values[-1]) - math.floor(values[0])
