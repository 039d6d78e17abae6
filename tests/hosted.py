"""Packages laid into the installed tree as the store process lays them, and packages that mean harm."""

import hashlib
import io
import json
import shutil

from edge_agent.skills import installed
from edge_agent.skills.installed import InstalledSkill, StoreState
from opk_skills.catalogue import HERE
from opk_skills.folder import RUNTIME, packed
from opk_skills.package import build, contents
from opk_skills.runtime import FILES
from opk_skills.trial_run import unpack
from tests.packages import reading

RUNTIME_FILES = {
    "opk_skills/__init__.py": b"",
    **{f"opk_skills/runtime/{name}": (RUNTIME / name).read_bytes() for name in FILES},
}


class Store:
    """Lays packages into `<state_dir>/skills`, as the store process does."""

    def __init__(self, state_dir):
        self.root = state_dir / "skills"
        self.root.mkdir(parents=True)
        self.skills = {}

    def install(self, data, **settings):
        """A package's bytes become what runs of its key."""
        package = reading(data)
        key, folder = package.manifest.key, self.root / "store" / package.manifest.key
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / package.sha256).exists():
            file = self.root / "package.opk"
            file.write_bytes(data)
            unpack(file, package, folder / package.sha256)
            file.unlink()
        link = folder / "current.new"
        link.symlink_to(package.sha256)
        link.replace(folder / "current")
        version = package.manifest.version
        self.skills[key] = InstalledSkill(
            key, package.manifest.appid, 1, version, package.sha256, *[package.sha256] * 4, settings
        )
        self.write()
        return package.manifest

    def remove(self, key):
        """It is no longer desired, and then no longer there."""
        del self.skills[key]
        self.write()
        shutil.rmtree(self.root / "store" / key)

    def write(self):
        part = self.root / "state.part"
        part.write_text(json.dumps(installed.document(StoreState(1, self.skills))))
        part.replace(self.root / "state.json")


def shipped(key):
    """The package of a skill that ships."""
    return packed(HERE / key)


def repacked(data, **changed):
    """The same package with these fields of its manifest."""
    package = reading(data)
    files = {entry.name: b"".join(contents(io.BytesIO(data), entry)) for entry in package.entries}
    head = json.loads(b"".join(contents(io.BytesIO(data), package.head)))
    del head["files"]
    return build(head | changed, files)


def hostile(key, code, **more):
    """A package whose program is this code, run instead of a skill. `more`: fields of its manifest."""
    return build(_table(key) | more, {"start.py": code.encode(), **RUNTIME_FILES})


def _table(key):
    appid = "fw_" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return {
        "format": 2, "key": key, "role": "skill", "appid": appid, "app_keys": [key], "published": False,
        "version": "1", "scenes": [], "priority": 3, "intents": [f"{key}&start"], "counts": ["narration"],
        "permissions": ["speak"], "name": {"en": key, "zh": key}, "text": {"en": key, "zh": key},
        "requires": {"core": "1.0.0", "models": []},
        "runtime": {"kind": "python", "entry": f"{key}.skill:Skill", "contract": 1, "version": "1.0"},
        "counter": [{"key": f"{key}.act", "unit": "count", "en": "acts", "zh": "acts", "most_per_h": 60}],
    }  # fmt: skip
