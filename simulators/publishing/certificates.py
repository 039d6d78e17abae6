"""A certificate authority that lives as long as a demo, and one certificate for a site on this machine."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LIVES_D = 30
HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """PEM files: who is trusted, and what the site shows."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def below(cls, folder: Path) -> "SiteFiles":
        """Their names in a folder."""
        return cls(folder / "authority.pem", folder / "site.pem", folder / "site.key")


def certified(folder: Path) -> SiteFiles:
    """Makes all three, anew. The authority's own key is kept nowhere: nobody can sign a second certificate."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = SiteFiles.below(folder)
    authority, site = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    issuer, subject = _name("Throw-away authority"), _name(HERE)
    limits = x509.BasicConstraints(ca=True, path_length=0)
    own = _built(issuer, issuer, authority).add_extension(limits, critical=True).sign(authority, SHA256())
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE)), x509.DNSName("localhost")])
    shown = _built(subject, issuer, site).add_extension(here, critical=False).sign(authority, SHA256())
    files.authority.write_bytes(own.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(shown.public_bytes(Encoding.PEM))
    files.key.touch(mode=0o600)
    files.key.write_bytes(site.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _built(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=LIVES_D))
    )
