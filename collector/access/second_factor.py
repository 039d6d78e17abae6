"""The second factor: six digits that an app computes from the time (RFC 6238), and recovery codes for a lost phone.

Secrets and codes are arguments: who calls brings the randomness.
"""

import base64
import hashlib
from collections.abc import Sequence

import pyotp

STEP_S = 30
SLACK_STEPS = 1  # a phone's clock may be half a minute off, and people type slowly
SECRET_BYTES = 20
CODES = 10
CODE_BYTES = 10
ISSUER = "Fleetward"


def secret_of(random: bytes) -> str:
    """A secret as apps take it."""
    return base64.b32encode(random).decode()


def address_of(secret: str, mail: str) -> str:
    """What the QR code says."""
    return pyotp.TOTP(secret).provisioning_uri(name=mail, issuer_name=ISSUER)


def step_of(secret: str, code: str, now_s: int, after: int | None) -> int | None:
    """The step of time whose code this is, newer than `after`, the newest that was taken; None: it is wrong."""
    digits = code.replace(" ", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):  # noqa: PLR2004 - the digits of a code
        return None
    this = now_s // STEP_S
    own = pyotp.TOTP(secret)
    for step in range(this - SLACK_STEPS, this + SLACK_STEPS + 1):
        if own.verify(digits, for_time=step * STEP_S) and (after is None or step > after):
            return step
    return None


def code_of(random: bytes) -> str:
    """A recovery code: sixteen letters and digits in groups, without those that look alike."""
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def digest(code: str) -> str:
    """What the store keeps of a recovery code: 80 random bits need no slow hash."""
    return hashlib.sha256(code.replace("-", "").replace(" ", "").lower().encode()).hexdigest()


def without(kept: Sequence[str], code: str) -> list[str] | None:
    """The codes that are left when this one is used; None: it is none of them."""
    used = digest(code)
    return [one for one in kept if one != used] if used in kept else None
