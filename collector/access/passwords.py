"""Passwords: what is taken as one, and how it is kept (argon2id, RFC 9106).

The cost is no setting: what a configuration could lower, somebody would lower by accident. It is an argument of
whoever builds the process; tests hand over a cheap one.
"""

import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from collector.values.refusal import Refused
from collector.values.sentence import Sentence

LEAST_CHARS, MOST_CHARS = 12, 256  # long is what helps; which characters is everybody's own affair


@dataclass(frozen=True, slots=True)
class HashingCost:
    """What one try costs: passes over memory, KiB of it, lanes."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 1


class Passwords:
    """Keeps and checks passwords at one cost. Both calls take a tenth of a second and 64 MiB, on purpose."""

    def __init__(self, cost: HashingCost) -> None:
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes)
        self._nobodys = self._hasher.hash("the password of nobody")

    def kept(self, password: str) -> str:
        """What the store keeps of it: parameters, salt and hash."""
        return self._hasher.hash(_normal(password))

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether it is the password that was kept. None costs the same time: it tells nobody who exists."""
        try:
            return self._hasher.verify(kept or self._nobodys, _normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_cheaper(self, kept: str) -> bool:
        """Whether it was kept at another cost than today's, and should be kept anew."""
        return self._hasher.check_needs_rehash(kept)


def refused(password: str, mail: str) -> Refused | None:
    """Why this is not taken as a password; None: it is."""
    size = len(_normal(password))
    if not LEAST_CHARS <= size <= MOST_CHARS:
        remedy = Sentence(
            "take {least_chars} to {most_chars} characters: a few words are good, and spaces count",
            least_chars=LEAST_CHARS,
            most_chars=MOST_CHARS,
        )
        return Refused(Sentence("the password has {size} characters", size=size), remedy, "unprocessable")
    if password.casefold().strip() in {mail.casefold(), mail.partition("@")[0].casefold()}:
        return Refused("the password is the mail address", "take one that others cannot read", "unprocessable")
    if "\x00" in password:
        return Refused("the password holds a NUL character", "leave it away", "unprocessable")
    return None


def _normal(password: str) -> str:
    """One form of the same letters, however a keyboard makes them."""
    return unicodedata.normalize("NFKC", password[: 4 * MOST_CHARS]).encode("utf-8", "replace").decode()
