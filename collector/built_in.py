"""The policies that ship with the collector, read from their files.

The context takes one where no setting names another file. No rule below knows of them: the models are pure.
"""

from pathlib import Path

from collector.accounts.lifecycle import policy as lifecycle
from collector.accounts.segments import segments
from collector.health.policy.file import Policy
from collector.success import playbooks

_HERE = Path(__file__).parent
HEALTH_FILE = _HERE / "health" / "policy" / "policy.toml"
LIFECYCLE_FILE = _HERE / "accounts" / "lifecycle" / "lifecycle.toml"
SEGMENTS_FILE = _HERE / "accounts" / "segments" / "segments.toml"
PLAYBOOKS_FILE = _HERE / "success" / "playbooks.toml"

HEALTH = Policy.load(HEALTH_FILE.read_text(encoding="utf-8"))
LIFECYCLE = lifecycle.load(LIFECYCLE_FILE.read_text(encoding="utf-8"))
SEGMENTS = segments.load(SEGMENTS_FILE.read_text(encoding="utf-8"))
PLAYBOOKS = playbooks.parse(PLAYBOOKS_FILE.read_text(encoding="utf-8"), None)
