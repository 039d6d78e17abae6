"""An ID token proves somebody only when issuer, audience, nonce, time and signature are exactly right."""

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from collector.access.id_tokens import ProvedIdentity, UnprovedIdentity, judged

KEY, OTHER = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("one", "two"))
NOW = 1_800_000_000
SOUND = {"iss": "https://login.example", "aud": "fleet", "sub": "u-1", "nonce": "n", "iat": NOW - 5, "exp": NOW + 300}
EXPECTED = {"issuer": "https://login.example", "client_id": "fleet", "nonce": "n", "now_s": NOW}


def token(claims, key=KEY, algorithm="RS256"):
    return jwt.encode({"alg": algorithm, "kid": key.kid or "one"}, claims, key, algorithms=[algorithm])


def keys(*known):
    return KeySet(list(known or (KEY,))).as_dict(private=False)


def test_a_sound_token_proves_issuer_and_subject():
    assert judged(token(SOUND), keys(), **EXPECTED) == ProvedIdentity("https://login.example", "u-1")
    assert isinstance(judged(token(SOUND | {"aud": ["fleet"], "azp": "fleet"}), keys(), **EXPECTED), ProvedIdentity)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://login.example/"},
        {"iss": "https://evil.example"},
        {"aud": "other"},
        {"aud": ["fleet", "other"]},
        {"azp": "other"},
        {"nonce": "m"},
        {"nonce": None},
        {"exp": NOW - 61},
        {"iat": NOW + 600},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"sub": None},
        {"exp": None},
    ],
)
def test_anything_that_is_not_exactly_right_proves_nobody(wrong):
    claims = {name: value for name, value in (SOUND | wrong).items() if value is not None}
    assert isinstance(judged(token(claims), keys(), **EXPECTED), UnprovedIdentity)


def test_a_signature_of_another_key_of_none_or_of_the_public_key_as_a_secret_proves_nobody():
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    assert isinstance(judged(token(SOUND, stranger), keys(), **EXPECTED), UnprovedIdentity)
    head, body, signature = token(SOUND).split(".")
    for bad in (f"{head}.{body}.", f"{head}.{body}", "", "x.y.z", f"{head}.{body[:-2]}.{signature}"):
        assert isinstance(judged(bad, keys(), **EXPECTED), UnprovedIdentity), bad
    said = ".".join(_coded(json.dumps(one).encode()) for one in ({"alg": "HS256", "kid": "one"}, SOUND))
    public = KEY.as_pem(private=False)
    shared = f"{said}.{_coded(hmac.digest(public, said.encode(), 'sha256'))}"
    assert isinstance(judged(shared, keys(), **EXPECTED), UnprovedIdentity)


def _coded(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def test_an_unknown_key_is_told_apart_since_the_issuer_may_have_new_ones():
    rotated = token(SOUND, OTHER)
    found = judged(rotated, keys(KEY), **EXPECTED)
    assert isinstance(found, UnprovedIdentity)
    assert found.key_unknown
    assert isinstance(judged(rotated, keys(KEY, OTHER), **EXPECTED), ProvedIdentity), "the control: after the rotation"
