"""This robot's own certificate: until when it holds, and why a broker refuses it.

The standard library reads a certificate only where it verifies one. So the two ends of a connection are made in
memory: one shows the certificate, the other verifies it, and says what OpenSSL says of it.
"""

import contextlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from edge_agent.config import Settings, is_set
from edge_agent.errors import ConfigError, LinkError
from edge_agent.uplink import causes
from edge_agent.uplink.tls import KEY_OF_ANOTHER, NO_CHECK_TIME

UNTOLD = frozenset({"closed"})  # the connection ended without a word of why


@dataclass(frozen=True, slots=True)
class Validity:
    """As the certificate says it, in Unix seconds and in its own words."""

    begins_s: float
    ends_s: float
    begins: str
    ends: str


def validity(settings: Settings) -> Validity | None:
    """None: there is none. Raises LinkError (it is of another key), ConfigError (it cannot be read)."""
    if not is_set(settings.tls_cert_file):
        return None
    try:
        seen = _verified(settings, settings.tls_cert_file)
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            "tls_cert_file: {tls_cert_file}: {detail}: replace it",
            tls_cert_file=settings.tls_cert_file,
            detail=error.verify_message,
        ) from error
    begins, ends = str(seen["notBefore"]), str(seen["notAfter"])
    return Validity(ssl.cert_time_to_seconds(begins), ssl.cert_time_to_seconds(ends), begins, ends)


def judged(settings: Settings, alert: str, now_s: float) -> LinkError | None:
    """Why the broker refuses it, as far as this robot can tell. `now_s` has certainly passed."""
    if not is_set(settings.tls_cert_file):
        return None if alert in UNTOLD else causes.failure("own_missing")
    file, ca, holds = str(settings.tls_cert_file), str(settings.tls_ca_file), None
    found: LinkError | None = None if alert in UNTOLD else causes.failure("own_refused", detail=alert, file=file)
    try:
        with contextlib.suppress(ConfigError):  # it cannot be read here: then only the broker's word is known
            holds = validity(settings)
            if is_set(settings.tls_ca_file):
                _verified(settings, settings.tls_ca_file)
    except ssl.SSLCertVerificationError as error:
        found = causes.failure("own_foreign", detail=error.verify_message, ca=ca, file=file)
    except LinkError as error:
        found = error
    if holds and holds.ends_s < now_s:
        return causes.failure("own_expired", ends=holds.ends, file=file)
    if holds and holds.begins_s > now_s and alert not in UNTOLD:
        return causes.failure("own_not_yet", begins=holds.begins)
    return found


def _verified(settings: Settings, trusted: Path) -> dict[str, object]:
    """The certificate, verified by `trusted` without its dates. Raises SSLCertVerificationError, and as `validity`."""
    near, far = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    near.check_hostname, near.verify_mode = False, ssl.CERT_NONE
    far.verify_mode = ssl.CERT_REQUIRED
    far.verify_flags = ssl.VerifyFlags(far.verify_flags | NO_CHECK_TIME | ssl.VERIFY_X509_PARTIAL_CHAIN)
    try:
        for context in (near, far):
            context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
        far.load_verify_locations(trusted)
    except OSError as error:
        if getattr(error, "reason", "") == KEY_OF_ANOTHER:
            raise causes.failure("own_key", file=str(settings.tls_cert_file)) from error
        raise ConfigError(
            "tls_cert_file: {tls_cert_file} cannot be read ({detail}): replace it",
            tls_cert_file=settings.tls_cert_file,
            detail=str(error),
        ) from error
    to_far, to_near = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = near.wrap_bio(to_near, to_far)
    server = far.wrap_bio(to_far, to_near, server_side=True)
    waiting = [client, server]
    for _ in range(8):  # three flights, with room
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
        if not waiting:
            break
    return dict(server.getpeercert() or {})
