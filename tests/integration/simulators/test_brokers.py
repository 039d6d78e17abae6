"""The broker fixtures themselves: other tests stand on them."""

import socket
import ssl

import pytest

from tests.waiting import DEADLINE_S


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_killed_broker_is_gone_and_comes_back_on_its_port(mosquitto):
    port = mosquitto.port
    mosquitto.kill()
    assert not reachable(port)
    mosquitto.start()
    assert reachable(port)
    assert mosquitto.port == port


def test_the_tls_broker_shows_a_certificate_of_the_test_ca(start_mosquitto, certificates):
    broker = start_mosquitto(tls=certificates)
    trusting = ssl.create_default_context(cafile=str(certificates.ca))
    with (
        socket.create_connection(("127.0.0.1", broker.port), timeout=DEADLINE_S) as raw,
        trusting.wrap_socket(raw, server_hostname="127.0.0.1") as secured,
    ):
        assert secured.version() in {"TLSv1.2", "TLSv1.3"}


def test_a_client_that_does_not_know_the_ca_is_not_connected(start_mosquitto, certificates):
    broker = start_mosquitto(tls=certificates)
    with (
        socket.create_connection(("127.0.0.1", broker.port), timeout=DEADLINE_S) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")
