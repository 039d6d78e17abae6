"""What the collector signs for one robot, and the fleet's own signed files.

A desired document travels inside an envelope (DSSE): the exact bytes that were signed, and the signatures. So no two
programs have to agree on how JSON is written. The keys that may sign it stand in the file DESIRED_KEYS of the package
repository, which people sign offline; the collector's online roles cannot change it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError

from opk_skills.trust.errors import KeyProblem, NotTrusted
from opk_skills.trust.keys import PrivateKey, PublicKey, public_of
from opk_skills.trust.recalls import lines, object_of

DESIRED_KEYS = "fleet/desired-keys.json"
DESIRED_TYPE = "application/vnd.fleetward.desired+json"
ENVELOPE_MAX_BYTES = 64 * 1024


class OldRevision(NotTrusted):
    """Signed, and followed before: a broker repeats what it retained."""


def seal(payload: Mapping[str, Any], key: PrivateKey) -> dict[str, Any]:
    """The envelope of a desired document, signed by one key."""
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True).encode()
    envelope = Envelope(body, DESIRED_TYPE, {})
    envelope.sign(key.signer)
    return dict(envelope.to_dict())


def unseal(envelope: object, keys: Sequence[PublicKey], robot: str, above_revision: int) -> dict[str, Any]:
    """What the envelope says, when one of the keys has signed it for this robot and it is newer.

    Raises NotTrusted otherwise: `robot` and `revision` are inside what was signed, so a document for another robot or
    an older one of this robot is refused whoever sends it.
    """
    text = json.dumps(envelope) if isinstance(envelope, dict) else ""
    if not 0 < len(text) <= ENVELOPE_MAX_BYTES:
        raise NotTrusted("this is no envelope", "the collector signs the document again")
    try:
        read = Envelope.from_dict(json.loads(text))  # a copy: from_dict takes its argument apart
        read.verify([one.key for one in keys], threshold=1)
    except (VerificationError, KeyError, ValueError, TypeError, AttributeError):
        remedy = "check which key the collector signs with: `collector skills show`, or GET /api/v1/skills/repository"
        raise NotTrusted("nobody who may has signed this document", remedy) from None
    if read.payload_type != DESIRED_TYPE:
        raise NotTrusted(f"{read.payload_type!r} is no desired document", "the collector signs the document again")
    payload = object_of(read.payload)
    if payload.get("robot") != robot:
        raise NotTrusted("this document is for another robot", "the collector publishes this robot's own")
    revision = payload.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < 0:
        raise NotTrusted("this document names no revision", "the collector signs the document again")
    if revision <= above_revision:
        raise OldRevision(f"revision {revision} is not above {above_revision}", "nothing: the newer one stands")
    return payload


def desired_keys_file(keys: Iterable[PublicKey]) -> bytes:
    """The content of DESIRED_KEYS."""
    forms = [json.loads(one.to_json()) for one in keys]
    return lines({"v": 1, "keys": forms})


def desired_keys(content: bytes) -> tuple[PublicKey, ...]:
    """Who may sign desired documents. Raises NotTrusted for a file that does not say it."""
    forms = object_of(content).get("keys")
    if not isinstance(forms, list) or not 0 < len(forms) <= 16:  # noqa: PLR2004 - a handful at a rotation
        raise NotTrusted(
            "the file of desired keys names no keys", "have it made again: `collector skills draft targets`"
        )
    try:
        return tuple(public_of(form) for form in forms)
    except KeyProblem as problem:
        raise NotTrusted(problem.reason, problem.remedy) from None
