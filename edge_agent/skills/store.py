"""The store process: once from what is wished to what is installed, then it ends.

It is a short-lived process of its own. The agent writes the signed document beside it and has it started; it verifies,
fetches, installs, and writes what it found to `state.json`, which the agent reads.

    desired.json    the envelope as the collector sent it; written by the agent
    running.json    what runs, and what was put aside; written by the agent
    trust/          what this robot has seen of the repository; trust/root.json came at its enrolment
    state.json      the facts of each skill, and why not

What runs is stopped by the agent and only then taken away here: `stop` of a skill says how it has to end. `wait`: when
the robot may be touched; `task`: after its task, and no other begins; `now`: it must not run on.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from edge_agent import whole_file
from edge_agent.skills import installed
from edge_agent.skills import seen as seen_file
from edge_agent.skills.errors import SkillError, StateLost, Unreachable, Untrusted
from edge_agent.skills.fetching import Fetching, HttpStatus
from edge_agent.skills.install import Installed
from edge_agent.skills.licence import Reckoned, over, reckoned_of
from edge_agent.skills.plan import (
    LICENCE_OVER,
    LICENCE_UNHEARD,
    MOVING,
    RECALLED,
    Past,
    RobotFacts,
    SkillPlan,
    WhyNot,
    planned,
)
from edge_agent.skills.robot_said import RobotSaid
from edge_agent.skills.trial import Tried, digest, restored, verdict
from edge_agent.skills.trust import Trust, url_path_of
from edge_agent.skills.wish import Wish, WishedSkill, recalled, wish_of
from edge_agent.status.catalogue import LANGUAGES, gettext
from opk_skills.errors import PackageRefused
from opk_skills.package import delta
from opk_skills.trust.recalls import Recall, recalls_file, recalls_of
from opk_skills.trust.releases import Release, delta_name

FORMAT = 1
LICENCE_CODES = frozenset({"licence_over", "licence_unheard"})
DELTA_MAX_BYTES = 2 * 1024 * 1024  # one that is larger saves little


@dataclass(frozen=True, slots=True)
class Place:
    """Where and who this robot is. `now`: what the agent says of it, asked before each switch.

    `running`: the boot, and for how many seconds it has run. `key`: SHA-256 of its public
    key; "": it has none, or none that can be read.
    """

    folder: Path
    robot: str
    model: str
    core: str
    capabilities: frozenset[str]
    now: Callable[[], RobotSaid] = RobotSaid
    running: Callable[[], tuple[str, int]] = lambda: ("", 0)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one run. `changed`: keys whose release was switched or removed. `failed`: why it ends early; it runs again."""

    revision: int | None
    changed: tuple[str, ...]
    failed: str


def run_once(place: Place, fetching: Fetching, now_s: Callable[[], float] = time.time) -> Outcome:
    """Reconcile once. It raises nothing of the network, the repository or a package: the outcome says it."""
    place.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        lock = stack.enter_context((place.folder / "lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _Run(place, fetching, now_s).outcome()


class _Run:
    def __init__(self, place: Place, fetching: Fetching, now_s: Callable[[], float]) -> None:
        self._place, self._fetching, self._now_s = place, fetching, now_s
        self._installed = Installed(place.folder)
        self._file = place.folder / "state.json"
        self._before = _read(self._file)
        self._facts: dict[str, dict[str, Any]] = dict(self._before.get("skills", {}))
        self._recalls: tuple[Recall, ...] = ()
        self._trials = restored(self._before.get("trials"))
        self._account: str | None = self._before.get("account")
        self._reckoned: Reckoned = reckoned_of(self._before.get("reckoned"))

    def outcome(self) -> Outcome:
        changed: list[str] = []
        failed, wish = "", self._kept_wish()
        try:
            changed = self._judge_trials()
            trust = self._trust()
            wish = self._newest_wish(trust, wish)
            if wish is not None:
                changed += self._follow(wish, trust)
        except (SkillError, OSError) as error:
            failed = str(error)
            changed += self._without_repository(wish)
        self._judge_licences(wish)
        self._write(wish, failed)
        return Outcome(None if wish is None else wish.revision, tuple(changed), failed)

    def _judge_licences(self, wish: Wish | None) -> None:
        """What may run no more ends after its task, and its package stays: a word of the centre lets it run again.

        Read after the repository was asked: a moment that was signed just now counts.
        """
        if wish is None:
            return
        signed_s = wish.issued_s
        with contextlib.suppress(StateLost):  # it is said already; the document's own moment counts
            signed_s = max(signed_s, seen_file.load(self._place.folder / "trust" / "seen.json").floor_s)
        boot, uptime_s = self._place.running()
        self._reckoned = self._reckoned.at(boot, uptime_s, signed_s, self._place.now().vouched_s)
        for one in wish.skills:
            why = over(one.licence, signed_s=signed_s, least_s=self._reckoned.least_s, clock_s=self._now_s())
            if why and one.key in self._facts:
                message = LICENCE_OVER if why == "licence_over" else LICENCE_UNHEARD
                stop = self._facts[one.key].get("stop") or "task"
                self._facts[one.key] |= _words(WhyNot(why, message)) | {"stop": stop}

    def _judge_trials(self) -> list[str]:
        """What the agent saw of the releases that were switched to."""
        running = _read(self._place.folder / "running.json").get("skills")
        back = []
        for key, tried in self._trials.open.items():
            judged = verdict(tried, running.get(key) if isinstance(running, dict) else None)
            before = self._installed.previous(key)
            if judged == "failed" and not (before and self._may_run(before)):
                judged = "proven"  # there is nothing better: it stays put aside
            if judged != "open":
                self._trials = self._trials.ended(key, judged)
        for key, tried in self._trials.failed.items():
            if self._installed.current().get(key) == tried.sha256 and self._installed.previous(key):
                self._before["trials"] = self._trials.note()
                whole_file.write(self._file, json.dumps(self._before, ensure_ascii=False).encode(), 0o644)
                self._installed.switch_back(key)
                back.append(key)
        return back

    def _may_run(self, sha256: str) -> bool:
        """Whether a release that lies here is neither recalled nor below its publisher's floor."""
        seen = seen_file.load(self._place.folder / "trust" / "seen.json")
        appid, release = seen.release_of(sha256)
        return release >= seen.floors.get(appid, 0) and recalled(self._recalls, appid, release) is None

    def _trust(self) -> Trust:
        root = self._place.folder / "trust" / "root.json"
        try:
            first = root.read_bytes()
        except OSError:
            raise StateLost(f"{root} is missing: this robot was not enrolled at a repository") from None
        trust = Trust(root.parent, first, self._fetching, self._now_s)
        trust.refresh()
        self._recalls = trust.recalls()
        return trust

    def _kept_wish(self) -> Wish | None:
        """What was verified before: a robot that is offline follows it, and its recalls."""
        kept = self._before.get("wish")
        self._recalls = recalls_of(json.dumps(self._before["recalls"]).encode()) if kept else ()
        return wish_of(kept) if kept else None

    def _newest_wish(self, trust: Trust, kept: Wish | None) -> Wish | None:
        try:
            envelope = json.loads((self._place.folder / "desired.json").read_bytes())
        except FileNotFoundError:
            return kept
        except ValueError as error:
            raise Untrusted(f"the desired document cannot be read: {error}") from None
        payload = trust.desired(envelope, self._place.robot)
        if payload is None:
            return kept
        wish = wish_of(payload)
        if wish.key and self._place.key and wish.key != self._place.key:
            raise Untrusted("the signed document is for another robot's key: pair this robot again")
        self._before["wish"] = payload
        self._write(wish, "")
        trust.took(wish.revision)
        return wish

    def _follow(self, wish: Wish, trust: Trust) -> list[str]:
        if self._moves(wish):
            return self._moved_out(wish)
        offered: dict[str, Release | None] = {}
        for one in wish.skills:
            try:
                offered[one.key] = trust.release(one.appid, one.release)
            except Untrusted:
                offered[one.key] = None
        present = self._installed.current()
        recalls = self._recalled(present)
        self._trials = self._trials.only(wish.keys)
        plan = planned(wish, offered, present, self._recalls, self._robot(), self._past(wish, recalls))
        self._installed.clean(frozenset(one.sha256 for one in plan.fetch))
        self._facts = _told(wish, offered, plan, present)
        changed = [key for key in plan.remove if self._removed(key, recalls.get(key))]
        self._write(wish, "")
        for release in plan.fetch:
            if self._facts[release.key].get("stop"):
                continue  # what stands there has to end first
            try:
                changed += self._arrive(release, trust)
            except Unreachable as error:
                self._facts[release.key] |= {"code": "unreachable", "reason": _plain(str(error))}
                self._write(wish, str(error))
        return changed

    def _past(self, wish: Wish, recalls: Mapping[str, Recall]) -> Past:
        failed = self._trials.failed
        settings = {one.key: digest(one.settings) for one in wish.skills}
        rolled_back = {(key, one.sha256) for key, one in failed.items() if settings.get(key) == one.settings}
        return Past(frozenset(recalls), frozenset(rolled_back))

    def _moves(self, wish: Wish) -> bool:
        """Another customer has this robot, and something of the last one's is still here."""
        if wish.account is None or wish.account == self._account:
            return False
        there = self._installed.current().keys() | self._place.now().there
        if self._account is not None and there:
            return True
        self._account = wish.account
        return False

    def _moved_out(self, wish: Wish) -> list[str]:
        """Nothing of the last customer's skills stays. The agent removes what they kept, before anything else comes."""
        present = self._installed.current()
        self._facts = {
            one.key: _facts(one, present.get(one.key, "")) | _words(WhyNot(installed.MOVING, MOVING))
            for one in wish.skills
        }
        self._installed.clean(frozenset())
        return [key for key in sorted(present) if self._removed(key, None)]

    def _recalled(self, present: Mapping[str, str]) -> dict[str, Recall]:
        """Of what is installed, whatever is wished: by skill."""
        seen = seen_file.load(self._place.folder / "trust" / "seen.json")
        named = {sha256: seen.release_of(sha256) for sha256 in present.values()}
        found = {key: recalled(self._recalls, *named[sha256]) for key, sha256 in present.items()}
        return {key: recall for key, recall in found.items() if recall is not None}

    def _without_repository(self, wish: Wish | None) -> list[str]:
        """What was recalled does not wait for a repository that answers."""
        if wish is None:
            return []
        present = self._installed.current()
        try:
            recalls = self._recalled(present)
        except StateLost:
            recalls = {}  # it is said, and nothing is installed without it
        left = {key: self._facts.get(key, _standing(present[key])) for key in present.keys() - wish.keys}
        self._facts = left | {one.key: _facts(one, present.get(one.key, "")) for one in wish.skills}
        for one in wish.skills:
            if recall := recalled(self._recalls, one.appid, one.release):
                self._facts[one.key] |= _words(WhyNot("recalled", RECALLED, {"reason": recall.reason}))
        return [key for key, recall in recalls.items() if self._removed(key, recall)]

    def _robot(self) -> RobotFacts:
        free_bytes = shutil.disk_usage(self._place.folder).free
        return RobotFacts(self._place.model, self._place.core, self._place.capabilities, free_bytes)

    def _removed(self, key: str, recall: Recall | None) -> bool:
        """Taken away, or left for the agent to end first."""
        if not self._place.now().has(key):
            self._installed.remove(key)
            if key in self._facts:
                self._facts[key]["installed"] = ""
            return True
        facts = self._facts.setdefault(key, _standing(self._installed.current()[key]))
        facts["stop"] = {"harmful": "now", "faulty": "task"}[recall.grade] if recall else "wait"
        if recall:
            facts["tell"] = dict(recall.reason)
        return False

    def _arrive(self, release: Release, trust: Trust) -> list[str]:
        """Fetch, verify, unpack and switch to one release. The facts say how far it came."""
        facts = self._facts[release.key]
        if not self._installed.holds(release.key, release.sha256):
            path = self._installed.partial / release.sha256
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                if not os.fstat(file.fileno()).st_size:
                    self._from_delta(release, file)
                self._fetching.resume(url_path_of(release), file.fileno(), release.length, release.sha256)
                os.fsync(file.fileno())
                facts["downloaded"] = release.sha256
                try:
                    trust.check(release, file)
                    facts["verified"] = release.sha256
                    self._installed.put(release.key, file)
                except (Untrusted, PackageRefused) as error:
                    path.unlink()
                    facts |= {"code": "not_trusted", "reason": _plain(str(error))}
                    return []
            path.unlink()
        facts |= {"downloaded": release.sha256, "verified": release.sha256}
        if self._place.now().hold:
            facts["code"] = "waits"  # the agent knows what for
            return []
        tried = Tried(release.sha256, digest(facts["settings"]))
        self._trials = self._trials.begun(release.key, tried)
        self._installed.switch(release.key, release.sha256)
        facts["installed"] = release.sha256
        return [release.key]

    def _from_delta(self, release: Release, file: BinaryIO) -> None:
        """By what changed since the release that runs. Nothing is written unless it is the package."""
        old = self._installed.archive(release.key)
        if old is None:
            return
        sha256, content = old
        path = f"targets/{release.appid}/{delta_name(release, sha256)}"
        try:
            made = delta.applied(content, b"".join(self._fetching.small(path, DELTA_MAX_BYTES)), release.length)
        except (HttpStatus, Unreachable, Untrusted, delta.BadDelta):
            return  # there is none, or it is of no use: the whole is fetched
        if hashlib.sha256(made).hexdigest() == release.sha256:
            file.write(made)
            file.flush()

    def _pending(self) -> bool:
        """Whether the agent should have this run again when something changes on the robot."""
        waits = any(
            each["code"] in {"waits", installed.MOVING} or (each.get("stop") and each["code"] not in LICENCE_CODES)
            for each in self._facts.values()
        )
        return waits or bool(self._trials.open)

    def _write(self, wish: Wish | None, failed: str) -> None:
        form = {
            "format": FORMAT,
            "revision": None if wish is None else wish.revision,
            "wish": self._before.get("wish"),
            "recalls": json.loads(recalls_file(self._recalls)),
            "failed": failed,
            "account": self._account,
            "trials": self._trials.note(),
            "reckoned": self._reckoned.note(),
            "pending": self._pending(),
            "skills": self._facts,
        }
        whole_file.write(self._file, json.dumps(form, ensure_ascii=False).encode(), 0o644)


def _told(
    wish: Wish, offered: Mapping[str, Release | None], plan: SkillPlan, present: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The facts before anything is done."""
    told = {}
    for one in wish.skills:
        facts = _facts(one, present.get(one.key, ""))
        release = offered.get(one.key)
        facts["version"] = release.version if release else ""
        told[one.key] = facts | (_words(plan.refused[one.key]) if one.key in plan.refused else {})
    return told


def _standing(sha256: str) -> dict[str, Any]:
    """What is no longer wished, and still there."""
    none = dict.fromkeys(("appid", "version", "sha256", "desired", "downloaded", "verified", "code"), "")
    return none | {"release": 0, "installed": sha256, "settings": {}, "reason": {}}


def _facts(one: WishedSkill, installed: str) -> dict[str, Any]:
    there = one.sha256 if installed == one.sha256 else ""
    return {
        "appid": one.appid, "release": one.release, "version": "", "sha256": one.sha256, "desired": one.sha256,
        "downloaded": there, "verified": there, "installed": installed, "settings": dict(one.settings),
        "code": "", "reason": {},
    }  # fmt: skip


def _words(cause: WhyNot) -> dict[str, Any]:
    """The cause in every language of the robot's page."""
    told = {}
    for language in LANGUAGES:
        slots = {k: v.get(language, v.get("en", "")) if isinstance(v, Mapping) else v for k, v in cause.slots.items()}
        told[language] = gettext(language, cause.message, **slots)
    return {"code": cause.code, "reason": told}


def _plain(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def _read(path: Path) -> dict[str, Any]:
    try:
        form = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return form if isinstance(form, dict) and form.get("format") == FORMAT else {}
