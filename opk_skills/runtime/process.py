"""A skill as a process of its own: what it is given, how it starts, how it ends.

    command      python3 -I -S start.py                  in the folder of the unpacked package, read-only
    environment  FLEETWARD_SKILL_DIR                     a folder that holds, for this skill alone:
                   body.sock                               the robot's body (wire.py)
                   count.sock                              where it counts
                   settings.json                           {"language": "zh", "settings": {…}, "order": "run"}
                   kept                                    what it keeps over its own crashes (state.py)
                 FLEETWARD_SKILL_KEPT                   that file, where the folder is read-only
    SIGTERM      the body stands still within 1 s, the skill says farewell within 5, and ends
    exit         0 as asked; 1 a fault of the skill; 78 what it was given cannot be: start it again when that is mended

settings.json is replaced by rename whenever a person changes a setting; it is looked at every two seconds. `"order":
"drain"` lets the mission end and begins no other; then the process ends by itself.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from opk_skills.runtime.counts import Counts
from opk_skills.runtime.running import Running
from opk_skills.runtime.skill import Given, Skill, Tally
from opk_skills.runtime.socket_link import BodyRefuses, SocketLink
from opk_skills.runtime.state import StateInFile

VARIABLE, KEPT_VARIABLE = "FLEETWARD_SKILL_DIR", "FLEETWARD_SKILL_KEPT"
LOOK_S = 2.0  # between two looks at settings.json
SETTINGS_MAX_BYTES = 64 * 1024
MANIFEST_MAX_BYTES = TEXTS_MAX_BYTES = 1024 * 1024
CLOSE_S = 3.0  # for the last counts to be durable
EX_CONFIG = 78
_LOG = logging.getLogger(__name__)


class NotGiven(Exception):
    """What the process was given cannot be; the message says what has to be mended."""


def main(package: str) -> int:
    """Runs the skill in the folder `package` until it is told to stop. Returns the exit code."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", level=logging.INFO)
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        _LOG.error("%s is not set: the folder with body.sock, count.sock and settings.json", VARIABLE)
        return EX_CONFIG
    try:
        manifest = _json(os.path.join(package, "manifest.json"), MANIFEST_MAX_BYTES)
        return asyncio.run(_live(package, folder, manifest))
    except (NotGiven, BodyRefuses) as error:
        _LOG.error("%s", error)
        return EX_CONFIG


async def _live(package: str, folder: str, manifest: dict[str, Any]) -> int:
    kind = _class(manifest)
    settings_file = os.path.join(folder, "settings.json")
    given = _settings(settings_file, manifest)
    texts = _texts(package, manifest["key"], given["language"])
    counts = Counts(os.path.join(folder, "count.sock"))
    declared = frozenset(manifest["counts"]) | {counter["key"] for counter in manifest.get("counter", ())}
    link = SocketLink(os.path.join(folder, "body.sock"), manifest["key"], manifest["version"])
    state = StateInFile(os.environ.get(KEPT_VARIABLE) or os.path.join(folder, "kept"))
    skill = kind(Given(link, Tally(counts, declared), given["settings"], texts, state))

    def report(number: int, state: str, why: str, resume: Mapping[str, str]) -> None:
        link.say({"mission": number, "state": state, "why": why[:400], **({"resume": dict(resume)} if resume else {})})

    running = Running(skill, report)

    def heard(event: dict[str, Any]) -> None:
        _dispatch(running, event)

    asked = asyncio.Event()
    link.heard = heard
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(link.run(), name="body"),
        asyncio.create_task(_look(settings_file, manifest, running), name="settings"),
        asyncio.create_task(asked.wait(), name="asked to stop"),
    ]
    waited: set[asyncio.Future[Any]] = {*tasks, running.broken}
    done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    ended = await running.stop("asked" if tasks[2] in done else "ending")
    for task in tasks:
        task.cancel()
    if not counts.close(CLOSE_S):
        _LOG.warning("the last counts are not confirmed: %s", counts.refused or "nobody answers at count.sock")
    if not ended:
        _LOG.error("the mission does not end though it was interrupted: let CancelledError pass")
        logging.shutdown()
        os._exit(1)  # what swallows its interruption would swallow this loop's end as well
    for one in done:
        one.result()  # what ended it, if it was no wish
    return 0


def _dispatch(running: Running, event: dict[str, Any]) -> None:
    kind = event.get("event")
    if kind == "intent":
        slots = event.get("slots") or {}
        running.intent(event.get("mission", 0), str(event.get("intent", "")), slots, float(event.get("at_s", 0.0)))
    elif kind == "interrupt":
        running.interrupt(str(event.get("why", "")))
    elif kind == "corrected":
        running.corrected(str(event.get("family", "")))


async def _look(path: str, manifest: dict[str, Any], running: Running) -> None:
    """Gives the skill what is written anew; returns when it is to drain and the mission has ended."""
    seen = _stamp(path)
    while True:
        await asyncio.sleep(LOOK_S)
        if (now := _stamp(path)) == seen:
            continue
        seen = now
        try:
            given = _settings(path, manifest)
        except NotGiven as error:
            _LOG.warning("%s; it goes on with what it had", error)
            continue
        if given["settings"] != running.skill.settings:
            running.settings(given["settings"])
        if given["order"] == "drain":
            running.drain()
            await running.idle.wait()
            return


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _settings(path: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the skill is given now. Raises NotGiven."""
    said = _json(path, SETTINGS_MAX_BYTES)
    language, settings = said.get("language"), said.get("settings", {})
    if not isinstance(language, str) or not isinstance(settings, dict):
        raise NotGiven(f"{path}: language is a text and settings a table")
    declared = manifest.get("settings", {}).get("properties", {})
    defaults = {name: each["default"] for name, each in declared.items() if "default" in each}
    return {"language": language, "settings": defaults | settings, "order": said.get("order", "run")}


def _texts(package: str, key: str, language: str) -> dict[str, str]:
    path = os.path.join(package, key, "texts.json")
    if not os.path.exists(path):
        return {}
    texts = _json(path, TEXTS_MAX_BYTES)
    if language not in texts:
        raise NotGiven(f"{path}: it has no texts in {language}: {', '.join(texts)}")
    found = texts[language]
    return found if isinstance(found, dict) else {}


def _class(manifest: dict[str, Any]) -> type[Skill]:
    module, _, name = manifest["runtime"]["entry"].partition(":")
    __import__(module)
    kind = getattr(sys.modules[module], name, None)
    if not isinstance(kind, type) or not issubclass(kind, Skill):
        raise NotGiven(f"{module} has no class {name} that derives from Skill")
    return kind


def _json(path: str, most_bytes: int) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(most_bytes + 1)
        said = json.loads(data) if len(data) <= most_bytes else None
    except (OSError, ValueError) as error:
        raise NotGiven(f"{path}: {error}") from error
    if not isinstance(said, dict):
        raise NotGiven(f"{path}: a JSON object of at most {most_bytes} bytes is expected")
    return said
