"""Packages for tests: a manifest's table, the bytes of a right package, and archives that no `opk build` writes."""

import hashlib
import io
import tarfile

from opk_skills import runtime
from opk_skills.folder import runtime_files
from opk_skills.package import build, read
from opk_skills.package.canonical import encoded

DECLARED = {
    "format": 2,
    "key": "lift",
    "role": "skill",
    "appid": "fw_00000000000000000000000000000001",
    "app_keys": ["lift"],
    "published": False,
    "version": "04.3010.0000",
    "scenes": ["ktv"],
    "priority": 2,
    "intents": ["lift&call"],
    "counts": ["delivery"],
    "permissions": ["go_to", "speak"],
    "name": {"en": "Lift", "zh": "乘梯"},
    "text": {"en": "Rides a lift.", "zh": "乘坐电梯。"},
    "requires": {"core": "2.3.0", "models": [], "capabilities": ["go_to"]},
    "counter": [{"key": "lift.ride", "unit": "count", "en": "Rides", "zh": "乘梯次数", "most_per_h": 60}],
    "runtime": {"kind": "python", "entry": "lift.skill:Lift", "contract": 1, "version": "1"},
}
FILES = {"lift/__init__.py": b"", "lift/skill.py": b"X = 1\n" * 200, "start.py": b"pass\n"}


def package(files=FILES, **changed):
    return build(DECLARED | changed, files)


def reading(data):
    return read(io.BytesIO(data))


def listed(files):
    return [{"name": n, "sha256": hashlib.sha256(d).hexdigest(), "size": len(d)} for n, d in sorted(files.items())]


def archive(files=FILES, *, first="manifest.json", manifest=None, change=None, extra=(), order=None, form=None):
    """By `tarfile`, as others would: `change(member)` spoils a member, `extra` are members behind the files."""
    said = manifest if manifest is not None else encoded(DECLARED | {"files": listed(files)})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form or tarfile.USTAR_FORMAT) as tar:
        for name, data in [(first, said), *((n, files[n]) for n in order or sorted(files))]:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o644
            if change is not None:
                change(member)
            tar.addfile(member, io.BytesIO(data))
        for member, data in extra:
            tar.addfile(member, io.BytesIO(data) if data else None)
    return unpadded(out.getvalue())


def unpadded(data):
    """Without the zeros that `tarfile` fills a tape's record with, but for the two blocks of the end."""
    return data.rstrip(b"\0") + bytes(-len(data.rstrip(b"\0")) % 512) + bytes(1024)


LIFT = b'''"""Rides a lift."""

from opk_skills.runtime.skill import Intent, Skill, mission


class Lift(Skill):
    """One ride at a time."""

    @mission("lift&call")
    async def ride(self, _intent: Intent) -> None:
        """To the floor."""
        self.count("lift.ride")
'''


def sound_package(program=LIFT, extra=None, **changed):
    """A package that passes all automatic checks: the lift boy with the runtime of this release."""
    declared = DECLARED | {"runtime": {**DECLARED["runtime"], "version": runtime.VERSION}} | changed
    manifest = reading(build(declared, FILES)).manifest
    files = {"lift/__init__.py": b"", "lift/skill.py": program, **runtime_files(manifest), **(extra or {})}
    return build(declared, files)
