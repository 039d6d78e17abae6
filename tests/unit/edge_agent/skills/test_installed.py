"""The state of the store and the manifests of packages, as the agent reads them."""

import json

import pytest

from edge_agent.skills import allowed, installed
from edge_agent.skills.allowed import ManifestUnusable
from edge_agent.skills.installed import InstalledSkill, StateUnreadable, StoreState
from opk_skills.catalogue import HERE
from opk_skills.folder import packed
from tests.packages import reading

V = "a" * 64
SKILL = InstalledSkill(
    "guide", "fw_1", 3, "0.2.0", V, V, V, V, V, {"stops": []}, "wait", {"en": "w", "zh": "等", "xx": "‹w›"}
)


def written(state):
    return json.dumps(installed.document(state)).encode()


def test_what_is_written_is_read():
    state = StoreState(7, {"guide": SKILL})
    assert installed.parse(written(state)) == state


def test_facts_that_are_null_are_empty():
    raw = installed.document(StoreState(1, {"guide": SKILL}))
    raw["skills"]["guide"] |= dict.fromkeys(("desired", "downloaded", "verified", "installed", "sha256", "version"))
    skill = installed.parse(json.dumps(raw).encode()).skills["guide"]
    assert (skill.desired, skill.installed, skill.sha256) == ("", "", "")


@pytest.mark.parametrize("key", ["g" * 29, "../x", "a/b", "A", "1a", "", "a.b", "a\n"])
def test_a_key_that_is_none_costs_the_others_nothing(key):
    raw = installed.document(StoreState(1, {"guide": SKILL}))
    raw["skills"][key] = raw["skills"]["guide"]
    state = installed.parse(json.dumps(raw).encode())
    assert list(state.skills) == ["guide"]
    assert list(state.unreadable) == [key[:64]]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"format": 2, "revision": 1, "skills": {}}', b"[" * 100_000,
                                  b'{"format": 1, "revision": true, "skills": {}}', b" " * 2**21])  # fmt: skip
def test_a_file_that_is_none_says_so(data):
    with pytest.raises(StateUnreadable):
        installed.parse(data)


def test_no_file_is_nothing_installed(tmp_path):
    assert installed.read(tmp_path / "state.json") == installed.NOTHING


@pytest.mark.parametrize("key", ["guide", "delivery"])
def test_the_agent_reads_of_a_manifest_what_the_package_says(key):
    """By hand, since it cannot afford opk_skills; the two must agree."""
    data = packed(HERE / key)
    manifest = reading(data).manifest
    start = data[512 : 512 + 128 * 1024]
    found = allowed.parse(start[: start.index(b"\n")])
    assert dict(found.most_per_h) == manifest.rates()
    assert found.permissions == set(manifest.permissions)
    limits = manifest.limits
    assert (found.memory_mb, found.cpu_percent, found.disk_mb, found.processes) == (
        limits.memory_mb, limits.cpu_percent, limits.disk_mb, limits.processes,
    )  # fmt: skip


def test_a_vendors_bundle_does_not_run_here():
    with pytest.raises(ManifestUnusable, match="Python"):
        allowed.parse(json.dumps({"key": "x", "runtime": {"kind": "vendor", "bundle": "x.opk"}}).encode())


def test_a_counter_of_another_skill_is_not_its_own():
    raw = {"key": "x", "version": "1", "runtime": {"kind": "python"}, "counts": ["nothing"], "counter": [
        {"key": "guide.completed", "unit": "count"}, {"key": "x.act", "unit": "count", "most_per_h": 7}]}  # fmt: skip
    assert dict(allowed.parse(json.dumps(raw).encode()).most_per_h) == {"x.act": 7}
