"""What a company's sign-in (OpenID Connect) says about somebody: an ID token, judged. Keys and time are arguments.

Exact issuer, exact audience, the nonce of this sign-in, an asymmetric signature by a key of the issuer.
"""

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA", "RS384", "RS512", "ES384", "ES512", "PS384", "PS512")
LEEWAY_S = 60  # two clocks differ
TEXT_MAX_CHARS = 255  # of a subject, as the specification bounds it


@dataclass(frozen=True, slots=True)
class ProvedIdentity:
    """Who it is there: a person is found by both together, and by nothing else."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class UnprovedIdentity:
    """Why a token proves nothing. `key_unknown`: the issuer may have new keys."""

    reason: str
    key_unknown: bool = False


def judged(
    token: str, keys: dict[str, Any], *, issuer: str, client_id: str, nonce: str, now_s: int
) -> ProvedIdentity | UnprovedIdentity:
    """Whom the token names. `keys`: the issuer's JWK set."""
    try:
        listed = KeySet.import_key_set(keys)  # type: ignore[arg-type]  # it judges itself what it is given
        decoded = jwt.decode(token, listed, algorithms=list(ALGORITHMS))
        claims = decoded.claims
        jwt.JWTClaimsRegistry(
            now=now_s, leeway=LEEWAY_S, iss={"essential": True, "value": issuer}, sub={"essential": True},
            aud={"essential": True}, exp={"essential": True}, iat={"essential": True},
        ).validate(claims)  # fmt: skip
    except (InvalidKeyIdError, BadSignatureError):
        return UnprovedIdentity("the token is signed by no key that the issuer lists", key_unknown=True)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        return UnprovedIdentity(f"the token is not sound: {type(error).__name__}")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if audience != [client_id] or claims.get("azp", client_id) != client_id:
        return UnprovedIdentity("the token is meant for somebody else")
    if not nonce or claims.get("nonce") != nonce:
        return UnprovedIdentity("the token is not of this sign-in")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= TEXT_MAX_CHARS:
        return UnprovedIdentity("the token names nobody")
    return ProvedIdentity(issuer, subject)
