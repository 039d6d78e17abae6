"""A real Mosquitto on a free loopback port, for any test that needs a broker. Loaded by tests/conftest.py.

`mosquitto`          fixture: one started broker, open to anybody, stopped at the end of the test
`start_mosquitto`    fixture: starts as many as a test asks for: `start_mosquitto(persistence=True, lines=["..."])`
`certificates`       fixture: a CA, a server certificate for 127.0.0.1 and client certificates by name
`Mosquitto`          the process itself; `kill` is SIGKILL, `start` again keeps port and folder
"""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import DEADLINE_S

BINARY = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Mosquitto:
    """One broker process. `lines` are appended to its configuration."""

    folder: Path
    port: int = field(default_factory=free_port)
    persistence: bool = False
    anonymous: bool = True
    lines: Sequence[str] = ()
    tls: "Certificates | None" = None
    host: str = "127.0.0.1"
    inside: "Callable[[list[str]], list[str]] | None" = None  # wraps the command line: another network namespace
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(errors="replace")

    def start(self) -> "Mosquitto":
        """Start and wait until it accepts connections. Starting a running broker is a mistake of the test."""
        assert self.process is None, "this broker is already running"
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(self._configuration()) + "\n")
        runs = self.log.count(" running") if (self.folder / "mosquitto.log").exists() else 0
        with (self.folder / "mosquitto.log").open("ab") as log:
            argv = [BINARY, "-c", str(config)]
            self.process = subprocess.Popen(self.inside(argv) if self.inside else argv, stdout=log, stderr=log)
        deadline = time.monotonic() + DEADLINE_S
        while True:
            if self.inside and self.log.count(" running") > runs:  # no socket of ours reaches into its network
                return self
            if not self.inside:
                with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
                    return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"mosquitto did not start: {self.log}")
            time.sleep(0.02)

    def stop(self) -> None:
        """SIGTERM: it saves its queues when it is persistent."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: whatever it held in memory is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP: sockets stay open and nobody answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(how)
        process.wait(timeout=DEADLINE_S)

    def _configuration(self) -> list[str]:
        config = [
            "user root",  # without it the broker changes its user and cannot read the test's folder
            f"listener {self.port} {self.host}",
            f"allow_anonymous {str(self.anonymous).lower()}",
            f"persistence {str(self.persistence).lower()}",
            f"persistence_location {self.folder}/",
            "autosave_interval 1",
            "sys_interval 0",
            "log_type error",
            "log_type warning",
            "log_type notice",
            "log_type information",
        ]
        if self.tls:
            config += [f"cafile {self.tls.ca}", f"certfile {self.tls.server}", f"keyfile {self.tls.server_key}"]
        return [*config, *self.lines]


@dataclass(frozen=True)
class Certificates:
    """A throw-away CA. `client(name)` makes a certificate whose common name is the robot."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.crt"

    @property
    def server(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    def client(self, name: str) -> tuple[Path, Path]:
        """(certificate, key), valid for ten days."""
        return self._signed(name, f"client-{name}", "extendedKeyUsage=clientAuth")

    def serve_as(self, name: str, *, starts_s: float | None = None, ends_s: float | None = None) -> None:
        """Replace the server's certificate: another name, or other dates (Unix seconds)."""
        alternative = f"IP:{name}" if name.replace(".", "").isdigit() else f"DNS:{name}"
        extensions = f"subjectAltName={alternative}\nextendedKeyUsage=serverAuth"
        self._signed(name, "server", extensions, starts_s=starts_s, ends_s=ends_s)

    def make(self) -> "Certificates":
        self.folder.mkdir(parents=True, exist_ok=True)
        ca_key = str(self.folder / "ca.key")
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", ca_key)
        _openssl(
            *("req", "-x509", "-new", "-key", ca_key, "-days", "3650", "-subj", "/CN=test CA"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", str(self.ca)),
        )
        (self.folder / "index.txt").touch()
        (self.folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca=here\n[here]\ndatabase={self.folder}/index.txt\nrand_serial=yes\n"
            f"new_certs_dir={self.folder}\ndefault_md=sha256\npolicy=any\nunique_subject=no\n"
            "[any]\ncommonName=supplied\n"
        )
        self.serve_as("127.0.0.1")
        return self

    def _signed(
        self,
        common_name: str,
        file_name: str,
        extensions: str,
        *,
        starts_s: float | None = None,
        ends_s: float | None = None,
    ) -> tuple[Path, Path]:
        crt, key = self.folder / f"{file_name}.crt", self.folder / f"{file_name}.key"
        csr, ext = self.folder / f"{file_name}.csr", self.folder / f"{file_name}.ext"
        ext.write_text(f"{extensions}\nkeyUsage=digitalSignature\n")
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key))
        _openssl("req", "-new", "-key", str(key), "-subj", f"/CN={common_name}", "-out", str(csr))
        now = time.time()
        _openssl(
            *("ca", "-batch", "-notext", "-config", str(self.folder / "ca.conf"), "-in", str(csr), "-out", str(crt)),
            *("-cert", str(self.ca), "-keyfile", str(self.folder / "ca.key"), "-extfile", str(ext)),
            *("-startdate", _asn1(starts_s or now - 3600), "-enddate", _asn1(ends_s or now + 10 * 86_400)),
        )
        return crt, key


def _asn1(at_s: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at_s))


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "certificates").make()


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """A function that starts a broker with the arguments of `Mosquitto`; all are killed after the test."""
    if not Path(BINARY).is_file():
        pytest.skip("no mosquitto here: apt-get install mosquitto")
    started: list[Mosquitto] = []

    def start(**options: Any) -> Mosquitto:
        options.setdefault("folder", tmp_path / f"mosquitto-{len(started)}")
        broker = Mosquitto(**options)
        started.append(broker)
        return broker.start()

    yield start
    for broker in started:
        broker.kill()


@pytest.fixture
def mosquitto(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    return start_mosquitto()
