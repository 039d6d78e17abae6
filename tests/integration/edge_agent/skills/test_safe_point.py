"""The running agent and the store together: what waits for a task, what breaks it off, what goes back by itself."""

import asyncio
import contextlib
import json
import os
import signal

from edge_agent.skills import robot_said
from opk_skills.trust.recalls import RECALLS, Recall, recalls_file
from tests.hosted import hostile, repacked, shipped
from tests.integration.edge_agent.skills.test_from_wish_to_count import enrolled, published, wished
from tests.integration.edge_agent.skills.test_hosting import STOPS, processes_of
from tests.waiting import until_async

SLOWLY = 1.0  # the body lives so many times faster than the clock while a tour is to last
SAID = {"en": "This tour ends here, please wait for staff.", "zh": "本次导览到此结束，请等待工作人员。"}


async def on_tour(here):
    """A guest is led through the hall; what becomes of the tour is the future."""
    here.body.body.speed = SLOWLY
    tour = here.body.host("guide").ask("guide&start")
    await until_async(lambda: any(row.get("state") == "begun" for row in here.body.body.log))
    told = here.agent.state / "skills" / robot_said.NAME
    await until_async(lambda: robot_said.read(told.parent).hold == "waits_task")  # the store knows of the task
    return tour


def spoken(here):
    return [row["with"]["text"] for row in here.body.body.log if row.get("do") == "speak"]


def recalled(installation, one, grade):
    recall = Recall(one.appid, (one.release,), grade, SAID, int(installation.now_s))
    installation.fleet_file(RECALLS, recalls_file([recall]))


async def test_an_update_waits_for_the_end_of_a_tour_and_says_so(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, stops=STOPS))
        await here.active("guide")
        tour = await on_tour(here)
        two = published(installation, repacked(shipped("guide"), version="next"), 2)
        here.collector.desire("r1", wished(installation, 2, two, stops=STOPS))
        waiting = await here.until("guide", lambda told: told["code"] == "waits_task")
        assert (waiting["verified"], waiting["active"]) == (two.sha256, one.sha256)
        assert waiting["detail"] == "guide"
        assert waiting["waits_s"] >= 0
        assert not tour.done()
        here.body.body.speed = 50.0
        assert (await tour).state == "done"  # nobody was left standing
        await here.until("guide", lambda told: told["active"] == two.sha256)


async def test_a_harmful_release_breaks_the_tour_off_tells_the_guest_and_leaves(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, stops=STOPS))
        await here.active("guide")
        tour = await on_tour(here)
        recalled(installation, one, "harmful")
        here.collector.desire("r1", wished(installation, 2, one, stops=STOPS))
        assert (await tour).state == "stopped"
        facts = await here.until("guide", lambda told: told["code"] == "recalled" and not told["installed"])
        assert SAID["en"] in facts["reason"]["en"]
        here.body.body.speed = 50.0
        await until_async(lambda: SAID["en"] in spoken(here))
        assert spoken(here)[-1] == SAID["en"]
        assert processes_of(here.store.root) == []
        assert not (here.store.root / "guide").exists()  # its sockets, its settings


async def test_a_faulty_release_ends_its_tour_begins_no_other_and_leaves(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, stops=STOPS))
        await here.active("guide")
        tour = await on_tour(here)
        recalled(installation, one, "faulty")
        here.collector.desire("r1", wished(installation, 2, one, stops=STOPS))
        await here.until("guide", lambda told: told["code"] == "recalled")
        refused = await here.body.host("guide").ask("guide&start")
        assert refused.state == "refused"
        assert not tour.done()
        here.body.body.speed = 50.0
        assert (await tour).state == "done"
        await here.until("guide", lambda told: not told["installed"])
        assert SAID["en"] not in str(here.body.body.log)  # the guest had the whole tour: there is nothing to tell


async def test_a_release_that_ends_again_and_again_goes_back_to_the_one_before(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, stops=STOPS))
        await here.active("guide")
        broken = hostile("guide", "pass", appid=one.appid, version="broken")
        two = published(installation, broken, 2)
        here.collector.desire("r1", wished(installation, 2, two, stops=STOPS))
        back = await here.until("guide", lambda told: told["code"] == "rolled_back" and told["active"])
        assert (back["active"], back["desired"]) == (one.sha256, two.sha256)
        states = [r["state"] for r in here.collector.records() if r["kind"] == "skill"]
        assert "quarantined" in states
        assert (await here.body.host("guide").ask("guide&start")).state == "done"


async def test_a_robot_that_moves_keeps_nothing_of_its_last_customers_skills(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, account="a", stops=STOPS))
        await here.active("guide")
        kept = here.store.root / "guide" / "licence"
        kept.write_text("of the last customer")
        here.collector.desire("r1", wished(installation, 2, one, account="b", stops=STOPS[:1]))
        await until_async(lambda: not kept.exists())
        await here.active("guide")
        settings = (here.store.root / "guide" / "settings.json").read_text()
        assert settings.count("stop-") == 1


async def test_a_robot_that_moves_goes_on_when_its_skill_was_slow_to_end(mosquitto, tmp_path):
    """The store process has looked while it ended; nothing on the robot changes after it has taken the rest away."""
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, account="a", stops=STOPS))
        await here.active("guide")
        slow = [int(pid) for pid in processes_of(here.store.root)]
        for pid in slow:
            os.kill(pid, signal.SIGSTOP)
        here.collector.desire("r1", wished(installation, 2, one, account="b", stops=STOPS[:1]))
        runs, stored = here.store.root / "running.json", here.store.root / "state.json"
        await until_async(lambda: json.loads(runs.read_text())["skills"] == {})  # it was asked to end
        await until_async(lambda: stored.stat().st_mtime_ns > runs.stat().st_mtime_ns)  # and the store has looked
        for pid in slow:
            with contextlib.suppress(ProcessLookupError):  # the agent's own patience was over first
                os.kill(pid, signal.SIGCONT)
        await here.active("guide")
        assert (here.store.root / "guide" / "settings.json").read_text().count("stop-") == 1


async def test_a_robot_that_missed_a_recall_learns_of_it_when_it_starts(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        one = published(installation, shipped("guide"), 1)
        here.collector.desire("r1", wished(installation, 1, one, stops=STOPS))
        await here.active("guide")
        assert await asyncio.to_thread(here.agent.stop) == 0
        recalled(installation, one, "faulty")
        here.agent.start(**here.agent_given)  # the same wish, no other word of the collector
        await here.until("guide", lambda told: told["code"] == "recalled" and not told["installed"])
