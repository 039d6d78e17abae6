"""`edge-agent pair CODE`: the robot makes its key, shows it with a one-time code, and gets its name.

The key is written first, for root alone (0600), and never leaves: what goes out is a request that it has signed. A
robot that was cut off in between shows the same key again.
"""

import argparse
import hashlib
import http.client
import json
import os
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edge_agent import whole_file
from edge_agent.config import is_loopback
from edge_agent.errors import ConfigError
from edge_agent.setup.files import CREDENTIALS, ROOT_OF_TRUST, SETTINGS

ANSWER_MAX_BYTES = 256 * 1024
WITHIN_S = 30.0
KEY_FILE = f"{CREDENTIALS}/key"
OK = 200


class NotPaired(ConfigError):
    """The centre does not take it; the message says why, and the remedy."""


def pair(root: Path, code: str, centre: str, context: ssl.SSLContext | None) -> dict[str, str]:
    """What the centre said, put in place below `root`. Raises ConfigError."""
    key = root / CREDENTIALS.lstrip("/") / "key"
    try:
        pem = key.read_bytes() if key.exists() else _new_key(key)
        answer = _asked(centre, context, {"code": code, "request": _request(pem)})
        _put(root, answer)
    except OSError as error:
        raise ConfigError(
            "{path}: {detail}: run it as root", path=error.filename or key, detail=error.strerror or error
        ) from error
    return answer


def fingerprint_of(certificate: Path) -> str:
    """SHA-256 of the public key of this robot's certificate, as the centre knows it; "" where it cannot be read."""
    from cryptography import x509  # noqa: PLC0415  a command loads only what it needs
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415  as above

    try:
        key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
        return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    except (OSError, ValueError):
        return ""


def _new_key(path: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  a command loads only what it needs
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  as above
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole_file.write(path, pem, 0o600)
    return pem


def _request(pem: bytes) -> str:
    """Its name is the centre's to give: the request says none."""
    from cryptography import x509  # noqa: PLC0415  a command loads only what it needs
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key  # noqa: PLC0415  as above

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ConfigError("{path} is no key: remove it, and pair again", path=KEY_FILE) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise ConfigError("{path} is no key of EC or RSA: remove it, and pair again", path=KEY_FILE)
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def _asked(centre: str, context: ssl.SSLContext | None, shown: dict[str, str]) -> dict[str, str]:
    parts = urlsplit(centre)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ConfigError(
            "--centre: {said} is no address: write https://HOST, as the cockpit has it", said=repr(centre)
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError("--centre: a code is shown over https:// only: anybody on the way could use it")
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=WITHIN_S, context=context or ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=WITHIN_S)
    try:
        body, headers = json.dumps(shown).encode(), {"Content-Type": "application/json"}
        connection.request("POST", parts.path.rstrip("/") + "/api/v1/pair", body, headers)
        response = connection.getresponse()
        answer: Any = json.loads(response.read(ANSWER_MAX_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotPaired(
            "{centre} did not answer: {error}: is this the cockpit's address?", centre=centre, error=error
        ) from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise NotPaired("{centre} is no cockpit: its answer is none", centre=centre)
    if response.status != OK:
        why = answer.get("error")
        said_why = why if isinstance(why, dict) else {}
        raise NotPaired(
            "the centre says: {message}: {remedy}",
            message=said_why.get("message", response.status), remedy=said_why.get("remedy", "take a new code"),
        )  # fmt: skip
    return {str(name): str(value) for name, value in answer.items()}


def _put(root: Path, answer: dict[str, str]) -> None:
    """The certificate last: with it everything is there."""
    files = (("root", ROOT_OF_TRUST, 0o644), ("authority", f"{CREDENTIALS}/ca", 0o600))
    for name, path, mode in (*files, ("certificate", f"{CREDENTIALS}/cert", 0o600)):
        if answer.get(name):
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            whole_file.write(place, answer[name].encode(), mode)


def main(words: Sequence[str]) -> int:
    """0: it has its name; 2: it has not, and why."""
    parser = argparse.ArgumentParser(
        prog="edge-agent pair", description="Give this robot its name, by a one-time code from the cockpit."
    )
    parser.add_argument("code", metavar="CODE")
    parser.add_argument("--centre", required=True, metavar="URL", help="the cockpit, https://HOST")
    parser.add_argument("--centre-ca", type=Path, metavar="FILE", help="CA certificates that know it [the system's]")
    given = parser.parse_args(words)
    if os.geteuid() != 0:
        print("edge-agent: the key is root's: run it as root", file=sys.stderr)
        return 2
    try:
        context = ssl.create_default_context(cafile=given.centre_ca) if given.centre_ca else None
        answer = pair(Path("/"), given.code, given.centre, context)
    except ImportError:
        print("edge-agent: cryptography is not installed: pip install 'fleetward[trust]'", file=sys.stderr)
        return 2
    except (ConfigError, OSError) as error:
        print(f"edge-agent: {error}", file=sys.stderr)
        return 2
    print(f"this robot is {answer['robot']}; the centre knows its key as {answer['fingerprint']}")
    if not answer.get("certificate"):
        print(f"the centre made no certificate: have one made of {CREDENTIALS}/key, and put it beside it as cert")
    print(f"next: see that robot = {answer['robot']!r} stands in {SETTINGS}, then systemctl start edge-agent")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
