"""The signed session cookie and its CSRF token. Pure: key, nonce and time are arguments.

The cookie says which token or person signed in and until when; it holds no secret. It is signed with a key that lives
in the store, so that every collector of a fleet accepts it, and carries a proof made with the holder's stamp (a token's
hash, a person's random text): the key alone signs nobody in. The CSRF token is derived from the session's nonce.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import astuple, dataclass

import orjson

from collector.calendar.days import HOUR_S

COOKIE = "fleetward"
SESSION_S = 12 * HOUR_S  # a working day


@dataclass(frozen=True, slots=True)
class Session:
    """`proof` is `proof_of` who signed in; whoever reads a session checks it with `proves`. One of the ids is 0."""

    token_id: int
    expires_s: int
    nonce: str
    proof: str
    person_id: int = 0


def proof_of(stamp: str, nonce: str, key: bytes) -> str:
    return signed(f"token:{nonce}:{stamp}", key)


def proves(session: Session, stamp: str, key: bytes) -> bool:
    return hmac.compare_digest(session.proof.encode(), proof_of(stamp, session.nonce, key).encode())


def write(session: Session, key: bytes) -> str:
    body = base64.urlsafe_b64encode(orjson.dumps(astuple(session))).decode()
    return f"{body}.{signed(body, key)}"


def read(cookie: str, key: bytes, now_s: int) -> Session | None:
    """The session of a cookie that we signed and that has not expired."""
    body, _, signature = cookie.rpartition(".")
    if not body or not hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), signed(body, key).encode()):
        return None
    try:
        session = Session(*orjson.loads(base64.urlsafe_b64decode(body)))
    except (ValueError, TypeError, binascii.Error):
        return None
    return session if now_s < session.expires_s else None


def csrf_of(session: Session, key: bytes) -> str:
    return signed(f"csrf:{session.nonce}", key)


def csrf_matches(given: str, session: Session, key: bytes) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), csrf_of(session, key).encode())


def signed(text: str, key: bytes) -> str:
    """Its signature. Texts of one use begin with a word of their own."""
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
