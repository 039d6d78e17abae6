"""What a repository takes from publishers and people, and what it refuses."""

import io
from dataclasses import replace

import pytest

from opk_skills.trust import documents, metadata
from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.keys import new_key
from opk_skills.trust.releases import path_of
from tests.package_repositories import APPID, DAY_S, NOW_S, Installation, holders, package


@pytest.fixture
def installation(tmp_path):
    made = Installation(tmp_path)
    made.found()
    return made


def sent(installation, change, staged=()):
    """A publisher's next document after `change(draft-ready current)`, signed by its key."""
    for appid, release, content in staged:
        installation.repository.stage(appid, release, io.BytesIO(content))
    document = change(installation.folder.newest("acme"), NOW_S + DAY_S)
    return installation.repository.publish("acme", metadata.sign(document, installation.keys["acme"]), NOW_S)


# --- publishing ---------------------------------------------------------------------------------------------------


def test_what_is_published_is_offered_under_its_signed_hash(installation):
    one = installation.publish(1, b"one")
    assert installation.repository.releases() == {one.path: one}
    assert installation.folder.target(one.path, one.sha256).read_bytes() == package(b"one")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"release": 1, "path": path_of(APPID, 1)}, "published"),
        ({"release": 0, "floor": 0, "path": path_of(APPID, 0)}, "not above"),
        ({"path": path_of("orbit_" + "0e79" * 8, 3)}, "no path of acme"),
        ({"path": f"{APPID}/../{APPID}/3.opk"}, "no path of acme"),
        ({"path": f"{APPID}/3.zip"}, "no path of acme"),
        ({"floor": 1}, "below 2"),
        ({"sha256": "ab" * 32}, "is not here"),
        ({"length": 5}, "other things than its package"),
        ({"key": "other"}, "other things than its package"),
        ({"version": "9"}, "other things than its package"),
    ],
)
def test_a_publication_that_says_what_it_must_not_is_refused_and_changes_nothing(installation, change, reason):
    installation.publish(1, b"one")
    two = installation.publish(2, b"two", floor=2)
    before = installation.folder.newest("timestamp")
    three = replace(two, release=3, floor=2, path=path_of(APPID, 3))
    wanted = replace(three, **change)
    with pytest.raises(NotTrusted, match=reason):
        sent(
            installation,
            lambda current, until: metadata.with_release(current, wanted, until),
            [(APPID, 3, package(b"two"))],
        )
    assert installation.folder.newest("timestamp") == before
    assert set(installation.repository.releases()) == {path_of(APPID, 1), two.path}
    sent(  # the control: without the change it is taken
        installation,
        lambda current, until: metadata.with_release(current, three, until),
        [(APPID, 3, package(b"two"))],
    )


def test_a_withdrawn_release_cannot_come_back_with_other_bytes(installation):
    one = installation.publish(1, b"one")
    installation.publish(2, b"two")
    sent(installation, lambda current, until: metadata.without_release(current, one.path, until))
    assert one.path not in installation.repository.releases()
    other = replace(one, sha256="ab" * 32)
    with pytest.raises(NotTrusted, match="other content"):
        sent(installation, lambda current, until: metadata.with_release(current, other, until))


def test_a_package_of_another_appid_is_refused(installation):
    with pytest.raises(NotTrusted, match="says it is orbit"):
        installation.repository.stage(APPID, 2, io.BytesIO(package(b"one", "orbit_" + "0e79" * 8)))
    with pytest.raises(NotTrusted, match="is no appid"):
        installation.repository.stage("../acme", 2, io.BytesIO(package(b"one")))


def test_a_document_without_its_package_is_refused(installation):
    one = replace(installation.publish(1, b"one"), release=2, path=path_of(APPID, 2))
    with pytest.raises(NotTrusted, match="is not here"):
        sent(installation, lambda current, until: metadata.with_release(current, one, until))


def test_a_document_that_does_not_follow_is_refused(installation):
    """Two people of one publisher at once: the second makes the change again."""
    installation.publish(1, b"one")
    with pytest.raises(NotTrusted, match="does not follow"):
        sent(installation, lambda current, until: metadata.again(metadata.again(current, until), until))


def test_a_foreign_key_publishes_nothing(installation):
    document = metadata.sign(metadata.again(_published(installation), NOW_S + DAY_S), new_key("mallory"))
    with pytest.raises(NotTrusted, match="0 of 1 signatures"):
        installation.repository.publish("acme", document, NOW_S)


def _published(installation):
    installation.publish(1, b"one")
    return installation.folder.newest("acme")


# --- people -------------------------------------------------------------------------------------------------------


def test_targets_need_two_people(installation):
    draft = metadata.again(installation.folder.newest("targets"), NOW_S + DAY_S)
    with pytest.raises(NotTrusted, match="1 of 2 signatures: have one of these sign: bob, cyn"):
        installation.repository.accept_targets(metadata.sign(draft, installation.keys["ann"]), {}, NOW_S)


@pytest.mark.parametrize(
    ("old", "new", "accepted"),
    [
        (("ann", "bob"), ("dan", "eve"), True),
        (("ann", "bob"), ("dan",), False),
        (("ann",), ("dan", "eve"), False),
        ((), ("dan", "eve"), False),
    ],
)
def test_a_rotation_needs_enough_of_the_old_holders_and_of_the_new(installation, old, new, accepted):
    """One lost key of three does not stop it: two of the old ones are enough."""
    fresh = {name: new_key(name) for name in ("dan", "eve", "fay")}
    wanted = {"root": holders(*fresh.values(), needed=2)}
    draft = metadata.next_root(installation.folder.newest("root"), wanted, NOW_S + 300 * DAY_S)
    for name in old:
        draft = metadata.sign(draft, installation.keys[name])
    for name in new:
        draft = metadata.sign(draft, fresh[name])
    if accepted:
        installation.repository.accept_root(draft, NOW_S)
        assert {key.holder for key in installation.repository.roles()[0].holders.keys} == set(fresh)
    else:
        with pytest.raises(NotTrusted, match="signatures"):
            installation.repository.accept_root(draft, NOW_S)


def test_the_collectors_own_keys_may_not_sign_root_or_targets(installation):
    wanted = {"targets": holders(installation.keys["timestamp"])}
    with pytest.raises(NotTrusted, match="may not sign root or targets"):
        metadata.next_root(installation.folder.newest("root"), wanted, NOW_S + DAY_S)


def test_two_copies_that_two_people_signed_become_one(installation):
    draft = metadata.again(installation.folder.newest("targets"), NOW_S + DAY_S)
    mine, theirs = (metadata.sign(draft, installation.keys[name]) for name in ("ann", "cyn"))
    installation.repository.accept_targets(metadata.with_signatures(mine, theirs), {}, NOW_S)
    other = metadata.again(installation.folder.newest("targets"), NOW_S + 2 * DAY_S)
    with pytest.raises(NotTrusted, match="do not say the same"):
        metadata.with_signatures(draft, other)


# --- the collector itself -----------------------------------------------------------------------------------------


def test_the_timestamp_is_issued_each_hour_and_the_snapshot_before_it_expires(installation):
    assert not installation.repository.issue(NOW_S + 60)
    assert installation.repository.issue(NOW_S + 3600)
    snapshot = metadata.version_of(installation.folder.newest("snapshot"))
    assert installation.repository.issue(NOW_S + 4 * DAY_S)
    assert metadata.version_of(installation.folder.newest("snapshot")) == snapshot + 1


def test_what_a_crash_left_unnamed_is_named_by_the_next_issue(installation):
    installation.publish(1, b"one")
    document = metadata.again(installation.folder.newest("acme"), NOW_S + DAY_S)
    installation.folder.put_document("acme", metadata.sign(document, installation.keys["acme"]))
    assert installation.repository.issue(NOW_S + 1)
    assert metadata.versions_in(installation.folder.newest("snapshot"))["acme"] == 2


# --- documents for one robot --------------------------------------------------------------------------------------


def test_a_desired_document_is_taken_by_its_robot_once(installation):
    keys = [installation.keys["desired"].public]
    envelope = documents.seal({"robot": "r1", "revision": 3, "skills": []}, installation.keys["desired"])
    assert documents.unseal(envelope, keys, "r1", 2)["revision"] == 3
    for robot, above, reason in (("r2", 2, "another robot"), ("r1", 3, "not above")):
        with pytest.raises(NotTrusted, match=reason):
            documents.unseal(envelope, keys, robot, above)
    with pytest.raises(NotTrusted, match="nobody who may"):
        documents.unseal(envelope, [installation.keys["timestamp"].public], "r1", 2)


@pytest.mark.parametrize(
    "odd", [None, [], {}, {"payload": 3}, {"payload": "e30=", "payloadType": "x", "signatures": []}]
)
def test_an_odd_envelope_is_refused(installation, odd):
    with pytest.raises(NotTrusted):
        documents.unseal(odd, [installation.keys["desired"].public], "r1", -1)
