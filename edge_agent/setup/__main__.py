"""`edge-agent setup`: its words, what it asks, what it says."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge_agent.config import broker_of
from edge_agent.errors import AgentError, ConfigError
from edge_agent.setup.files import CREDENTIALS, ROOT_OF_TRUST, wanted
from edge_agent.setup.machine import Machine, ran, shipped
from protocol.limits import ROBOT_ID

SAYS = {
    "put": "+ {what}", "replace": "~ {what}", "same": "= {what}", "kept": "= {what}: a person's, it stays as it is",
    "remove": "- {what}", "changed": "! {what}: it was changed since, and stays", "run": "$ {what}",
}  # fmt: skip
ASKED = {
    "robot": "Name of this robot, as its topics and the cockpit have it",
    "mqtt_url": "Broker, as mqtts://HOST:8883",
    "timezone": "Time zone of this robot, such as Asia/Shanghai",
}


def main(words: Sequence[str], ask: Callable[[str], str] = input) -> int:
    """0: done or nothing to do; 1: it could not be done; 2: a wrong call."""
    parser = argparse.ArgumentParser(
        prog="edge-agent setup", description="Install users, units, rules and folders on this robot, once, as root."
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done")
    parser.add_argument("--undo", action="store_true", help="take it off again; counts and credentials stay")
    for name, help_ in ASKED.items():
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="TEXT", help=f"{help_} [asked]")
    for name in ("model", "skills_repository", "skills_body", "skills_language"):
        parser.add_argument(f"--{name.replace('_', '-')}", dest=name, metavar="TEXT", help="as in agent.toml")
    parser.add_argument("--first-root", type=Path, metavar="FILE", help="root metadata of the skills' repository")
    given = parser.parse_args(words)
    try:
        if os.geteuid() != 0 and not given.dry_run:
            raise ConfigError("setup changes the system: run it as root, or look with --dry-run")
        machine = Machine(Path("/"), dry=given.dry_run)
        steps = machine.undo() if given.undo else machine.install(wanted(shipped(), _settings(given, ask), sys.prefix))
        for verb, what in steps:
            print(SAYS[verb].format(what=what), flush=True)
        if not given.undo and not given.dry_run:
            _finish(given.first_root)
    except AgentError as error:
        print(f"edge-agent: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    return 0


def _settings(given: argparse.Namespace, ask: Callable[[str], str]) -> dict[str, object]:
    """What the first agent.toml says. Raises ConfigError."""
    if Path("/etc/edge-agent/agent.toml").exists():
        return {}
    said = {name: getattr(given, name) or ask(f"{question}: ").strip() for name, question in ASKED.items()}
    if not ROBOT_ID.fullmatch(said["robot"]):
        raise ConfigError(
            "robot: {name!r} is no name: letters, digits, _ . : - and at most 64 of them", name=said["robot"]
        )
    broker_of(said["mqtt_url"])
    settings: dict[str, object] = {**said, **({"model": given.model} if given.model else {})}
    if given.skills_language:
        settings |= {"skills": "systemd", "skills_dir": "/run/fleetward/skills"}
        settings["skills_language"] = given.skills_language
        settings |= {
            name: getattr(given, name) for name in ("skills_repository", "skills_body") if getattr(given, name)
        }
    return settings


def _finish(first_root: Path | None) -> None:
    """The first root where it was given, the folder of secrets, and the agent from the next boot on."""
    Path(CREDENTIALS).mkdir(mode=0o700, parents=True, exist_ok=True)
    if first_root is not None:
        place = Path(ROOT_OF_TRUST)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(first_root.read_bytes())
        for path in (place, *place.parents):
            if path == Path("/var/lib"):
                break
            shutil.chown(path, "edge-agent", "edge-agent")
    ran(("systemctl", "enable", "edge-agent.service"))
    paired = any((Path(CREDENTIALS) / name).exists() for name in ("cert", "password"))
    print("next: systemctl start edge-agent" if paired else "next: edge-agent pair CODE, with a code from the cockpit")
