"""The bounded child: a sound package passes, a hostile one is refused with its reason, and neither takes long."""

import time

import pytest

from collector.skillstore.review.sandbox import CheckBounds, check
from tests.packages import sound_package

SMALL = CheckBounds(seconds=3, memory_bytes=160 * 1024 * 1024)


def problems(tmp_path, data, bounds=SMALL):
    file = tmp_path / "a.opk"
    file.write_bytes(data)
    return {one.check: [each.en for each in one.problems] for one in check(file, bounds)}


def test_a_package_as_opk_builds_it_passes_every_check(tmp_path):
    assert problems(tmp_path, sound_package()) == {"package": [], "program": [], "runtime": []}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (b"import ssl\n", "imports ssl"),
        (b"import requests\n", "imports requests"),
        (b"class Lift:\n    async def go(self):\n        await self.robot.listen()\n", "without permission"),
        (b"x = (", "is no Python"),
        (b"x = " + b"(" * 5_000 + b")" * 5_000, "is no Python"),
        (b"x = '\x00'", "is no Python"),
    ],
)
def test_a_program_that_does_what_it_does_not_declare_is_refused_with_the_remedy(tmp_path, program, said):
    found = problems(tmp_path, sound_package(program))
    assert any(said in each for each in found["program"]), found


def test_files_beside_the_skill_and_the_runtime_are_refused_since_nobody_reads_them(tmp_path):
    found = problems(tmp_path, sound_package(extra={"opk_skills/runtime/" + "more.py": b"import socket\n"}))
    assert ["more.py" in each for each in found["runtime"]] == [True]
    assert problems(tmp_path, sound_package(extra={"start.py": b"pass\n"}))["runtime"] != []


def test_bytes_that_are_no_package_are_refused(tmp_path):
    assert problems(tmp_path, b"PK\x03\x04" + b"\0" * 2_000)["package"] != []
    whole = sound_package()
    assert "ends early" in problems(tmp_path, whole[:-600])["package"][0]


def test_what_takes_too_much_memory_or_time_ends_with_a_reason_and_soon(tmp_path):
    began = time.monotonic()
    found = problems(tmp_path, sound_package(b"x = [" + b"[1],1+1,f(a)," * 400_000 + b"]\n"))
    assert found["package"] or found["program"], "bounded either by the child's memory or by the reader of programs"
    assert time.monotonic() - began < 12
    found = problems(tmp_path, sound_package(extra={"lift/texts.json": b"[" * 500_000}))
    assert "did not end within" in found["package"][0], "a child that dies"
