"""Laws of the package: what is built is read as it was, has one spelling, and no changed byte of it is taken."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opk_skills.errors import PackageRefused
from opk_skills.file_names import is_right
from opk_skills.package import build, contents, read
from opk_skills.package.canonical import decoded
from tests.packages import DECLARED, package, reading

PART = st.from_regex(r"[a-z0-9_][a-z0-9_-]{0,6}(\.[a-z0-9]{1,3})?", fullmatch=True)
NAME = st.lists(PART, min_size=1, max_size=3).map("/".join)


def no_folder_is_a_file(files):
    return not any(other.startswith(f"{name}/") for name in files for other in files)


FILES = st.dictionaries(NAME, st.binary(max_size=1500), max_size=8).filter(
    lambda files: "manifest.json" not in files and no_folder_is_a_file(files)
)


@given(FILES)
def test_what_is_built_is_read_as_it_was(files):
    data = package(files)
    found = reading(data)
    assert {e.name: b"".join(contents(io.BytesIO(data), e)) for e in found.entries} == files
    assert (found.size, len(data) % 512) == (len(data), 0)


@given(FILES, st.randoms())
def test_the_order_of_files_and_fields_changes_no_byte(files, rng):
    names, fields = list(files), list(DECLARED)
    rng.shuffle(names)
    rng.shuffle(fields)
    shuffled = build({field: DECLARED[field] for field in fields}, {name: files[name] for name in names})
    assert shuffled == package(files)


SMALL = package({"lift/skill.py": b"x" * 700})


def is_refused_or_is_what_build_writes(data):
    """A changed byte of the manifest may be another right manifest: then these are that manifest's one bytes."""
    try:
        found = reading(data)
    except PackageRefused:
        return "refused"
    declared = decoded(data[512 : 512 + int(data[124:135], 8)])
    declared.pop("files")
    assert build(declared, {e.name: b"".join(contents(io.BytesIO(data), e)) for e in found.entries}) == data
    assert found.sha256 != reading(SMALL).sha256
    return "another package"


@settings(max_examples=400)
@given(st.integers(0, len(SMALL) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_another_package(at, by):
    """Whatever byte it is: of a header, the manifest, a file, the padding or the end."""
    data = bytearray(SMALL)
    data[at] ^= by
    said = is_refused_or_is_what_build_writes(bytes(data))
    manifest_ends = 512 + int(SMALL[124:135], 8)
    assert said == "refused" or 512 <= at < manifest_ends


@given(st.integers(0, len(SMALL) - 1), st.binary(min_size=1, max_size=600))
def test_what_is_put_in_is_refused_or_another_package(at, more):
    changed = SMALL[:at] + more + SMALL[at:]
    if changed != SMALL:
        is_refused_or_is_what_build_writes(changed)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.binary(max_size=3000))
def test_other_bytes_are_refused_and_nothing_else_is_raised(data):
    with pytest.raises(PackageRefused):
        read(io.BytesIO(data))


@given(st.text(max_size=30))
def test_a_right_name_has_no_part_that_means_something_elsewhere(name):
    if is_right(name):
        parts = name.split("/")
        assert all(parts)
        assert name == name.lower()
        assert not any(part[0] in ".-" or ".." in part for part in parts)
        assert name.isascii()
        assert name.isprintable()
