"""What is really at the broker's address, where a failed connection does not say it. Blocking: called in a thread.

A broker that refuses a certificate says so after the handshake of TLS 1.3, and mostly the reset of the connection
overtakes it; a port that speaks something else ends in a dozen ways. So once more is connected and nothing is sent
before the far side has had its say: then the alert arrives. No password is sent, and no client id.
"""

import contextlib
import socket
import ssl

from edge_agent.config import Broker, Settings, is_set
from edge_agent.errors import ConfigError, LinkError
from edge_agent.uplink import causes, certificate

PATIENCE_S = 5.0  # for a connection and a handshake
HEAR_S = 1.5  # for what the far side says unasked, or when it is asked in its own language
WEB_QUESTION = b"GET / HTTP/1.0\r\n\r\n"
WEB_ANSWER = b"HTTP/"
MQTT_QUESTION = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00"  # CONNECT of 3.1.1, clean, without a name
MQTT_ANSWER = 0x20  # CONNACK, whatever it says


def look(settings: Settings, now_s: float) -> LinkError | None:
    """The cause, or None where the failure itself is the best that is known. `now_s`: has certainly passed."""
    broker = settings.broker
    try:
        speaks_tls, said = _secured(broker, settings)
    except (OSError, ConfigError, LinkError):
        return None
    if speaks_tls and said != "web":
        if not broker.tls:
            return causes.failure("tls_port", broker=str(broker))
        return certificate.judged(settings, said, now_s) if said else None
    cause = {"web": "http_port", "mqtt": "plain_port"}.get(said or _plain(broker), "no_tls")
    if not broker.tls and cause != "http_port":
        return None
    return causes.failure(cause, broker=str(broker))


def _secured(broker: Broker, settings: Settings) -> tuple[bool, str]:
    """Whether it speaks TLS, and what it says then: "web", the name of an alert, or nothing. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if is_set(settings.tls_cert_file):
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    with _connected(broker) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=broker.host) as secured:
                secured.settimeout(HEAR_S)
                with contextlib.suppress(TimeoutError):
                    return True, "" if secured.recv(1) else "closed"
                return True, _web(secured)
        except ssl.SSLError as error:
            reason = error.reason or ""
            is_alert = "_ALERT_" in reason and "PROTOCOL_VERSION" not in reason
            return is_alert, reason if is_alert else ""
        except OSError:
            return False, ""


def _plain(broker: Broker) -> str:
    """What it speaks without TLS: "web", "mqtt", or nothing."""
    with contextlib.suppress(OSError), _connected(broker) as plain:
        if said := _web(plain):
            return said
    with contextlib.suppress(OSError), _connected(broker) as plain:
        plain.settimeout(HEAR_S)
        plain.sendall(MQTT_QUESTION)
        return "mqtt" if plain.recv(1)[:1] == bytes([MQTT_ANSWER]) else ""
    return ""


def _web(sock: socket.socket) -> str:
    sock.settimeout(HEAR_S)
    with contextlib.suppress(OSError):
        sock.sendall(WEB_QUESTION)
        return "web" if sock.recv(16).startswith(WEB_ANSWER) else ""
    return ""


def _connected(broker: Broker) -> socket.socket:
    return socket.create_connection((broker.host, broker.port), timeout=PATIENCE_S)
