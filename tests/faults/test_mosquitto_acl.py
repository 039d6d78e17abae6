"""Break-ins at the shipped Mosquitto configuration: none succeeds, and each has a control that shows it would.

A refused publish and a forbidden subscription look granted to the client. So every test looks at what was
delivered: a message that is allowed is sent last, and nothing else may have come before it.
"""

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from protocol import topics
from protocol.limits import PAYLOAD_MAX_BYTES
from tests.brokers import BINARY, Certificates
from tests.faults.break_ins import SHIPPED, Gate, Guest, certificates
from tests.waiting import DEADLINE_S

ALL_ACKS, ALL_DESIRED = topics.ack("+"), topics.desired("+")
OPEN_TO_ALL = ["acl_file /etc/mosquitto/fleetward/fleetward.acl"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet of two robots, a collector, and a robot with a password."""
    if not Path(BINARY).is_file():
        pytest.skip("no mosquitto here: apt-get install mosquitto")
    folder = tmp_path_factory.mktemp("authority")
    certificates(folder, "init", "127.0.0.1", "localhost")
    for robot in ("A", "B"):
        certificates(folder, "robot", robot)
    certificates(folder, "collector", "collector-1")
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(folder / "passwords"), "P", "secret"], check=True)
    return folder


@pytest.fixture(scope="module")
def open_gate(authority: Path) -> Iterator[Callable[..., Gate]]:
    gates: dict[tuple[str, ...], Gate] = {}

    def opened(*without: str) -> Gate:
        if without not in gates:
            gates[without] = Gate(authority, without).start()
        return gates[without]

    yield opened
    for gate in gates.values():
        gate.stop()


@pytest.fixture
def gate(open_gate: Callable[..., Gate]) -> Gate:
    return open_gate()


@pytest.fixture
def guest() -> Iterator[Callable[..., Guest]]:
    guests: list[Guest] = []

    def come(*about, **how) -> Guest:
        guests.append(Guest(*about, **how))
        return guests[-1]

    yield come
    for one in guests:
        one.leaves()


@pytest.mark.parametrize("protocol", [mqtt.MQTTv311, mqtt.MQTTv5])
def test_a_robot_and_a_collector_with_certificates_reach_each_other(gate, guest, protocol):
    collector = guest(gate, "collector-1", protocol=protocol).listens_to(
        topics.ALL_UP, topics.ALL_PRESENCE, topics.ALL_REPORTED
    )
    robot = guest(gate, "A", protocol=protocol).listens_to(topics.ack("A"), topics.desired("A"))
    robot.says(topics.up("A"), b"batch")
    robot.says(topics.presence("A"), b"here")
    robot.says(topics.reported("A"), b"state")
    assert [payload for _, payload in collector.hears_until(b"state")] == [b"batch", b"here", b"state"]
    collector.says(topics.desired("A"), b"wish")
    collector.says(topics.ack("A"), b"mark")
    assert [payload for _, payload in robot.hears_until(b"mark")] == [b"wish", b"mark"]


def test_the_two_doors_are_the_only_ones(gate):
    """An option of a listener that stands above the first one opens port 1883 beside it: seen once, in this file."""
    opened = [line for line in gate.log.read_text().splitlines() if "listen socket" in line]
    assert {int(line.split()[-1].rstrip(".")) for line in opened} == {gate.port, gate.password_port}


def test_without_a_certificate_nobody_comes_in(gate, guest):
    assert not guest(gate).came_in
    assert not guest(gate, user=("A", "secret")).came_in


def test_without_require_certificate_anybody_with_a_password_would_come_in(open_gate, guest):
    """Control of the test above."""
    lax = open_gate("require_certificate true", "use_identity_as_username true")
    assert guest(lax, user=("P", "secret")).came_in


def test_a_certificate_of_another_authority_does_not_come_in(gate, guest, tmp_path):
    stranger = Certificates(tmp_path / "other").make().client("A")
    assert not guest(gate, files=stranger).came_in


def test_an_expired_certificate_does_not_come_in(gate, guest, authority):
    certificates(authority, "robot", "OLD", ROBOT_DAYS="-1")
    assert not guest(gate, "OLD").came_in


def test_the_brokers_own_certificate_is_nobodys_key(gate, guest, authority):
    assert not guest(gate, files=(authority / "server.crt", authority / "server.key")).came_in


def test_a_certificate_that_signs_itself_does_not_come_in(gate, guest, tmp_path):
    key, crt = tmp_path / "own.key", tmp_path / "own.crt"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=A", "-days", "2", "-keyout", str(key), "-out", str(crt)),
        ],
        check=True,
        capture_output=True,
    )
    assert not guest(gate, files=(crt, key)).came_in


@pytest.mark.parametrize("port", ["port", "password_port"])
def test_plain_tcp_is_not_answered(gate, port):
    connect = bytes.fromhex("100d00044d5154540402003c000141")  # CONNECT as client A, MQTT 3.1.1
    with socket.create_connection(("127.0.0.1", getattr(gate, port)), timeout=DEADLINE_S) as raw:
        raw.sendall(connect)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            answer = raw.recv(4)
    assert answer[:1] != b"\x20", "a CONNACK came over plain TCP"


def test_another_robots_client_id_does_not_throw_it_out(gate, guest):
    collector = guest(gate, "collector-1")
    victim = guest(gate, "A").listens_to(topics.ack("A"))
    assert guest(gate, "B", client_id="A").came_in
    collector.says(topics.ack("A"), b"still here")
    assert victim.hears_until(b"still here")
    assert victim.gone.empty()


def test_without_use_username_as_clientid_it_would_throw_it_out(open_gate, guest):
    """Control of the test above."""
    lax = open_gate("use_username_as_clientid true")
    victim = guest(lax, "A")
    assert guest(lax, "B", client_id="A").came_in
    assert victim.is_sent_away()


FOREIGN = [topics.up("A"), topics.presence("A"), topics.reported("A"), topics.ack("A"), topics.desired("A")]
IMPOSTOR = [
    topics.ack("B"),
    topics.desired("B"),
    topics.probe("B"),
    "fw/1/up/00",
    "fw/1/up/00/B/more",
    "fw/2/up/00/B",
    "$SYS/fw",
]


@pytest.mark.parametrize("topic", [*FOREIGN, *IMPOSTOR])
def test_a_robot_writes_its_own_topics_only(gate, guest, topic):
    collector = guest(gate, "collector-1").listens_to("#")
    robot = guest(gate, "A").listens_to(topics.ack("A"), topics.desired("A"))
    forger = guest(gate, "B", user=("collector-1", ""))  # a name that the certificate does not confirm
    forger.says(topic, b"forged", retain=True)
    forger.says(topics.up("B"), b"own")
    assert collector.hears_until(b"own") == [(topics.up("B"), b"own")]
    collector.says(topics.ack("A"), b"fence")
    assert robot.hears_until(b"fence") == [(topics.ack("A"), b"fence")]
    late = guest(gate, "collector-1", client_id="late").listens_to("#")
    forger.says(topics.up("B"), b"later")
    assert late.hears_until(b"later") == [(topics.up("B"), b"later")], "a forged message was retained"


def test_without_the_acl_a_robot_would_write_anothers_topics(open_gate, guest):
    """Control of the test above."""
    lax = open_gate(*OPEN_TO_ALL)
    collector = guest(lax, "collector-1").listens_to(topics.ALL_UP)
    guest(lax, "B").says(topics.up("A"), b"forged")
    assert collector.hears_until(b"forged") == [(topics.up("A"), b"forged")]


@pytest.mark.parametrize(
    "filter_", ["#", "fw/#", "$SYS/#", ALL_ACKS, ALL_DESIRED, topics.ack("A"), topics.desired("A")]
)
def test_a_robot_hears_its_own_acks_and_wishes_only(gate, guest, filter_):
    collector = guest(gate, "collector-1")
    curious = guest(gate, "B").listens_to(filter_, topics.ack("B"))
    guest(gate, "A").says(topics.up("A"), b"batch")
    collector.says(topics.ack("A"), b"mark of A")
    collector.says(topics.desired("A"), b"wish of A")
    collector.says(topics.ack("B"), b"mark of B")
    assert {topic for topic, _ in curious.hears_until(b"mark of B")} == {topics.ack("B")}


def test_without_the_acl_a_robot_would_hear_everything(open_gate, guest):
    """Control of the test above."""
    lax = open_gate(*OPEN_TO_ALL)
    curious = guest(lax, "B").listens_to("#")
    guest(lax, "A").says(topics.up("A"), b"batch")
    assert (topics.up("A"), b"batch") in curious.hears_until(b"batch")


def test_a_robot_cannot_take_batches_from_collectors_that_divide_the_fleet_by_shards(gate, guest):
    part = topics.up_filters(topics.shard_of("A") % 2, 2)
    collector = guest(gate, "collector-1", protocol=mqtt.MQTTv5).listens_to(*part)
    thief = guest(gate, "B", protocol=mqtt.MQTTv5)
    thief.listens_to(*part, topics.shared(topics.up("A")), topics.shared(topics.ALL_UP))
    speaking = guest(gate, "A")
    for number in range(8):
        speaking.says(topics.up("A"), b"%d" % number)
    assert len(collector.hears_until(b"7")) == 8
    assert thief.heard.empty()


def test_a_collector_sees_that_a_shared_subscription_delivers(gate, guest):
    topic = topics.probe("made-up")
    collector = guest(gate, "collector-1", protocol=mqtt.MQTTv5).listens_to(topics.shared(topic, "probe-made-up"))
    collector.says(topic, b"{}")
    assert collector.hears_until(b"{}") == [(topic, b"{}")]


def test_a_robot_that_guesses_the_group_takes_batches_from_a_shared_subscription(gate, guest):
    """Control of the test above, and why the group's name is a secret: the broker gives it a share it may not read."""
    filter_ = topics.shared(topics.ALL_UP, "guessed")
    collector = guest(gate, "collector-1", protocol=mqtt.MQTTv5).listens_to(filter_, topics.ALL_PRESENCE)
    thief = guest(gate, "B", protocol=mqtt.MQTTv5).listens_to(filter_)
    speaking = guest(gate, "A")
    for number in range(8):
        speaking.says(topics.up("A"), b"%d" % number)
    speaking.says(topics.presence("A"), b"fence")
    assert len(collector.hears_until(b"fence")) == 1 + 4
    assert thief.heard.empty()


def test_a_will_on_another_robots_presence_is_never_sent(gate, guest):
    collector = guest(gate, "collector-1").listens_to(topics.ALL_PRESENCE)
    dying = guest(gate, "B", will=(topics.presence("A"), b"forged will"))
    if dying.came_in:
        dying.dies()
        assert dying.is_sent_away()
    own = guest(gate, "B", will=(topics.presence("B"), b"own will"))
    own.dies()
    assert [payload for _, payload in collector.hears_until(b"own will")] == [b"own will"]


def test_a_payload_at_the_limit_arrives_and_one_beyond_ends_the_connection(gate, guest):
    collector = guest(gate, "collector-1").listens_to(topics.ALL_UP)
    robot = guest(gate, "A")
    robot.says(topics.up("A"), b"x" * PAYLOAD_MAX_BYTES)
    robot.says(topics.up("A"), b"y" * (PAYLOAD_MAX_BYTES + 1))
    robot.says(topics.up("A"), b"z" * (2 * PAYLOAD_MAX_BYTES))
    assert robot.is_sent_away()
    guest(gate, "A").says(topics.up("A"), b"back")
    assert {payload[:1] for _, payload in collector.hears_until(b"back")} == {b"x", b"b"}


def test_a_name_that_is_a_wildcard_gives_no_rights(gate, guest, authority):
    with pytest.raises(subprocess.CalledProcessError):
        certificates(authority, "robot", "+")
    sign_as(authority, r"\+", "plus")
    collector = guest(gate, "collector-1").listens_to(topics.ALL_UP)
    robot = guest(gate, "A").listens_to(topics.ack("A"))
    wild = guest(gate, "plus").listens_to("#")
    wild.says(topics.up("A"), b"forged")
    robot.says(topics.up("A"), b"own")
    assert collector.hears_until(b"own") == [(topics.up("A"), b"own")]
    collector.says(topics.ack("A"), b"mark")
    robot.hears_until(b"mark")
    assert wild.heard.empty()


def sign_as(authority: Path, common_name: str, file: str) -> None:
    """A careless authority: the name is signed without a look at it."""
    certificates(authority, "robot", file)
    for extension in ("crt", "key"):
        (authority / "issued" / f"{file}.{extension}").unlink()
    key, csr, crt = (str(authority / "issued" / f"{file}.{extension}") for extension in ("key", "csr", "crt"))
    openssl = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*openssl, "-subj", f"/CN={common_name}", "-keyout", key, "-out", csr], check=True, capture_output=True
    )
    ca = ["-CA", str(authority / "ca.crt"), "-CAkey", str(authority / "ca.key")]
    subprocess.run(
        ["openssl", "x509", "-req", "-in", csr, *ca, "-days", "2", "-out", crt], check=True, capture_output=True
    )


def test_a_password_opens_the_second_door_with_the_same_rights(gate, guest):
    collector = guest(gate, "collector-1").listens_to("#")
    assert not guest(gate, port=gate.password_port).came_in
    assert not guest(gate, port=gate.password_port, user=("P", "wrong")).came_in
    assert not guest(gate, port=gate.password_port, user=("collector-1", "")).came_in
    assert not guest(gate, "A", port=gate.password_port).came_in, "a certificate alone opened the door for passwords"
    robot = guest(gate, port=gate.password_port, user=("P", "secret"), client_id="A")
    robot.says(topics.up("A"), b"forged")
    robot.says(topics.up("P"), b"own")
    assert collector.hears_until(b"own") == [(topics.up("P"), b"own")]


def test_a_revoked_robot_is_cut_from_its_open_session_and_stays_out(authority, guest):
    certificates(authority, "robot", "R")
    gate = Gate(authority).start()
    try:
        collector = guest(gate, "collector-1").listens_to(topics.ALL_UP)
        robot = guest(gate, "R")
        told = certificates(authority, "revoke", "R")
        robot.says(topics.up("R"), b"still open")  # the control: the list alone does not end a session
        collector.hears_until(b"still open")
        acl = authority / "fleetward.acl"
        acl.write_text("user R\ntopic deny #\n" + acl.read_text())
        assert "topic deny #" in told, "the command does not tell what this test does"
        gate.reload()
        other = guest(gate, "A")
        robot.says(topics.up("R"), b"after the cut")
        other.says(topics.up("A"), b"own")
        robot.says(topics.up("R"), b"after the cut")
        other.says(topics.up("A"), b"fence")
        assert {payload for _, payload in collector.hears_until(b"fence")} == {b"own", b"fence"}
        assert not guest(gate, "R").came_in
        assert guest(gate, "A").came_in
    finally:
        gate.stop()
        (authority / "fleetward.acl").write_text((SHIPPED / "fleetward.acl").read_text())
