"""The store process, once: `python -m edge_agent.skills [--config FILE]` fetches, verifies and installs, and ends.

Exit code 0: everything is as it was wished, or says in state.json why not; 1: it is to be tried again; 2: the settings.
"""

import argparse
import json
import os
import ssl
import sys
import time
from pathlib import Path

from edge_agent import clock, config
from edge_agent.config import Settings, is_set
from edge_agent.errors import ConfigError
from edge_agent.setup.pairing import fingerprint_of
from edge_agent.skills import robot_said
from edge_agent.skills.errors import SkillError
from edge_agent.skills.fetching import Fetching, Patience
from edge_agent.skills.store import Place, run_once

TOTAL_S = 1800.0  # of one transfer; what arrived stays, and the next run goes on behind it


def main() -> int:
    """Run once; print what came of it as one line of JSON."""
    parser = argparse.ArgumentParser(prog="edge-agent-store", description=__doc__.partition("\n")[0])
    parser.add_argument("--config", type=Path, metavar="FILE", help="the agent's own configuration")
    parser.add_argument("--settings", default="{}", metavar="JSON", help="settings that win over the file's, by name")
    given = parser.parse_args()
    try:
        settings = config.load(json.loads(given.settings), os.environ, given.config)
        outcome = run_once(place_of(settings), Fetching(settings.skills_repository, _tls(settings), Patience(TOTAL_S)))
    except (ConfigError, SkillError) as error:
        print(f"edge-agent-store: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"revision": outcome.revision, "changed": outcome.changed, "failed": outcome.failed}))
    return 1 if outcome.failed else 0


def place_of(settings: Settings) -> Place:
    """Where this robot keeps skills, and what it is."""
    folder, can = settings.state_dir / "skills", frozenset(settings.skills_capabilities)
    told = config.skills_folder(settings)
    return Place(
        folder, settings.robot, settings.model, settings.skills_core, can, lambda: robot_said.read(told), _running,
        fingerprint_of(settings.tls_cert_file) if is_set(settings.tls_cert_file) else "",
    )  # fmt: skip


def _running() -> tuple[str, int]:
    return clock.boot_id(), int(time.clock_gettime(time.CLOCK_BOOTTIME))


def _tls(settings: Settings) -> ssl.SSLContext:
    """The repository is known by its own authority; it knows this robot by the certificate that the broker knows."""
    try:
        ca = str(settings.skills_repository_ca) if is_set(settings.skills_repository_ca) else None
        context = ssl.create_default_context(cafile=ca)
        if is_set(settings.tls_cert_file) and is_set(settings.tls_key_file):
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "skills_repository_ca: {detail}: name a file of PEM certificates", detail=str(error)
        ) from error
    return context


if __name__ == "__main__":
    sys.exit(main())
