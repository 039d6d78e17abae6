"""The right cause and the right remedy: real brokers, web servers and disks, each case beside a healthy one."""

import contextlib
import http.server
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge_agent import clock, config
from edge_agent.__main__ import main
from edge_agent.config import load
from edge_agent.errors import LinkError
from edge_agent.status import doctor
from edge_agent.status.doctor import examine
from edge_agent.uplink import causes, diagnosis
from edge_agent.uplink.link import Link, Will
from tests.brokers import Certificates, free_port

DAY_S = 86_400
MUTUAL = ("require_certificate true", "use_identity_as_username true")


@pytest.fixture(autouse=True)
def quick_and_alone(monkeypatch, tmp_path):
    monkeypatch.setattr("edge_agent.uplink.link.MUTE_S", 0.5)
    monkeypatch.setattr("edge_agent.uplink.link.CONNECT_TIMEOUT_S", 2.0)
    monkeypatch.setattr("edge_agent.status.doctor_link.ANSWER_WAIT_S", 0.1)
    monkeypatch.setattr(config, "FILE_DEFAULT", tmp_path / "absent.toml")
    for name in list(os.environ):
        if name.startswith("EDGE_AGENT_"):
            monkeypatch.delenv(name)


def settings_in(folder, url, **more):
    state = folder / "state"
    state.mkdir(exist_ok=True)
    more.setdefault("sources", "local")
    return load({"robot": "r1", "state_dir": str(state), "mqtt_url": url, "timezone": "Asia/Shanghai", **more}, {})


def found(settings, subject, language="en"):
    return [finding for finding in examine(settings, language) if finding.subject == subject]


@contextlib.contextmanager
def web_server(certificates=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    if certificates:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.server, certificates.server_key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def shown(certificates, pair=None):
    ca = {"tls_ca_file": str(certificates.ca)}
    return ca if pair is None else ca | {"tls_cert_file": str(pair[0]), "tls_key_file": str(pair[1])}


def made(certificates, *, days):
    """A robot's certificate that ends in so many days."""
    starts_s = time.time() + min(-1, days - 5) * DAY_S
    return certificates._signed(
        "r1", f"days{days}", "extendedKeyUsage=clientAuth", starts_s=starts_s, ends_s=time.time() + days * DAY_S
    )


OWN = {
    "healthy": ("ok", "accepts this robot", ""),
    "expired": ("fail", "this robot's own certificate ended", "make a new one and put it at"),
    "foreign": ("fail", "not of the fleet's authority", "have the authority whose certificate is"),
    "of another key": ("fail", "is not of its key", "made together"),
    "missing": ("fail", "asks for a certificate, and this robot has none", "set tls_cert_file and tls_key_file"),
}


@pytest.mark.parametrize("version", ["tlsv1.3", "tlsv1.2"])
@pytest.mark.parametrize("case", list(OWN))
def test_what_is_wrong_with_the_robots_own_certificate_is_said(start_mosquitto, certificates, tmp_path, case, version):
    broker = start_mosquitto(tls=certificates, lines=[*MUTUAL, f"tls_version {version}"])
    other = Certificates(tmp_path / "other").make()
    right = certificates.client("r1")
    pair = {
        "healthy": right, "expired": made(certificates, days=-2), "foreign": other.client("r1"),
        "of another key": (right[0], certificates.client("r2")[1]), "missing": None,
    }[case]  # fmt: skip
    grade, text, remedy = OWN[case]
    settings = settings_in(tmp_path, broker.url, **shown(certificates, pair))
    [line] = found(settings, "broker")
    assert (line.grade, "mqtt_version" in str(line)) == (grade, False), line
    assert text in line.text
    assert remedy in line.remedy
    chinese = str(found(settings, "消息服务器", "zh") or [f for f in examine(settings, "zh") if f.grade == grade][-1:])
    assert text not in chinese


@pytest.mark.parametrize(
    ("days", "grade", "said"),
    [(70, "ok", "until"), (59, "warn", "ends in 59.0 d"), (3, "warn", "ends in 3.0 d"), (-1, "fail", "has ended")],
)
def test_the_robots_certificate_is_warned_of_from_sixty_days_before(tmp_path, certificates, days, grade, said):
    pair = made(certificates, days=days)
    url = f"mqtts://127.0.0.1:{free_port()}"
    [line] = found(settings_in(tmp_path, url, **shown(certificates, pair)), "credentials")
    assert (line.grade, said in line.text) == (grade, True), line
    assert ("new one" in line.remedy) == (grade != "ok")


def test_nothing_is_said_of_a_certificates_end_by_a_clock_of_1970(tmp_path, certificates, monkeypatch):
    settings = settings_in(tmp_path, "mqtts://127.0.0.1:1", **shown(certificates, made(certificates, days=3)))
    assert doctor._credentials(settings, None, "en").grade == "warn", "the control"
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    assert doctor._credentials(settings, None, "en").grade == "ok"


PORTS = {
    "healthy plain": ("ok", "accepts this robot", ""),
    "healthy TLS": ("ok", "accepts this robot", ""),
    "TLS to a plain port": ("fail", "speaks MQTT without TLS", "usually 8883"),
    "plain to a TLS port": ("fail", "speaks TLS, and this robot does not", "mqtts://"),
    "plain to a web server": ("fail", "is a web server", "MQTT port"),
    "TLS to a web server": ("fail", "is a web server", "MQTT port"),
    "TLS to a web server with TLS": ("fail", "is a web server", "MQTT port"),
    "nobody": ("fail", "nobody listens", "start the broker"),
}


@pytest.mark.parametrize("case", list(PORTS))
def test_a_port_that_speaks_something_else_is_named(start_mosquitto, certificates, tmp_path, case):
    with contextlib.ExitStack() as stack:
        scheme, port = "mqtts" if "TLS to" in case or "healthy TLS" in case else "mqtt", free_port()
        if "web" in case:
            port = stack.enter_context(web_server(certificates if "with TLS" in case else None))
        elif case != "nobody":
            secured = case in {"healthy TLS", "plain to a TLS port"}
            port = start_mosquitto(tls=certificates if secured else None).port
        trusted = shown(certificates) if scheme == "mqtts" else {}
        [line] = found(settings_in(tmp_path, f"{scheme}://127.0.0.1:{port}", **trusted), "broker")
    grade, text, remedy = PORTS[case]
    assert (line.grade, text in line.text, remedy in line.remedy) == (grade, True, True), line


async def test_the_running_agent_knows_the_cause_too_and_does_not_knock_again_at_once(
    start_mosquitto, certificates, tmp_path, monkeypatch
):
    broker = start_mosquitto(tls=certificates, lines=list(MUTUAL))
    settings = settings_in(tmp_path, broker.url, **shown(certificates))
    link = Link(settings, now=time.time, floor_s=lambda: 0.0)
    looks = []
    look = diagnosis.look
    monkeypatch.setattr(diagnosis, "look", lambda *given: looks.append(given) or look(*given))
    for _ in range(3):
        with pytest.raises(LinkError) as caught:
            await link.connect(Will("fw/1/presence/r1", b"{}"), [("a", 0)])
        assert (caught.value.reason, caught.value.cause) == ("certificate", "own_missing")
    assert len(looks) == 1
    monkeypatch.setattr(diagnosis, "look", lambda *_: None)  # the control: the failure alone does not tell
    with pytest.raises(LinkError) as caught:
        await Link(settings, now=time.time, floor_s=lambda: 0.0).connect(Will("a", b""), [("a", 0)])
    assert caught.value.cause in causes.UNCLEAR


def mounted(folder, options):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount")


@pytest.mark.parametrize(
    ("case", "grade", "text", "remedy"),
    [
        ("healthy", "ok", "can be written", ""),
        ("full", "fail", "the disk is full", "delete something"),
        ("read-only", "fail", "can only be read", "mount it read-write"),
    ],
)
def test_a_disk_that_takes_nothing_is_named(tmp_path, mosquitto, case, grade, text, remedy):
    settings, folder = settings_in(tmp_path, mosquitto.url), tmp_path / "state"
    mounted(folder, "size=256k")
    try:
        if case == "full":
            with contextlib.suppress(OSError), (folder / "film").open("wb", buffering=0) as film:
                while True:
                    film.write(b"x" * 4096)
        if case == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        [line] = found(settings, "state_dir")
        assert (line.grade, text in line.text, remedy in line.remedy) == (grade, True, True), line
    finally:
        subprocess.run(["umount", str(folder)], check=False)


@pytest.mark.parametrize("command", ["status", "doctor", "export"])
@pytest.mark.parametrize("allowed", [False, True])
def test_a_user_outside_the_group_is_told_which_group_to_join(tmp_path, command, allowed):
    if os.getuid() or not shutil.which("setpriv"):
        pytest.skip("only root can be somebody else")
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    state = tmp_path / "agents"
    state.mkdir()
    (state / "outbox.db").touch()
    shutil.chown(state, 12345, 54321)
    state.chmod(0o750)
    mine = ["--reuid", "23456", "--regid", "23456", "--groups", "54321" if allowed else "23456"]
    told = ["--state-dir", str(state), "--mqtt-url", f"mqtt://127.0.0.1:{free_port()}", "--sources", "local"]
    done = subprocess.run(
        ["setpriv", *mine, sys.executable, "-m", "edge_agent", command, *told], capture_output=True, text=True,
        check=False, cwd=Path(__file__).parents[4], env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if "No module named" in done.stderr or "Permission denied: '/root" in done.stderr:
        pytest.skip("another user cannot run this interpreter")
    assert "Traceback" not in done.stderr or allowed, done.stderr
    assert ("join the group 54321" in done.stdout + done.stderr) is not allowed, done.stdout + done.stderr


def test_a_clock_of_1970_is_a_warning_since_the_agent_copes(tmp_path, mosquitto, monkeypatch):
    settings, real = settings_in(tmp_path, mosquitto.url), clock.sample
    assert "in the past" not in doctor._clock("en").text, "the control"
    monkeypatch.setattr(clock, "sample", lambda boot: clock.ClockSample(boot, real(boot).mono_s, 1000.0, False))
    [line] = found(settings, "clock")
    assert line.grade == "warn"
    assert "takes the collector's time" in line.text
    assert "time service" in line.remedy


def test_a_source_whose_far_side_is_away_is_not_ok_before_the_first_start(tmp_path, mosquitto):
    def lines(port):
        file = tmp_path / "agent.toml"
        file.write_text(f'[sources.vda5050]\nurl = "mqtt://127.0.0.1:{port}"\n')
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        told = {"robot": "r1", "state_dir": str(state), "mqtt_url": mosquitto.url, "sources": "vda5050"}
        return found(load(told, {}, file), "source")

    assert [line.grade for line in lines(mosquitto.port)] == ["ok"], "the control"
    [line] = lines(free_port())
    assert line.grade == "fail"
    assert "cannot be reached" in line.text
    assert "correct url" in line.remedy


def test_settings_that_may_not_be_read_are_one_line(tmp_path, capsys, monkeypatch):
    def forbidden(_self, *_):
        raise PermissionError(13, "Permission denied", str(tmp_path / "agent.toml"))

    (tmp_path / "agent.toml").write_text("")
    monkeypatch.setattr(Path, "read_text", forbidden)
    assert main(["status", "--config", str(tmp_path / "agent.toml")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("edge-agent: ")
    assert "join the group" in said
