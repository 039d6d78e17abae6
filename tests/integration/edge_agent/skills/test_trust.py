"""What a robot believes of a repository, attacked. The server is a plain one that the test can make lie."""

import http.server
import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from edge_agent.skills import seen
from edge_agent.skills.errors import StateLost, Unreachable, Untrusted
from edge_agent.skills.fetching import Fetching, Patience
from edge_agent.skills.trust import Trust, url_path_of
from opk_skills.trust import metadata
from opk_skills.trust.recalls import RECALLS, Recall, recalls_file
from tests.package_repositories import APPID, DAY_S, NOW_S, Installation, holders, package, release


@dataclass
class Server:
    """Serves a folder; `answers` overrides a path with bytes, a number (status) or a function of the handler."""

    root: os.PathLike
    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    url: str = ""


@contextmanager
def served(folder):
    server = Server(folder)

    class LyingSite(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            server.asked.append(self.path)
            answer = server.answers.get(self.path.rpartition("/")[2])
            if callable(answer):
                answer(self)
                return
            path = server.root / self.path.lstrip("/")
            content = answer if isinstance(answer, bytes) else path.read_bytes() if path.exists() else None
            status = answer if isinstance(answer, int) else 404 if content is None else 200
            self.send_response(status)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), LyingSite)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{made.server_port}"
    try:
        yield server
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


@dataclass
class Robot:
    """One robot's folder and clock."""

    folder: os.PathLike
    root: bytes
    url: str
    now_s: float = NOW_S
    total_s: float = 20.0

    def trust(self) -> Trust:
        return Trust(self.folder, self.root, Fetching(self.url, None, Patience(self.total_s)), lambda: self.now_s)

    def refreshed(self) -> Trust:
        trust = self.trust()
        trust.refresh()
        return trust


@pytest.fixture
def place(tmp_path):
    installation = Installation(tmp_path / "repository")
    root = installation.found()
    (tmp_path / "robot").mkdir()
    with served(tmp_path / "repository") as server:
        yield installation, server, Robot(tmp_path / "robot", root, server.url)


def fetched(robot, trust, wanted, tmp_path):
    path = tmp_path / "fetched"
    with path.open("w+b") as file:
        Fetching(robot.url, None, Patience(20.0)).resume(
            url_path_of(wanted), file.fileno(), wanted.length, wanted.sha256
        )
        trust.check(wanted, file)
        return file.read()


# --- the main way -------------------------------------------------------------------------------------------------


def test_a_published_package_arrives_as_it_was_signed(place, tmp_path):
    installation, _, robot = place
    installation.publish(1, b"one")
    trust = robot.refreshed()
    wanted = trust.release(APPID, 1)
    assert (wanted.version, wanted.release) == ("04.3010.0000", 1)
    assert fetched(robot, trust, wanted, tmp_path) == package(b"one")


def test_the_keys_of_desired_documents_and_the_recalls_are_the_fleets_own(place):
    installation, _, robot = place
    assert [key.holder for key in robot.refreshed().desired_keys()] == ["desired"]
    assert robot.refreshed().recalls() == ()
    one = Recall(APPID, (1, 2), "harmful", {"en": "It drives off.", "zh": "会自行驶离。"}, int(NOW_S))
    installation.fleet_file(RECALLS, recalls_file([one]))
    assert robot.refreshed().recalls() == (one,)


def test_an_unchanged_repository_costs_two_requests(place):
    _, server, robot = place
    robot.refreshed()
    server.asked.clear()
    robot.refreshed()
    assert [path.rpartition("/")[2] for path in server.asked] == ["2.root.json", "timestamp.json"]


# --- time ---------------------------------------------------------------------------------------------------------


def test_a_frozen_repository_is_refused_after_a_day_by_the_robots_clock(place):
    _, _, robot = place
    robot.refreshed()
    robot.now_s += 2 * DAY_S
    with pytest.raises(Untrusted, match="expired"):
        robot.refreshed()


def test_a_clock_of_1970_does_not_make_an_old_state_young(place, tmp_path):
    """Control: a robot that has seen nothing has no floor, and believes the old state in 1970."""
    installation, _, robot = place
    old = tmp_path / "old"
    shutil.copytree(installation.path, old)
    installation.now_s += 3 * DAY_S
    installation.publish(1, b"new")
    robot.now_s = installation.now_s
    assert robot.refreshed().floor_s == installation.now_s
    robot.now_s = 0.0
    with served(old) as frozen:
        robot.url = frozen.url
        shutil.rmtree(robot.folder / "metadata")  # a power cut took the cache; versions alone would refuse it else
        with pytest.raises(Untrusted):
            robot.refreshed()
        fresh = Robot(tmp_path / "fresh", robot.root, frozen.url, now_s=0.0)
        fresh.folder.mkdir()
        fresh.refreshed()


def test_one_boot_in_2099_shuts_no_update_for_good(place):
    installation, _, robot = place
    robot.refreshed()
    robot.now_s = 4_070_908_800.0
    with pytest.raises(Untrusted, match="expired"):
        robot.refreshed()
    robot.now_s = NOW_S + 3600
    installation.now_s = robot.now_s
    installation.publish(1, b"one")
    assert robot.refreshed().release(APPID, 1).release == 1


def test_the_time_that_counts_is_ours_in_the_installed_python_tuf(place):
    """The floor rests on a name inside python-tuf: this fails when an upgrade changes it."""
    _, _, robot = place
    robot.refreshed()
    robot.now_s = 0.0
    moment = robot.trust()._updater._trusted_set.reference_time
    assert moment.timestamp() == NOW_S


# --- going back ---------------------------------------------------------------------------------------------------


def test_an_older_state_is_refused_also_when_a_power_cut_emptied_the_cache(place, tmp_path):
    """Control: without the robot's own record, python-tuf takes the older timestamp."""
    installation, server, robot = place
    old = installation.folder.newest("timestamp")
    assert installation.repository.issue(NOW_S + 3600)
    robot.refreshed()
    (robot.folder / "metadata" / "timestamp.json").write_bytes(b"")
    server.answers["timestamp.json"] = old
    with pytest.raises(Untrusted, match="was seen before"):
        robot.refreshed()
    forgetful = Robot(tmp_path / "forgetful", robot.root, server.url)
    shutil.copytree(robot.folder, forgetful.folder)
    (forgetful.folder / "seen.json").unlink()
    (forgetful.folder / "metadata" / "timestamp.json").write_bytes(b"")
    forgetful.refreshed()


def test_metadata_files_emptied_by_a_power_cut_are_fetched_again(place):
    installation, _, robot = place
    installation.publish(1, b"one")
    robot.refreshed().release(APPID, 1)
    for path in (robot.folder / "metadata").rglob("*.json"):
        if path.is_file() and not path.is_symlink():
            path.write_bytes(b"")
    assert robot.refreshed().release(APPID, 1).release == 1


def test_a_damaged_record_of_what_was_seen_is_said_and_nothing_is_believed(place):
    _, _, robot = place
    robot.refreshed()
    (robot.folder / "seen.json").write_bytes(b"{")
    with pytest.raises(StateLost):
        robot.trust()


def test_a_release_below_its_floor_is_refused_though_it_is_signed(place):
    installation, _, robot = place
    installation.publish(1, b"vulnerable")
    installation.publish(2, b"mended", floor=2)
    trust = robot.refreshed()
    trust.release(APPID, 2)
    with pytest.raises(Untrusted, match="below 2"):
        trust.release(APPID, 1)
    assert seen.load(robot.folder / "seen.json").floors == {APPID: 2}


def test_a_path_that_is_used_again_with_other_bytes_is_refused(place):
    """A publisher's stolen key signs it, past the collector's own check; python-tuf alone accepts it."""
    installation, _, robot = place
    one = installation.publish(1, b"one")
    robot.refreshed().release(APPID, 1)
    document = installation.folder.newest("acme")
    forged = document.replace(one.sha256.encode(), b"ab" * 32)
    draft = metadata.again(forged, NOW_S + DAY_S)
    installation.folder.put_document("acme", metadata.sign(draft, installation.keys["acme"]))
    installation.repository.issue(NOW_S + 1)
    with pytest.raises(Untrusted, match="had other content before"):
        robot.refreshed().release(APPID, 1)


# --- signatures ---------------------------------------------------------------------------------------------------


def test_a_changed_byte_in_any_document_is_refused(place):
    installation, server, robot = place
    installation.publish(1, b"one")
    documents_path = installation.path / "metadata"
    for name, was, now in (
        ("timestamp.json", b'"x-issued":18', b'"x-issued":19'),
        ("1.acme.json", b'"floor":0', b'"floor":1'),
        ("1.acme.json", b'"sig":"', b'"sig":"0'),
    ):
        changed = (documents_path / name).read_bytes().replace(was, now)
        assert changed != (documents_path / name).read_bytes()
        server.answers = {name: changed}
        with pytest.raises(Untrusted):
            robot.refreshed().release(APPID, 1)
        shutil.rmtree(robot.folder)
        robot.folder.mkdir()


def test_a_stolen_online_key_cannot_name_a_package(place):
    """Whoever has the collector's disk signs snapshot and timestamp, and targets with the wrong keys."""
    installation, _, robot = place
    stolen = (installation.keys["snapshot"], installation.keys["timestamp"])
    draft = metadata.with_publisher(
        installation.folder.newest("targets"), "acme", holders(installation.keys["snapshot"]), NOW_S + DAY_S
    )
    for key in stolen:
        draft = metadata.sign(draft, key)
    installation.folder.put_document("targets", draft)
    installation.repository.issue(NOW_S + 1)
    with pytest.raises(Untrusted, match="targets"):
        robot.refreshed()


def test_too_few_signatures_and_one_listed_twice_are_refused(place):
    installation, _, robot = place
    draft = metadata.again(installation.folder.newest("targets"), NOW_S + DAY_S)
    one = metadata.sign(draft, installation.keys["ann"])
    installation.folder.put_document("targets", one)
    installation.repository.issue(NOW_S + 1)
    with pytest.raises(Untrusted):
        robot.refreshed()


def test_a_revoked_publisher_offers_nothing_any_more(place):
    installation, _, robot = place
    installation.publish(1, b"one")
    robot.refreshed().release(APPID, 1)
    installation.targets(lambda old, until: metadata.without_publisher(old, "acme", until))
    with pytest.raises(Untrusted, match="nobody who may"):
        robot.refreshed().release(APPID, 1)


def test_a_publisher_cannot_offer_what_is_anothers(place):
    """Signed past the collector's check: the delegation itself refuses it."""
    installation, _, robot = place
    other = "orbit_" + "0e79" * 8
    one = release(package(b"one", other), 1)
    document = metadata.with_release(None, one, NOW_S + DAY_S)
    installation.folder.put_document("acme", metadata.sign(document, installation.keys["acme"]))
    installation.repository.issue(NOW_S + 1)
    with pytest.raises(Untrusted, match="nobody who may"):
        robot.refreshed().release(other, 1)


def test_a_mixed_state_is_refused(place):
    """A snapshot of one moment with a publisher's document of another."""
    installation, server, robot = place
    installation.publish(1, b"one")
    before = installation.folder.newest("acme")
    installation.publish(2, b"two")
    server.answers["2.acme.json"] = before
    with pytest.raises(Untrusted):
        robot.refreshed().release(APPID, 2)


def test_a_year_in_a_box_with_two_rotations_of_all_root_keys_recovers(place):
    installation, _, robot = place
    robot.refreshed()
    for year in (1, 2):
        installation.now_s = NOW_S + year * 200 * DAY_S
        fresh = Installation(installation.path.parent / f"keys{year}").keys
        names = ("ann", "bob", "cyn")
        wanted = {
            "root": holders(*(fresh[one] for one in names), needed=2),
            "targets": holders(*(fresh[one] for one in names), needed=2),
        }
        draft = metadata.next_root(installation.folder.newest("root"), wanted, installation.now_s + 365 * DAY_S)
        for key in (*(installation.keys[one] for one in names[:2]), *(fresh[one] for one in names[:2])):
            draft = metadata.sign(draft, key)
        installation.keys |= {one: fresh[one] for one in names}
        installation.repository.accept_root(draft, installation.now_s)
        installation.targets(metadata.again)
    installation.publish(1, b"one")
    robot.now_s = installation.now_s
    assert robot.refreshed().release(APPID, 1).release == 1


# --- the transport ------------------------------------------------------------------------------------------------


def test_an_endless_answer_ends_at_its_bound(place):
    _, server, robot = place

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            handler.close_connection = True

    server.answers["timestamp.json"] = endless
    with pytest.raises((Untrusted, Unreachable)):
        robot.refreshed()


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_byte_at_a_time_ends_when_the_time_is_up(place, part):
    _, server, robot = place
    ended = threading.Event()

    def slow(handler):
        try:
            if part == "body":
                handler.send_response(200)
                handler.end_headers()
            while True:
                handler.wfile.write(b"X")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            handler.close_connection = True
            ended.set()

    server.answers["timestamp.json"] = slow
    robot.total_s = 1.0
    with pytest.raises(Unreachable):
        robot.refreshed()
    assert ended.wait(30)


def test_a_redirect_is_not_followed(place, tmp_path):
    _, server, robot = place
    with served(tmp_path) as other:

        def elsewhere(handler):
            handler.send_response(302)
            handler.send_header("Location", f"{other.url}/timestamp.json")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        server.answers["timestamp.json"] = elsewhere
        with pytest.raises(Unreachable, match="302"):
            robot.refreshed()
        assert other.asked == []


def test_the_proxy_of_the_environment_is_not_asked(place, tmp_path, monkeypatch):
    _, _, robot = place
    with served(tmp_path) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        robot.refreshed()
        assert proxy.asked == []


def test_a_repository_elsewhere_is_not_read_without_tls():
    with pytest.raises(Untrusted, match="https"):
        Fetching("http://192.0.2.1/skills", None, Patience(1.0))
