"""TLS for the link, on a robot whose clock may be in 1970.

Certificates are verified at the present time. A robot without a battery-backed clock starts in the
past, where every certificate is "not yet valid", and could then never reach the collector that
would tell it the time. So there is a *clock floor*: a moment that has certainly passed (the build
of this release, or the last time the agent knew the time). When the clock reads less than the
floor it is known to be wrong: the chain, the signatures and the host name are verified as ever,
only the dates are judged by what is certain: a certificate that ended before the floor is refused;
one that starts later than the clock says is not. The hello's ack then brings the time.
Costs, stated in docs/agent.md: until then a certificate that expired after the floor is accepted.
"""

import socket
import ssl
from pathlib import Path
from typing import Any

from edge_agent.errors import ConfigError, LinkError
from edge_agent.uplink import causes

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL; the ssl module passes unknown flags on but does not name it
NO_CHECK_TIME = 0x200000
NOT_YET_VALID = 9  # X509_V_ERR_CERT_NOT_YET_VALID
EXPIRED = 10
NAME_OF_ANOTHER = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
KEY_OF_ANOTHER = "KEY_VALUES_MISMATCH"
HANDSHAKE_S = 15.0  # three round trips on a bad mobile link


class Context(ssl.SSLContext):
    """Verifies what a client must, and closes the socket of a handshake that failed (paho leaves it open)."""

    floor_s: float | None = None  # set: the dates are judged by this moment instead of the clock

    def wrap_socket(self, sock: socket.socket, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """As the base class's, with the handshake done when it returns."""
        secured = super().wrap_socket(sock, *arguments, **options)
        try:
            secured.settimeout(HANDSHAKE_S)
            secured.do_handshake()
            if self.floor_s is not None:
                _check_dates_at(secured, self.floor_s)
        except BaseException:
            secured.close()
            raise
        return secured


def context(ca: Path | None, certificate: Path | None, key: Path | None, *, floor_s: float | None) -> Context:
    """A client context. `floor_s`: the clock is known to be wrong. Raises ConfigError for a file that is not
    right, LinkError for a certificate of another key.
    """
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca:
            made.load_verify_locations(ca)
        else:
            made.load_default_certs()
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(
            "tls_ca_file: {ca} holds no certificate that can be read ({detail}): replace it", ca=ca, detail=str(error)
        ) from error
    if certificate and key:
        try:
            made.load_cert_chain(certificate, key)
        except (ssl.SSLError, OSError) as error:
            if getattr(error, "reason", "") == KEY_OF_ANOTHER:
                raise causes.failure("own_key", file=str(certificate)) from error
            raise ConfigError(
                "tls_cert_file: {certificate} and its key do not fit ({detail}): replace them",
                certificate=certificate,
                detail=str(error),
            ) from error
    if floor_s is not None:
        made.floor_s = floor_s
        made.verify_flags = ssl.VerifyFlags(made.verify_flags | NO_CHECK_TIME)
    return made


def _check_dates_at(sock: ssl.SSLSocket, floor_s: float) -> None:
    """What NO_CHECK_TIME left out, as far as it is certain. Raises LinkError (`certificate`)."""
    ends = (sock.getpeercert() or {}).get("notAfter")
    if isinstance(ends, str) and ssl.cert_time_to_seconds(ends) < floor_s:
        raise causes.failure("broker_ended", ends=ends)


def explained(error: OSError) -> LinkError:
    """The same failure as a reason an operator can act on."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explained_certificate(error)
    if isinstance(error, ssl.SSLError):
        return causes.failure("tls", detail=str(error.reason or error.strerror))
    if isinstance(error, socket.gaierror):
        return causes.failure("no_address", detail=str(error.strerror))
    if isinstance(error, ConnectionRefusedError):
        return causes.failure("refused")
    return causes.failure("network", detail=str(error.strerror or error or type(error).__name__))


def _explained_certificate(error: ssl.SSLCertVerificationError) -> LinkError:
    if error.verify_code == NOT_YET_VALID:
        return causes.failure("broker_not_yet")
    if error.verify_code == EXPIRED:
        return causes.failure("broker_expired")
    cause = "broker_name" if error.verify_code in NAME_OF_ANOTHER else "broker_foreign"
    return causes.failure(cause, detail=error.verify_message)
