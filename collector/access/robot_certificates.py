"""Certificates of robots, for keys that never left them: what a request is of, and what the fleet's authority signs.

A certificate is valid from 1970, since a robot's clock may begin there (ADR 0010); its name is the one that a person
wrote, whatever the request says.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LASTS_DAYS = 825
REQUEST_MAX_CHARS = 8192
RSA_LEAST_BITS = 2048


class BadRequestForm(ValueError):
    """It is no request that a certificate can be made of; the message says why."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A request whose sender has the key. `fingerprint`: SHA-256 of the public key (SPKI, DER)."""

    request: x509.CertificateSigningRequest
    fingerprint: str


def asked(pem: str) -> KeyRequest:
    """Raises BadRequestForm: no request, not signed by its own key, or a key that is too weak."""
    try:
        request = x509.load_pem_x509_csr(pem.encode()) if len(pem) <= REQUEST_MAX_CHARS else None
        good = request is not None and request.is_signature_valid
        key = request.public_key() if request is not None else None
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise BadRequestForm(f"this is no certificate request: {str(error)[:120]}") from None
    if request is None or not good:
        raise BadRequestForm("this request is not signed by its own key")
    strong = isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_LEAST_BITS
    )
    if not strong or key is None:
        raise BadRequestForm("its key is none of EC, Ed25519 or RSA with 2048 bits")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyRequest(request, hashlib.sha256(der).hexdigest())


@dataclass(frozen=True, slots=True)
class Authority:
    """The fleet's own, of `deploy/mosquitto/certificates`: ca.crt and ca.key."""

    folder: Path

    def certificate_of(self, one: KeyRequest, robot: str, now_s: int) -> str:
        """Of that key, for that name. Raises OSError and ValueError where the authority's files cannot be used."""
        ca = x509.load_pem_x509_certificate((self.folder / "ca.crt").read_bytes())
        key = serialization.load_pem_private_key((self.folder / "ca.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise TypeError("ca.key is none of EC or RSA")
        ends = datetime.fromtimestamp(now_s, UTC) + timedelta(days=LASTS_DAYS)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, robot)]))
            .issuer_name(ca.subject)
            .public_key(one.request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(1970, 1, 1, tzinfo=UTC))
            .not_valid_after(min(ends, ca.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def own_certificate(self) -> str:
        """What a robot knows the broker by. Raises OSError."""
        return (self.folder / "ca.crt").read_text(encoding="ascii")
