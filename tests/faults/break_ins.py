"""The shipped Mosquitto configuration, started for tests: `Gate`, and `Guest`, who comes to it with paho.

The files of deploy/mosquitto are used as they are; only the paths, the ports and the listening address are
replaced. A control removes one protection from the text and shows that the break-in then succeeds.
"""

import os
import queue
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests import ROOT
from tests.brokers import BINARY, free_port
from tests.waiting import DEADLINE_S, until

SHIPPED = ROOT / "deploy" / "mosquitto"


def certificates(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the shipped command; what it printed. Raises CalledProcessError."""
    command = [str(SHIPPED / "certificates"), str(folder), *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=DEADLINE_S, env=env).stdout


@dataclass
class Gate:
    """The broker with the shipped configuration. `without` are lines taken out of it, for controls."""

    folder: Path
    without: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    password_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> "Gate":
        configuration = (SHIPPED / "fleetward.conf").read_text()
        for line in self.without:
            assert f"{line}\n" in configuration, f"the control removes a line that is not there: {line}"
            configuration = configuration.replace(f"{line}\n", "\n")
        replaced = {
            "/etc/mosquitto/fleetward/": f"{self.folder}/",
            "listener 8883": f"listener {self.port} 127.0.0.1",
            "listener 8884": f"listener {self.password_port} 127.0.0.1",
        }
        for shipped, here in replaced.items():
            assert shipped in configuration
            configuration = configuration.replace(shipped, here)
        acl = self.folder / "fleetward.acl"
        if not acl.exists():
            acl.write_text((SHIPPED / "fleetward.acl").read_text())
        file = self.folder / f"mosquitto-{self.port}.conf"
        file.write_text(f"user root\npersistence_location {self.folder}/{self.port}-\n{configuration}")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([BINARY, "-c", str(file)], stdout=log, stderr=log)
        until(lambda: self._listens() or self.process.poll() is not None, self.log.read_text)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def _listens(self) -> bool:
        return _listens(self.port) and _listens(self.password_port)

    @property
    def log(self) -> Path:
        return self.folder / f"mosquitto-{self.port}.log"

    def reload(self) -> None:
        """SIGHUP, and wait until the broker says that it has done it."""
        assert self.process is not None
        before = self.log.read_bytes().count(b"Reloading config")
        self.process.send_signal(signal.SIGHUP)
        until(lambda: self.log.read_bytes().count(b"Reloading config") > before, self.log.read_text)

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait(timeout=DEADLINE_S)


class Guest:
    """A client at the gate. `came_in` tells whether it was let in; `heard` collects (topic, payload)."""

    def __init__(  # a guest is what it brings along
        self,
        gate: Gate,
        identity: str | None = None,
        *,
        client_id: str = "",
        user: tuple[str, str] | None = None,
        files: tuple[Path, Path] | None = None,
        protocol: int = mqtt.MQTTv311,
        will: tuple[str, bytes] | None = None,
        port: int | None = None,
    ) -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers: queue.Queue[bool] = queue.Queue()
        self._granted: queue.Queue[Any] = queue.Queue()
        self.gone = queue.Queue[Any]()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id or identity or "guest",
            protocol=mqtt.MQTTProtocolVersion(protocol),
            reconnect_on_failure=False,
        )
        if identity and files is None:
            files = (gate.folder / "issued" / f"{identity}.crt", gate.folder / "issued" / f"{identity}.key")
        context = ssl.create_default_context(cafile=str(gate.folder / "ca.crt"))
        if files:
            context.load_cert_chain(*files)
        self.client.tls_set_context(context)
        if user:
            self.client.username_pw_set(*user)
        if will:
            self.client.will_set(*will, qos=1)
        self.client.on_connect = lambda *about: self._answers.put(not about[3].is_failure)
        self.client.on_message = lambda _c, _u, message: self.heard.put((message.topic, message.payload))
        self.client.on_subscribe = lambda *about: self._granted.put(about[3])
        self.client.on_disconnect = lambda *about: self.gone.put(about[3])
        self.came_in = self._enter(port or gate.port)

    def _enter(self, port: int) -> bool:
        try:
            self.client.connect("127.0.0.1", port, keepalive=30)
        except (ssl.SSLError, OSError):
            return False
        self.client.loop_start()
        deadline_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline_s:
            with suppress(queue.Empty):
                return self._answers.get(timeout=0.05)
            if not self.gone.empty():
                return False  # TLS 1.3: a client learns after the handshake that its certificate was refused
        raise AssertionError("the broker neither let the guest in nor sent it away")

    def listens_to(self, *filters: str) -> "Guest":
        for filter_ in filters:
            self.client.subscribe(filter_, qos=1)
            self._granted.get(timeout=DEADLINE_S)
        return self

    def says(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain)

    def hears_until(self, payload: bytes) -> list[tuple[str, bytes]]:
        """Everything that came, up to and with the fence: an allowed message that was sent last."""
        found = []
        while not found or found[-1][1] != payload:
            found.append(self.heard.get(timeout=DEADLINE_S))
        return found

    def is_sent_away(self) -> bool:
        with suppress(queue.Empty):
            self.gone.get(timeout=DEADLINE_S)
            return True
        return False

    def dies(self) -> None:
        """The connection breaks without a farewell: the broker sends the will."""
        sock = self.client.socket()
        assert sock is not None
        raw = socket.socket(fileno=os.dup(sock.fileno()))
        with closing(raw):
            raw.shutdown(socket.SHUT_RDWR)

    def leaves(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
        self.client._reset_sockets()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
