"""The task that keeps the installed skills running: looks, has host.py decide, does it, and tells what is the case.

It reads what the store process has installed (installed.py) and writes `<state_dir>/skills/running.json`: what runs
since when, and what is put aside, so that the store can judge a probation and a restart forgets no quarantine.

What the store wants ended (`stop` in its state) is ended here: when the robot may be touched, after the task, or now.
`robot.json` beside the sockets tells the store when it may go on (robot_said.py).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge_agent.counting.readings import SkillState
from edge_agent.skills import allowed, host, installed
from edge_agent.skills.allowed import Allowed, ManifestUnusable
from edge_agent.skills.body import BodyRelay
from edge_agent.skills.facts import Facts, Sight, by_name, facts, in_english
from edge_agent.skills.holding import Holding
from edge_agent.skills.host import SkillEnd, SkillSeen, SkillStanding, Wanted
from edge_agent.skills.installed import NOTHING, InstalledSkill, StateUnreadable
from edge_agent.skills.place import Host, SkillPlace
from edge_agent.skills.robot_said import tell
from edge_agent.skills.robot_state import said_by
from edge_agent.skills.starters import Launch, Look, NotStarted, Starter
from edge_agent.skills.trial import digest
from edge_agent.sources.memory import Memory

LOOK_S = 0.5
MISSED_S = 600.0  # a robot that is connected again asks for recalls when it has not for so long
STATE, STORE, CURRENT, RUNNING = "state.json", "store", "current", "running.json"

logger = logging.getLogger(__name__)


class Skills:
    """`run` until cancelled; `told`: what to report. `on_change` is called when that is another.

    `store_due`: the store process has something to do; `storing`: it runs, and reads what is told of the robot.
    """

    def __init__(
        self,
        root: Path,
        place: Host,
        starter: Starter,
        holding: Holding,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.connects: Callable[[], int] = lambda: 0  # how often the link was made
        self.vouched_s: Callable[[], float] = lambda: 0.0  # the newest moment that the outbox vouches for
        self.store_due = asyncio.Event()
        self.storing = False
        self.stored_s = -MISSED_S
        self._connects = 0
        self.holding = holding
        self.trouble = ""  # why nothing can be read or seen now
        self.isolated = starter.isolated
        self.installed = NOTHING
        self.starter = starter
        self._root, self._host, self._now_s = root, place, now_s
        self._take = place.counting.take_for("skills")
        self._memory = Memory(root / RUNNING)
        self._stamp: tuple[int, int] | None = None
        self._emptied: tuple[int, int] | None = None  # the stamp of the state that was answered
        self._manifests: dict[tuple[str, str], Allowed | str] = {}  # or why it cannot run
        self._places: dict[str, SkillPlace] = {}
        self._failed: dict[str, SkillEnd] = {}  # that could not be started
        self._facts: dict[str, Facts] = {}
        self._standings: Mapping[str, SkillStanding] = _recalled(self._memory.load(), now_s())
        self._kept: dict[str, Any] | None = None
        self._robot_told: tuple[str, tuple[str, ...]] | None = None
        self._farewells: dict[str, str] = {}  # what whoever stands there is told when the skill has ended
        self._saying: set[asyncio.Task[bool]] = set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
                self._in_trouble("")
            except (StateUnreadable, NotStarted, OSError) as error:
                self._in_trouble(f"{error}")
            except Exception as error:  # counting must go on, whatever is wrong with the skills
                logger.exception("the skills' round broke", extra={"action": "skills_broke"})
                self._in_trouble(f"{type(error).__name__}: {error}")
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """The agent ends: skills that have no unit of their own end with it, while they can still count."""
        ending = getattr(self.starter, "close", None)
        if ending is not None:
            await ending(12.0)
        for task in self._saying:
            task.cancel()
        for place in self._places.values():
            await place.close()

    async def prepare(self) -> None:
        """The store process is about to run: what it reads of the robot is true now."""
        self.storing = True
        await self._hold()
        if self._robot_told is not None:
            tell(self._host.folder, *self._robot_told, int(self.vouched_s()))

    def told(self) -> list[dict[str, Any]]:
        """What is reported of each skill."""
        return by_name(self._facts)

    def status(self) -> dict[str, Any]:
        """As status, doctor and page show it."""
        return {
            "isolated": self.isolated,
            "revision": self.installed.revision,
            "trouble": self.trouble,
            "skills": [self._facts[key].shown() | {"waits_s": self._waits_s()} for key in sorted(self._facts)],
            "unreadable": dict(self.installed.unreadable),
        }

    def restart(self, key: str) -> bool:
        """Have it started anew, also one that was put aside. False: there is no such skill here."""
        if key not in self.installed.skills:
            return False
        before = self._standings.get(key, SkillStanding())
        self._standings = {**self._standings, key: host.restarted(before, self._now_s())}
        return True

    async def look(self) -> None:
        """One round. Raises StateUnreadable, NotStarted, OSError; the next round goes on."""
        self._read()
        await self.holding.look(self._relays(), ask=self.installed.pending or self.storing)
        wanted = {key: wish for key, skill in self.installed.skills.items() if (wish := self._wish(skill))}
        urgent = frozenset(key for key, skill in self.installed.skills.items() if skill.stop == "now")
        seen = self._seen(await self.starter.look())
        decision = host.decided(wanted, self._standings, seen, self._now_s(), urgent)
        self._standings = decision.standings
        for event in decision.events:
            self._happened(event)
        for act in decision.acts:
            if act.do == "start":
                await self._start(act.key)
            elif act.do == "stop":
                self._remember_farewell(act.key, seen)
                await self.starter.stop(act.key)
        for key in wanted.keys() & seen.keys() - self._places.keys():  # it outlived the agent that started it
            manifest = self._manifest(self.installed.skills[key])
            assert isinstance(manifest, Allowed)
            await self._placed(key, manifest)
        for key in self._places.keys() - decision.standings.keys():
            await self._leave(key)
        for key, place in self._places.items():
            place.relay.draining = self._standings[key].phase in {"draining", "stopping"}
            if key in self.installed.skills:
                place.give(self.installed.skills[key].settings, "drain" if place.relay.draining else "run")
        self._say_farewells()
        self._tell()
        kept, told = self._keep(), self._tell_robot()
        if ((kept or told) and self._store_waits()) or self._came_back() or self._is_empty_for_the_next():
            self.store_due.set()

    def _relays(self) -> dict[str, BodyRelay]:
        return {key: place.relay for key, place in self._places.items()}

    async def _hold(self) -> None:
        await self.holding.look(self._relays(), ask=True)
        self._tell_robot()

    def _store_waits(self) -> bool:
        """For what changed: one that runs may have read what was before, one that ended meanwhile has written so."""
        if not self.storing:
            self._read()
        return self.storing or self.installed.pending

    def _is_empty_for_the_next(self) -> bool:
        """The last customer's skills are gone from here and from the store: no change of the robot would say so to it.

        Said once for each state the store writes.
        """
        moving = any(skill.code == installed.MOVING for skill in self.installed.skills.values())
        gone = not any(skill.installed for skill in self.installed.skills.values())
        if not (moving and gone) or self._places or self._standings or self._stamp == self._emptied:
            return False
        self._emptied = self._stamp
        return True

    def _tell_robot(self) -> bool:
        """Write robot.json; whether that is another."""
        hold = self.holding.hold.code if self.holding.hold is not None else ""
        now = hold, tuple(sorted(self._places.keys() | self._standings.keys()))
        if now == self._robot_told:
            return False
        tell(self._host.folder, *now, int(self.vouched_s()))
        self._robot_told = now
        return True

    def _came_back(self) -> bool:
        before, self._connects = self._connects, self.connects()
        return self._connects != before and self._now_s() - self.stored_s > MISSED_S

    def _waits_s(self) -> float | None:
        """For how long the task lasts that an exchange waits for."""
        hold = self.holding.hold
        return None if hold is None or hold.since_s is None else round(self._now_s() - hold.since_s)

    def _remember_farewell(self, key: str, seen: Mapping[str, SkillSeen]) -> None:
        """A guest whom it was serving is told, when it has fallen silent, why nothing more comes."""
        skill = self.installed.skills.get(key)
        if skill is not None and skill.stop == "now" and skill.tell and key in seen and seen[key].busy:
            text = skill.tell.get(self._host.language) or next(iter(skill.tell.values()))
            self._farewells.setdefault(key, text)

    def _say_farewells(self) -> None:
        for key in self._farewells.keys() - self._standings.keys():
            task = asyncio.create_task(said_by(self._host.body, self._farewells.pop(key)), name=f"farewell of {key}")
            self._saying.add(task)
            task.add_done_callback(self._saying.discard)

    def _read(self) -> None:
        path = self._root / STATE
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_mtime_ns)
        except FileNotFoundError:
            stamp = (0, 0)
        if stamp != self._stamp:
            self.installed = installed.read(path)
            self._stamp = stamp

    def _wish(self, skill: InstalledSkill) -> Wanted | None:
        if not skill.installed or skill.stop in {"task", "now"}:
            return None
        if self.holding.hold is None if skill.stop == "wait" else not skill.desired:
            return None
        manifest = self._manifest(skill)
        if not isinstance(manifest, Allowed):
            return None
        return Wanted(skill.installed, manifest.version, digest(skill.settings))

    def _manifest(self, skill: InstalledSkill) -> Allowed | str:
        """What it may do, or why it cannot run here. Read once: whoever installed it has verified it."""
        name = (skill.key, skill.installed)
        if name not in self._manifests:
            for other in [other for other in self._manifests if other[0] == skill.key]:
                del self._manifests[other]
            try:
                with (self._package(skill) / allowed.MANIFEST).open("rb") as file:
                    found = allowed.parse(file.read(allowed.MANIFEST_MAX_BYTES + 1))
                self._manifests[name] = found if found.key == skill.key else f"it is the package of {found.key}"
            except (ManifestUnusable, OSError) as error:
                self._manifests[name] = f"{error}"
        return self._manifests[name]

    def _package(self, skill: InstalledSkill) -> Path:
        return self._root / STORE / skill.key / skill.installed

    def _seen(self, look: Look) -> dict[str, SkillSeen]:
        failed, self._failed = self._failed, {}
        ended = dict(look.ended) | failed
        seen: dict[str, SkillSeen] = {}
        for key in look.running | ended.keys():
            relay = self._places[key].relay if key in self._places else None
            busy = relay is not None and relay.busy_since_s(self._now_s()) is not None
            seen[key] = SkillSeen(key in look.running, relay is not None and relay.heard, ended.get(key), busy)
        return seen

    async def _start(self, key: str) -> None:
        """What prevents it is seen at the next look, as an end by itself."""
        skill = self.installed.skills[key]
        manifest = self._manifest(skill)
        assert isinstance(manifest, Allowed)
        try:
            place = await self._placed(key, manifest)
            place.give(skill.settings)
            place.relay.begin()
            await self.starter.start(Launch(manifest, self._package(skill), place.folder))
        except (NotStarted, OSError) as error:
            self._failed[key] = SkillEnd("not_started", str(error)[:200])

    async def _placed(self, key: str, manifest: Allowed) -> SkillPlace:
        """Its place, of this package. One that is open already is for a skill that outlived another agent."""
        place = self._places.get(key)
        if place is not None and place.allowed == manifest:
            return place
        if place is not None:
            await place.close()
        place = self._places[key] = SkillPlace(self._host, manifest)
        await place.open()
        return place

    async def _leave(self, key: str) -> None:
        skill = self.installed.skills.get(key)
        gone = skill is None or skill.goes
        await self._places.pop(key).close(remove=gone)
        if gone:
            await self.starter.stop(key, remove=True)

    def _happened(self, event: host.Event) -> None:
        """Into the exactly-once stream; what is active is told when the body has taken it."""
        if event.state == "active":
            return
        said = ": ".join(part for part in (event.why, host.WHY.get(event.why, ""), event.detail) if part)
        self._take(SkillState(event.key, event.version, event.state, reason=said[:200]))
        extra = {"action": f"skill_{event.state}", "skill": event.key, "why": event.why}
        level = logging.INFO if event.state == "stopped" else logging.WARNING
        logger.log(level, "skill %s %s %s", event.key, event.state, said, extra=extra)

    def _tell(self) -> None:
        found = {key: facts(key, self._sight(key)) for key in self.installed.skills.keys() | self._standings.keys()}
        for key, now in found.items():
            before = self._facts.get(key)
            if now.active and (before is None or before.active != now.active):
                self._take(SkillState(key, now.version, "active", digest=now.active))
                logger.info("skill %s is active", key, extra={"action": "skill_active", "skill": key})
            elif before is not None and before.active and not now.active and now.code in {"body_away", "no_body"}:
                self._take(SkillState(key, before.version, "inactive", digest=before.active, reason=in_english(now)))
        changed = by_name(found) != by_name(self._facts)
        self._facts = found
        if changed:
            self.on_change()

    def _sight(self, key: str) -> Sight:
        skill = self.installed.skills.get(key)
        standing = self._standings.get(key, SkillStanding())
        relay = self._places[key].relay if key in self._places else None
        manifest = self._manifests.get((key, skill.installed)) if skill is not None else None
        return Sight(
            skill,
            standing,
            answered=relay is not None and relay.answered,
            body="no_body" if self._host.body is None else "body_away",
            unusable=manifest if isinstance(manifest, str) else "",
            hold=self.holding.hold,
        )

    def _keep(self) -> bool:
        """On the disk when what runs or is put aside has changed: some writes a day. Whether it has."""
        found = self._standings.items()
        now = {key: kept for key, standing in found if (kept := _noted(standing, self._now_s()))}
        if now == self._kept:
            return False
        with contextlib.suppress(OSError):  # the next look tries again
            self._root.mkdir(parents=True, exist_ok=True)
            self._memory.save({"format": 1, "skills": now})
            self._kept = now
        return True

    def _in_trouble(self, why: str) -> None:
        if why and why != self.trouble:
            logger.error("skills: %s", why, extra={"action": "skills_trouble"})
        self.trouble = why


def _noted(standing: SkillStanding, now_s: float) -> dict[str, Any] | None:
    """`steady`: it has run long enough for a release that was new to be kept."""
    if standing.runs is None or standing.phase not in {"active", "quarantined"}:
        return None
    runs = standing.runs
    steady = standing.phase == "active" and now_s - standing.since_s >= host.STEADY_S
    return {
        "phase": standing.phase, "sha256": runs.sha256, "version": runs.version, "settings": runs.settings,
        "why": standing.why, "detail": standing.detail, "steady": steady,
    }  # fmt: skip


def _recalled(kept: dict[str, Any] | None, now_s: float) -> dict[str, SkillStanding]:
    """What an earlier process knew: who is put aside, and which package runs where units outlive the agent."""
    found: dict[str, SkillStanding] = {}
    skills = (kept or {}).get("skills")
    for key, said in skills.items() if isinstance(skills, dict) else ():
        try:
            runs = Wanted(str(said["sha256"]), str(said["version"]), str(said["settings"]))
            standing = SkillStanding(runs=runs, since_s=now_s, why=str(said["why"]), detail=str(said["detail"]))
            found[str(key)] = replace(standing, phase="quarantined") if said["phase"] == "quarantined" else standing
        except (KeyError, TypeError):
            logger.warning("running.json: %s is unreadable", key, extra={"action": "skills_memory_failed"})
    return found
