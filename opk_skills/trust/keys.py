"""Signing keys: Ed25519, kept as encrypted PKCS 8 files that only their owner reads.

The public half is a small JSON file that names its holder. It goes into the metadata, so that everybody can see who
holds what.
"""

import contextlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from opk_skills.trust.errors import KeyProblem

HOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")
HOLDER_FIELD = "x-holder"
PASSPHRASE_MIN_CHARS = 12
FILE_MAX_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One holder's public key, in the form that python-tuf's documents carry."""

    holder: str
    key: SSlibKey

    @property
    def keyid(self) -> str:
        """64 hexadecimal digits: the name of the key in every document."""
        return str(self.key.keyid)

    def to_json(self) -> str:
        """As the file HOLDER.pub.json has it."""
        return json.dumps({"keyid": self.keyid, **self.key.to_dict()}, indent=1, sort_keys=True) + "\n"


class PrivateKey:
    """A key that can sign. It shows its holder, never itself."""

    def __init__(self, holder: str, private: Ed25519PrivateKey) -> None:
        bare = SSlibKey.from_crypto(private.public_key())
        public = SSlibKey(bare.keyid, bare.keytype, bare.scheme, bare.keyval, {HOLDER_FIELD: holder})
        self.public = PublicKey(holder, public)
        self.signer = CryptoSigner(private, public)
        self._private = private

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.holder!r}, {self.public.keyid[:8]}…)"

    def pem(self, passphrase: str | None) -> bytes:
        """PKCS 8; encrypted where there is a passphrase."""
        encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def new_key(holder: str) -> PrivateKey:
    """A fresh key. Raises KeyProblem when the holder's name is no plain name."""
    if not HOLDER.fullmatch(holder):
        raise KeyProblem(f"{holder!r} is no name for a key", "use letters, digits, space, . _ @ -; at most 64")
    return PrivateKey(holder, Ed25519PrivateKey.generate())


def write_key(key: PrivateKey, folder: Path, passphrase: str | None) -> Path:
    """Write HOLDER.key (0600) and HOLDER.pub.json. Returns the private file.

    `passphrase` None leaves the private half unencrypted: for the collector's online keys, which a service must read
    without a person. Raises KeyProblem when a file of that name stands or the passphrase is short.
    """
    if passphrase is not None and len(passphrase) < PASSPHRASE_MIN_CHARS:
        reason = f"the passphrase has {len(passphrase)} characters"
        raise KeyProblem(reason, f"use at least {PASSPHRASE_MIN_CHARS}; a sentence is easy to keep")
    stem = key.public.holder.replace(" ", "-")
    private, public = folder / f"{stem}.key", folder / f"{stem}.pub.json"
    _write_new(private, key.pem(passphrase) + f"# holder: {key.public.holder}\n".encode(), 0o600)
    _write_new(public, key.public.to_json().encode(), 0o644)
    return private


def load_key(path: Path, passphrase: str | None) -> PrivateKey:
    """The key in a file that `write_key` made. Raises KeyProblem with the remedy."""
    content = _read(path)
    try:
        private = load_pem_private_key(content, None if passphrase is None else passphrase.encode())
    except TypeError:
        state = "is encrypted" if passphrase is None else "is not encrypted"
        raise KeyProblem(f"{path.name} {state}", "give a passphrase for a key that has one, and only then") from None
    except (ValueError, UnsupportedAlgorithm):
        remedy = "check the passphrase, and that `collector skills key` made the file"
        raise KeyProblem(f"{path.name} cannot be opened", remedy) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyProblem(f"{path.name} is no Ed25519 key", "make one with `collector skills key`")
    said = re.search(rb"^# holder: (.+)$", content, re.MULTILINE)
    holder = said[1].decode(errors="replace") if said else path.stem
    return PrivateKey(holder if HOLDER.fullmatch(holder) else path.stem, private)


def load_public(path: Path) -> PublicKey:
    """The key in a HOLDER.pub.json. Raises KeyProblem."""
    try:
        form = json.loads(_read(path))
    except (ValueError, RecursionError):
        raise KeyProblem(
            f"{path.name} is no public key", "give the .pub.json that `collector skills key` made"
        ) from None
    return public_of(form)


def public_of(form: object) -> PublicKey:
    """The key in one JSON object. Raises KeyProblem: also when its keyid is not the one that its bytes make."""
    fields = dict(form) if isinstance(form, dict) else {}
    keyid, own = str(fields.pop("keyid", "")), ""
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # any wrong shape is one refusal
        key = SSlibKey.from_dict(keyid, fields)
        own = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))).keyid
        if (key.keytype, key.scheme, own) == ("ed25519", "ed25519", keyid):
            return PublicKey(holder_of(key), key)
    raise KeyProblem("this is no public key", "give the .pub.json that `collector skills key` made")


def holder_of(key: SSlibKey) -> str:
    """Who holds it, as its document says; its short name where none is said."""
    holder = key.unrecognized_fields.get(HOLDER_FIELD)
    return holder if isinstance(holder, str) and HOLDER.fullmatch(holder) else str(key.keyid)[:8]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX_BYTES)
    except OSError as error:
        raise KeyProblem(
            f"{path.name} cannot be read ({error.strerror})", "check the path and who may read it"
        ) from None


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise KeyProblem(f"{path.name} is there already", "choose another folder: keys are not overwritten") from None
    except OSError as error:
        raise KeyProblem(f"{path.name} cannot be written ({error.strerror})", "choose a folder of your own") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
