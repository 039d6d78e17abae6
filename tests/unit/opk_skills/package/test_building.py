"""A package is the same bytes wherever it is built, and what the standard tools say of it is what went in."""

import io
import os
import subprocess
import sys
import tarfile

import pytest

from opk_skills.errors import PackageRefused
from opk_skills.package import building
from opk_skills.package.canonical import decoded
from tests import ROOT
from tests.packages import DECLARED, FILES, archive, package, reading


def test_the_bytes_are_those_that_tarfile_writes_for_the_same_members():
    assert package() == archive()


def test_tar_reads_it_and_finds_the_manifest_first():
    with tarfile.open(fileobj=io.BytesIO(package())) as tar:
        members = tar.getmembers()
        manifest = decoded(tar.extractfile("manifest.json").read())
    assert [m.name for m in members] == ["manifest.json", *sorted(FILES)]
    assert {(m.mode, m.uid, m.gid, m.mtime, m.type) for m in members} == {(0o644, 0, 0, 0, tarfile.REGTYPE)}
    assert manifest["name"] == DECLARED["name"]


BUILDS = """
import hashlib, sys
from tests.packages import DECLARED, FILES, build
files = dict(sorted(FILES.items(), reverse=len(sys.argv) > 1))
print(hashlib.sha256(build(DECLARED, files)).hexdigest())
"""


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai"])
@pytest.mark.parametrize("seed", ["0", "77"])
def test_another_zone_hash_seed_order_and_umask_give_the_same_bytes(zone, seed):
    environ = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    said = [
        subprocess.run(
            [sys.executable, "-c", BUILDS, *more], env=environ, check=True, capture_output=True, text=True, umask=umask
        ).stdout.strip()
        for more, umask in (([], 0o022), (["reversed"], 0o077))
    ]
    assert said == [reading(package()).sha256] * 2


@pytest.mark.parametrize(
    "name",
    ["../a", "/a", "./a", "a//b", "a/", "", ".a", "-a", "A", "a b", "ä", "a\\..\\b", "a/../b", "a..b", "x" * 101,
     "/".join("abcdefghi"), "manifest.json", "a\x00b", "a\nb"],
)  # fmt: skip
def test_a_name_that_some_file_system_reads_otherwise_is_refused(name):
    with pytest.raises(PackageRefused, match="no name for a file") as refusal:
        package({name: b""})
    assert refusal.value.code == "file_refused"


def test_a_file_that_is_a_folder_too_is_refused():
    with pytest.raises(PackageRefused, match="rename one of them"):
        package({"a": b"", "a/b": b""})


def test_more_or_larger_than_the_bounds_is_refused(monkeypatch):
    monkeypatch.setattr(building, "FILES_MAX", 3)
    assert package()
    with pytest.raises(PackageRefused, match="more than 3 files"):
        package(FILES | {"more": b""})
    monkeypatch.setattr(building, "PACKAGE_MAX_BYTES", 4000)
    with pytest.raises(PackageRefused, match="larger than 4000 bytes"):
        package()
    monkeypatch.setattr(building.ustar, "FILE_MAX_BYTES", 4)
    with pytest.raises(PackageRefused, match="larger than 4 bytes"):
        package()


def test_what_json_cannot_say_is_refused():
    with pytest.raises(PackageRefused, match=r"cannot be written as JSON"):
        package(settings={"x": float("nan")})
    with pytest.raises(PackageRefused, match=r"cannot be written as JSON"):
        package(version="\ud800")
