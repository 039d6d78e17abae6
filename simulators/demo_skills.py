"""The demo's skill: published by this machine's collector, installed, run and counted by this machine's own agent.

    publisher ──package──▶ collector ──HTTPS, own authority──▶ store process ──▶ agent ──▶ the guide, a process
                              │  signed wish over MQTT ───────────────────────▶ │            │ drives, speaks
                              ◀──────────── facts, states, counts ──────────────┘         a simulated body

What the body itself saw is what must have been counted.
"""

import json
import sys
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from simulators.children import Child, Children, free_port
from simulators.collector_api import CollectorApi
from simulators.publishing.authority import Authority, Published
from simulators.publishing.certificates import SiteFiles, certified
from simulators.publishing.packages import keys, newer, shipped
from simulators.selling.sales import wished

SKILL = "guide"
ROLLED, ROLLED_VERSION = "lead", "0.3.0"  # runs on the fleet's robots in its shipped version
REFUSED = "delivery"  # wished for, too: this machine is no model for it, and says so
BODY = "body"
MODEL = "greetbot"
CAPABILITIES = "go_to,speak,listen,see,touch,dock,show,battery"
CORE = "2.8.0"
STOPS = [{"point": "stop-1"}, {"point": "stop-2"}, {"point": "stop-3"}]
ACTIVE_S = 90.0  # signed, fetched, verified, unpacked and started, on a busy machine
PUBLISHED = "published.json"
TRIAL_DAYS = 30


@dataclass(slots=True)
class DemoSkills:
    """Everything below one folder, which a demo that is kept finds again. `offered`: by skill, what is published."""

    folder: Path
    port: int = field(default_factory=free_port)
    offered: dict[str, Published] = field(default_factory=dict)
    _authority: Authority | None = None

    @property
    def _own(self) -> Path:
        return self.folder / "skill-repository"

    def prepare(self) -> None:
        """Keys, certificate, and the first root where a robot gets it at its enrolment."""
        if (self._own / PUBLISHED).exists():  # of the demo before (--keep): its authority is gone, its packages stand
            return
        certified(self._own)
        self._authority = Authority()
        self._authority.hand_over(self._own / "keys")
        trust = self.folder / "skills" / "trust"
        trust.mkdir(parents=True)
        (trust / "root.json").write_bytes(self._authority.root)

    def collector_settings(self) -> dict[str, str]:
        """The repository's settings, as the environment has them."""
        files = SiteFiles.below(self._own)
        return {
            "COLLECTOR_SKILLS_FOLDER": str(self._own / "repository"),
            "COLLECTOR_SKILLS_KEYS": str(self._own / "keys"),
            "COLLECTOR_SKILLS_REVIEW": "false",  # its publisher is nobody that two people could review
            "COLLECTOR_SKILLS_LISTEN": f"127.0.0.1:{self.port}",
            "COLLECTOR_SKILLS_CERTIFICATE": str(files.certificate),
            "COLLECTOR_SKILLS_CERTIFICATE_KEY": str(files.key),
        }

    def agent_settings(self) -> dict[str, str]:
        """What the agent must know of repository and body. How skills are started is said by its flag."""
        return {
            "model": MODEL,
            "skills_body": str(self._socket),
            "skills_repository": f"https://127.0.0.1:{self.port}",
            "skills_repository_ca": str(SiteFiles.below(self._own).authority.absolute()),
            "skills_core": CORE,
            "skills_capabilities": CAPABILITIES,
            "skills_language": "en",
        }

    @property
    def _socket(self) -> Path:
        return self.folder.absolute() / "body.sock"

    @property
    def is_new(self) -> bool:
        """Whether this demo has the authority's keys: one that goes on (--keep) publishes and sells nothing."""
        return self._authority is not None

    def publish(self, api: CollectorApi) -> None:
        """Begin the repository and offer this machine's packages, through the API as people and publishers do."""
        if self._authority is None:
            return
        self._authority.found(api)
        self._offer(api, SKILL, REFUSED)
        settings = {SKILL: {"stops": STOPS}}
        wanted = [wished(one, settings.get(key)) for key, one in self.offered.items()]
        (self._own / PUBLISHED).write_text(json.dumps(wanted), encoding="utf-8")

    def publish_others(self, api: CollectorApi) -> None:
        """The rest of what ships: after the first counts, which need not wait for it."""
        self._offer(api, *(key for key in keys() if key not in self.offered))

    def publish_newer(self, api: CollectorApi) -> Published | None:
        """The next version of one skill, that a rollout brings to robots; None: the authority is gone (--keep)."""
        if self._authority is None:
            return None
        return self._authority.publish(api, newer(ROLLED, ROLLED_VERSION), 2)

    def _offer(self, api: CollectorApi, *some: str) -> None:
        if self._authority is not None:
            self.offered |= {key: self._authority.publish(api, shipped(key), 1) for key in some}

    def sell(self, api: CollectorApi, account: str, today: date) -> None:
        """This machine's account has the one, and tries the other, from `today` on, the collector's own day."""
        if self._authority is None:  # of the demo before (--keep): it was sold then
            return
        day = today.isoformat()
        granted = {"skill": SKILL, "origin": "granted", "from_day": day, "robots_most": 1}
        last = (today + timedelta(days=TRIAL_DAYS)).isoformat()
        tried = {"skill": REFUSED, "origin": "trial", "from_day": day, "to_day": last}
        for wanted in (granted, tried):
            api.post(f"/accounts/{account}/entitlements", wanted)
        api.post(f"/accounts/{account}/seats", {"skill": SKILL, "holder": "Li Wei", "from_day": day})

    def start_body(self, children: Children, seed: int) -> Child:
        """The body's process. What it saw is in `body.json` when it has ended."""
        words = [sys.executable, "-m", "simulators.bodies.workday", SKILL, "--seed", str(seed)]
        seen = self.folder / f"{BODY}.json"
        body = children.start(BODY, [*words, "--socket", str(self._socket), "--seen", str(seen)])
        children.wait_for("the body", self._socket.exists, ACTIVE_S)
        return body

    def wish(self, api: CollectorApi, robot: str) -> None:
        """What the robot shall run, signed by the collector and retained at the broker."""
        skills = json.loads((self._own / PUBLISHED).read_text(encoding="utf-8"))
        api.put(f"/robots/{robot}/desired", {"skills": skills})

    def wait_active(self, api: CollectorApi, children: Children, robot: str) -> float:
        """Until the collector has it from the robot that it runs what was wished. Seconds."""
        began_s = time.monotonic()
        children.wait_for(f"{SKILL} on {robot}", lambda: _runs(api.get(f"/robots/{robot}/skills/facts")), ACTIVE_S)
        return time.monotonic() - began_s


def _runs(stands: dict[str, Any]) -> bool:
    """Whether every fact of the skill is the wished package, proved by the robot's own hash."""
    facts = [fact for one in stands["skills"] if one["skill"] == SKILL for fact in one["facts"]]
    return bool(facts) and all(fact["as_wished"] for fact in facts) and bool(stands["is_proven"])
