"""The main way, whole: published, wished for by a signed document over MQTT, installed, run, counted, taken away."""

import asyncio
import io
import json
import time
from contextlib import asynccontextmanager

from collector.skillstore.repository.packages import facts_of
from collector.skillstore.sealing import Sealing
from edge_agent.skills.install import Installed
from opk_skills.trust import metadata
from opk_skills.trust.releases import Release, path_of
from protocol.messages import Desired, DesiredSkill
from tests.hosted import repacked, shipped
from tests.integration.edge_agent.skills.test_hosting import STOPS, expected, robot
from tests.integration.edge_agent.skills.test_trust import served
from tests.package_repositories import DAY_S, Installation, enrolled_publisher
from tests.packages import reading

ROBOT = "r1"
CAPABILITIES = "go_to,speak,listen,see,touch,dock,show,battery"


def published(installation, content, number):
    """Signed by the publisher `fw`, whose appids the shipped skills have."""
    facts = facts_of(io.BytesIO(content))
    path = path_of(facts.appid, number)
    one = Release(path, facts.length, facts.sha256, number, 0, facts.version, facts.key, facts.needs)
    installation.repository.stage(facts.appid, number, io.BytesIO(content))
    draft = metadata.with_release(installation.folder.newest("fw"), one, installation.now_s + DAY_S)
    installation.repository.publish("fw", metadata.sign(draft, installation.keys["acme"]), installation.now_s)
    return one


def wished(installation, revision, *releases, account=None, of=None, **settings):
    """The document as the collector retains it: for people, and signed for the robot. `of`: settings by skill."""
    each = {one.key: (of or {}).get(one.key, {}) if of is not None else settings for one in releases}
    skills = [DesiredSkill(skill=o.key, version=o.version, digest=o.sha256, settings=each[o.key]) for o in releases]
    document = Desired(revision=revision, skills=skills)
    sealing = Sealing.of(installation.repository, installation.keys["desired"])
    sealed = sealing.seal(ROBOT, document, int(installation.now_s), account)
    return document.model_copy(update={"sealed": sealed}).model_dump_json().encode()


@asynccontextmanager
async def enrolled(mosquitto, tmp_path, *, skill="guide"):
    """A robot at a repository whose publisher is `fw`, its agent running; the body knows that skill."""
    async with robot(mosquitto) as here:
        installation = Installation(tmp_path / "repository", now_s=time.time())
        trust = here.agent.state / "skills" / "trust"
        trust.mkdir(parents=True)
        (trust / "root.json").write_bytes(enrolled_publisher(installation, "fw"))
        with served(installation.path) as repository:
            serving = await here.serve(reading(shipped(skill)).manifest)
            here.agent_given = {
                "EDGE_AGENT_SKILLS": "unconfined", "EDGE_AGENT_SKILLS_LANGUAGE": "en",
                "EDGE_AGENT_SKILLS_BODY": str(here.body_socket), "EDGE_AGENT_SKILLS_REPOSITORY": repository.url,
                "EDGE_AGENT_SKILLS_CAPABILITIES": CAPABILITIES,
            }  # fmt: skip
            here.agent.start(**here.agent_given)
            yield here, installation
            assert await asyncio.to_thread(here.agent.stop) == 0
        serving.close()


async def test_a_wish_becomes_a_running_skill_and_its_counts_arrive(mosquitto, tmp_path):
    async with enrolled(mosquitto, tmp_path) as (here, installation):
        guide = reading(shipped("guide")).manifest
        one = published(installation, shipped("guide"), 1)
        here.collector.desire(ROBOT, wished(installation, 1, one, stops=STOPS))
        facts = await here.active("guide")
        assert facts["active"] == one.sha256
        assert (await here.body.host("guide").ask("guide&start")).state == "done"
        two = published(installation, repacked(shipped("guide"), version="next"), 2)
        here.collector.desire(ROBOT, wished(installation, 2, two, stops=STOPS))
        await here.until("guide", lambda told: told["active"] == two.sha256)
        here.collector.desire(ROBOT, wished(installation, 3))
        await here.gone("guide")
        assert Installed(here.agent.state / "skills").current() == {}
        state = json.loads((here.agent.state / "skills" / "state.json").read_text())
        assert (state["revision"], state["skills"], state["failed"]) == (3, {}, "")
    seen = expected(guide, here.body.body.log)
    assert {counter: here.collector.total(counter) for counter in seen} == seen
    assert here.collector.total("guide.completed") == 1
