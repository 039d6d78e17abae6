"""Desired settings on a running agent: applied live, reported, kept over restarts, rolled back."""

import time

import pytest

from edge_agent.config import load
from edge_agent.desired import rules
from edge_agent.desired.following import LOOK_S, Following, Heard
from edge_agent.desired.probation import NO_ANSWER, START_COSTS_S, TRIAL_S
from edge_agent.errors import DiskFull
from edge_agent.outbox import Outbox, OutboxSettings
from protocol import codec
from tests.collectors import TinyCollector
from tests.integration.edge_agent.test_app import Agent
from tests.waiting import until

ROBOT = "r1"


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port).start()
    yield tiny
    tiny.stop()


@pytest.fixture
def agent(tmp_path, mosquitto):
    made = Agent(tmp_path, mosquitto.url)
    yield made
    made.kill()


def _wish(collector, revision, settings, **more):
    collector.desire(ROBOT, codec.encode({"v": 1, "revision": revision, "settings": settings, **more}))


def _answer(collector, revision):
    """What the robot reported of a revision last; None as long as it has not."""
    told = [report for report in collector.reported if report["revision"] == revision]
    return {one["setting"]: one.get("reason", one["state"]) for one in told[-1].get("settings", ())} if told else None


def _configuration(collector):
    told = [r["detail"] for r in collector.records() if r.get("event") == "configuration"]
    return told[-1] if told else {}


def test_settings_are_applied_live_reported_and_kept_over_a_restart(agent, collector):
    agent.start()
    until(agent.listens)
    _wish(collector, 1, {"upload_s": 2, "sample_s": 0.25, "log_level": "error", "sources": {"local": False}, "x": 1})
    until(lambda: _answer(collector, 1))
    assert _answer(collector, 1) == {
        "upload_s": "applied", "sample_s": "applied", "log_level": "applied", "sources.local": "applied",
        "x": "no setting of this agent",
    }  # fmt: skip
    assert not agent.listens(), "the local source is off"
    until(lambda: _configuration(collector).get("upload_s") == 2)
    assert (_configuration(collector)["sample_s"], _configuration(collector)["sources"]) == (0.25, ["system"])
    status = agent.status()
    assert {source["name"]: source["off"] for source in status["sources"]} == {"system": False, "local": True}
    assert status["desired"]["revision"] == 1
    agent.stop()
    agent.start()
    until(lambda: agent.status() and agent.status()["link"]["connected"])
    assert {source["name"]: source["running"] for source in agent.status()["sources"]} == {
        "system": True, "local": False,
    }  # fmt: skip
    _wish(collector, 2, {})
    until(agent.listens)
    until(lambda: _configuration(collector).get("upload_s") == 1)
    code, text, _ = agent.command("status")
    assert (code, "desired    revision 2" in text) == (0, True)


def test_log_lines_follow_the_wished_level(agent, collector, tmp_path):
    agent.start()
    until(agent.listens)
    log = tmp_path / "agent.log"
    assert "agent_started" in log.read_text()
    _wish(collector, 1, {"log_level": "error"})
    until(lambda: _answer(collector, 1))
    size = log.stat().st_size
    _wish(collector, 2, {"log_level": "error", "sample_s": 0.25})  # would say that it is on trial
    until(lambda: _answer(collector, 2))
    assert log.stat().st_size == size
    _wish(collector, 3, {"log_level": "info"})
    until(lambda: "settings_kept" in log.read_text()[size:])


def test_hostile_documents_change_nothing_and_are_answered_by_name(agent, collector):
    agent.start()
    until(agent.listens)
    _wish(collector, 5, {"upload_s": 2})
    until(lambda: _answer(collector, 5))
    _wish(collector, 4, {"upload_s": 3})  # a revision that goes back
    collector.desire(ROBOT, b"x" * 100_000)
    collector.desire(ROBOT, codec.encode({"v": 1, "revision": 6, "settings": []}))
    until(lambda: any(report.get("refused") for report in collector.reported))
    assert collector.reported[-1] == {
        "v": 1, "robot": ROBOT, "revision": 6, "skills": [], "refused": "settings: an object was expected",
    }  # fmt: skip
    _wish(collector, 7, {"mqtt_url": "mqtt://evil", "state_dir": "/tmp", "sources": {"replay": True}, "sample_s": "1"})
    until(lambda: _answer(collector, 7))
    assert "applied" not in _answer(collector, 7).values()
    assert set(_answer(collector, 7)) == {"mqtt_url", "state_dir", "sources.replay", "sample_s"}
    assert _answer(collector, 4) is None
    until(lambda: _configuration(collector).get("upload_s") == 1)
    assert agent.status()["link"]["connected"]


def test_a_source_that_is_off_supports_nothing_and_its_faults_are_closed(agent, collector, tmp_path):
    config = tmp_path / "agent.toml"
    config.write_text('[sources]\nenabled = ["system", "local"]\n[sources.system]\nprocesses = ["no-such-process"]\n')
    agent.environ.pop("EDGE_AGENT_SOURCES")
    agent.start(EDGE_AGENT_CONFIG=str(config))
    until(lambda: agent.status() and agent.status()["faults"])
    _wish(collector, 1, {"sources": {"system": False}})
    until(lambda: _answer(collector, 1))
    until(lambda: not agent.status()["faults"])

    def told():
        return [r["detail"] for r in collector.records() if r.get("event") == "counters"][-1]

    until(lambda: "operating_s" in told()["unsupported"])
    assert "operating_s" not in told()["supported"]
    _wish(collector, 2, {})
    until(lambda: "operating_s" in told()["supported"])


# --- the trial, by a clock of the test's own ------------------------------------------------------


class Rolled:
    """Following with a real outbox; the test moves time and says what the collector answers."""

    def __init__(self, outbox, settings):
        self.now_s, self.heard, self.applied, self.asked = 1000.0, Heard(True, 999.0), [], 0
        self.following = Following(
            rules.own_file(settings), outbox, heard=lambda: self.heard, apply=self._apply, ask=self._ask,
            report=lambda: None, hand_over=lambda _: None, now_s=lambda: self.now_s,
        )  # fmt: skip

    async def _apply(self, now):
        self.applied.append(now.upload_s)

    def _ask(self):
        self.asked += 1

    async def pass_s(self, seconds):
        for _ in range(int(seconds / LOOK_S)):
            self.now_s += LOOK_S
            await self.following._step()


@pytest.fixture
async def outbox(tmp_path):
    opened = await _open(tmp_path)
    yield opened
    await opened.close()


async def _open(folder):
    return await Outbox.open(
        folder / "outbox.db", settings=OutboxSettings(ROBOT), hardware="h", boot_id="b", now_s=int(time.time())
    )


async def _begin(outbox):
    rolled = Rolled(outbox, load({"robot": ROBOT}, {}))
    await rolled.following.restore()
    return rolled


async def test_a_setting_without_an_answer_is_rolled_back_and_not_tried_again_after_a_restart(tmp_path):
    outbox = await _open(tmp_path)
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    await rolled.following._step()
    assert (rolled.applied, rolled.asked) == ([900, 7], 1), "the collector is asked for an answer at once"
    rolled.heard = Heard(False, 999.0)
    await rolled.pass_s(TRIAL_S - LOOK_S)
    assert (rolled.applied[-1], rolled.following.told(3)) == (7, None)
    await rolled.pass_s(LOOK_S)
    assert rolled.applied == [900, 7, 900]
    refused = [{"setting": "upload_s", "state": "refused", "reason": NO_ANSWER}]
    assert rolled.following.told(3) == refused
    await outbox.close()
    outbox = await _open(tmp_path)
    again = await _begin(outbox)
    await again.pass_s(3 * TRIAL_S)
    assert (again.applied, again.following.told(3)) == ([900], refused)
    await outbox.set_note("desired", {"v": 1, "revision": 4, "settings": {"upload_s": 8}})
    await again.pass_s(LOOK_S)
    assert again.applied == [900, 8], "it changed"
    await outbox.close()


async def test_a_disk_that_forgot_the_rollback_tries_again(outbox):
    """The control of the test above."""
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    await rolled.pass_s(LOOK_S)
    await rolled.pass_s(TRIAL_S)
    await outbox.set_note("settings", None)
    again = await _begin(outbox)
    await again.pass_s(LOOK_S)
    assert again.applied == [900, 7]


async def test_a_restart_in_the_middle_of_a_trial_goes_on_with_it(tmp_path):
    outbox = await _open(tmp_path)
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    await rolled.following._step()
    rolled.heard = Heard(False, 999.0)
    await rolled.pass_s(TRIAL_S / 2)
    await outbox.close()
    outbox = await _open(tmp_path)
    again = await _begin(outbox)
    again.heard = Heard(False, None)
    assert again.applied == [7]
    await again.pass_s(TRIAL_S / 2 - START_COSTS_S - LOOK_S)
    assert again.applied == [7]
    await again.pass_s(60 + LOOK_S)
    assert again.applied == [7, 900]
    await outbox.close()


async def test_an_answer_after_the_restart_ends_the_trial_well(outbox):
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    await rolled.following._step()
    again = await _begin(outbox)
    again.heard = Heard(True, 1001.0)
    await again.pass_s(2 * TRIAL_S)
    assert (again.applied, again.following.told(3)) == ([7], [{"setting": "upload_s", "state": "applied"}])


async def test_a_trial_costs_the_flash_at_most_a_write_a_minute(outbox):
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    await rolled.following._step()
    rolled.heard = Heard(False, 999.0)
    before = outbox.figures().commits
    await rolled.pass_s(TRIAL_S)
    assert outbox.figures().commits - before <= 11
    await rolled.pass_s(TRIAL_S)
    assert outbox.figures().commits - before <= 11


async def test_a_disk_that_takes_nothing_puts_nothing_in_force(outbox, monkeypatch):
    rolled = await _begin(outbox)
    await outbox.set_note("desired", {"v": 1, "revision": 3, "settings": {"upload_s": 7}})
    with monkeypatch.context() as patch:

        async def full(_name, _document):
            raise DiskFull("full")

        patch.setattr(outbox, "set_note", full)
        with pytest.raises(DiskFull):
            await rolled.following._step()
        assert rolled.applied == [900]
    await rolled.following._step()
    assert rolled.applied == [900, 7]
