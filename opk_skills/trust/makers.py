"""A maker's word for a package: who built exactly these bytes.

It travels beside the file, from a developer to the publisher who answers for the package. It is not what robots go by:
they go by the publisher's signed metadata, which names the same hash.
"""

import json

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError

from opk_skills.package import Package
from opk_skills.trust.errors import NotTrusted
from opk_skills.trust.keys import PrivateKey, PublicKey

PACKAGE_TYPE = "application/vnd.fleetward.package+json"
SIGNATURE_MAX_BYTES = 16 * 1024


def _statement(package: Package) -> bytes:
    """What is signed: the hash decides, the rest is for people who read the file."""
    manifest = package.manifest
    said = {
        "v": 1, "sha256": package.sha256, "size": package.size, "appid": manifest.appid, "key": manifest.key,
        "version": manifest.version,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def vouch(package: Package, key: PrivateKey) -> bytes:
    """The signature file of a package."""
    envelope = Envelope(_statement(package), PACKAGE_TYPE, {})
    envelope.sign(key.signer)
    return json.dumps(envelope.to_dict(), indent=1, sort_keys=True).encode() + b"\n"


def check_vouched(signature: bytes, package: Package, maker: PublicKey) -> None:
    """Raises NotTrusted unless the file holds this maker's signature of exactly this package."""
    try:
        if len(signature) > SIGNATURE_MAX_BYTES:
            raise ValueError(len(signature))  # noqa: TRY301 - one refusal for every wrong shape
        envelope = Envelope.from_dict(json.loads(signature))
        envelope.verify([maker.key], threshold=1)
    except (VerificationError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        remedy = "ask the maker for the .sig that belongs to the file, and for their public key"
        raise NotTrusted(f"{maker.holder} has not signed this", remedy) from None
    if envelope.payload_type != PACKAGE_TYPE or envelope.payload != _statement(package):
        raise NotTrusted(f"{maker.holder} signed another package", "ask for the package that was signed")
