"""What setup puts where, from what ships in edge_agent/packaging. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

HOME = "/opt/edge-agent"  # of the units that ship; another place of the agent is put in its stead
NOTE = "/etc/edge-agent/setup.json"
SETTINGS = "/etc/edge-agent/agent.toml"
CREDENTIALS = "/etc/edge-agent/credentials"
ROOT_OF_TRUST = "/var/lib/edge-agent/skills/trust/root.json"
PAGE = "edge-agent-page.socket"
_UNITS = (
    "edge-agent.service", "edge-agent-page.service", PAGE, "fleetward-store.service", "fleetward-skill@.service",
    "fleetward-skill-48@.service", "fleetward-skill-96@.service", "fleetward-skill-remove@.service",
)  # fmt: skip
SHIPPED: Mapping[str, str] = {
    "edge-agent.sysusers.conf": "/usr/lib/sysusers.d/edge-agent.conf",
    "edge-agent.tmpfiles.conf": "/usr/lib/tmpfiles.d/edge-agent.conf",
    "fleetward-skills.tmpfiles.conf": "/usr/lib/tmpfiles.d/fleetward-skills.conf",
    "50-fleetward-skills.rules": "/etc/polkit-1/rules.d/50-fleetward-skills.rules",
    **{unit: f"/etc/systemd/system/{unit}" for unit in _UNITS},
}
"""Each file that ships, and where it is installed. What starts by itself is enabled by whoever installs."""

AFTER = (("systemd-sysusers",), ("systemd-tmpfiles", "--create"), ("systemctl", "daemon-reload"))
"""What makes users, folders and units of them."""


@dataclass(frozen=True, slots=True)
class FileToPut:
    """One file as it shall be. `keep`: one that is there already is a person's, and stays as it is."""

    path: str
    content: bytes
    mode: int = 0o644
    keep: bool = False


def wanted(shipped: Mapping[str, bytes], settings: Mapping[str, object], home: str) -> tuple[FileToPut, ...]:
    """All files. `settings` become the first agent.toml; `home`: where the agent itself lies."""
    files = [FileToPut(path, _at_home(shipped[name], home)) for name, path in SHIPPED.items()]
    return (*files, FileToPut(SETTINGS, agent_toml(settings), keep=True))


def agent_toml(settings: Mapping[str, object]) -> bytes:
    """The robot's own file: what was asked for, and where the unit keeps its sockets."""
    head = "# Fleetward edge agent, written by `edge-agent setup`. Every setting is in docs/agent.md.\n\n"
    both = {**settings, "runtime_dir": "/run/edge-agent"}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in both.items()]
    return (head + "\n".join(lines) + "\n").encode()


def _at_home(content: bytes, home: str) -> bytes:
    return content if home == HOME else content.replace(HOME.encode(), home.encode())
