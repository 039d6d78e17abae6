"""The PIN that acts on the robot's page ask for: set by a person at installation, there is none before.

`<state_dir>/page/pin.json` holds its salted hash and a key for the cookies of phones that have given it;
`tries.json` beside it how often it was tried. What cannot be read there lets nobody act: it never counts as no tries.
"""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge_agent import clock, whole_file
from edge_agent.errors import ConfigError
from edge_agent.status import tries
from edge_agent.status.tries import Tries

FOLDER, PIN_FILE, TRIES_FILE = "page", "pin.json", "tries.json"
SHORTEST, LONGEST = 6, 12
_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and some tenths of a second on a robot
_MODE = 0o600
_RUN = "01234567890123456789"

Answer = Literal["right", "wrong", "wait", "none", "unreadable"]


@dataclass(frozen=True, slots=True)
class PinTried:
    """`phone`: the cookie that makes this phone a known one, after the right PIN. `left`: tries before it must wait."""

    answer: Answer
    left: int = 0
    wait_s: float = 0.0
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Pins:
    """Of one robot. `folder` is its state folder's."""

    folder: Path

    @classmethod
    def of(cls, state_dir: Path) -> "Pins":
        return cls(state_dir / FOLDER)

    @property
    def is_set(self) -> bool:
        return (self.folder / PIN_FILE).exists()

    def set(self, pin: str) -> None:
        """From now on this one; phones are known no more, and nothing that was tried weighs. Raises ConfigError."""
        if refused := too_weak(pin):
            raise refused
        salt = secrets.token_bytes(16)
        form = {"salt": salt.hex(), "hash": _hash(pin, salt), "key": secrets.token_hex(32)}
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole_file.write(self.folder / PIN_FILE, json.dumps(form).encode(), _MODE)
            self._keep(Tries(clock.boot_id()))
        except OSError as error:
            raise _not_kept(self.folder, error) from error

    def forgive(self) -> None:
        """Forget what was tried: for whoever is on the robot itself. Raises ConfigError."""
        try:
            self._keep(Tries(clock.boot_id()))
        except OSError as error:
            raise _not_kept(self.folder, error) from error

    def asked(self, pin: str, address: str, cookie: str) -> PinTried:
        """Count the try, then look whether it is the right one. It takes some tenths of a second."""
        if not self.is_set:
            return PinTried("none")
        try:
            form = json.loads((self.folder / PIN_FILE).read_bytes())
            salt, kept, key = bytes.fromhex(form["salt"]), str(form["hash"]), bytes.fromhex(form["key"])
            known = _known(cookie, key)
            phone, is_known = (f"phone {known}", True) if known else (f"address {address}", False)
            now_s = time.clock_gettime(time.CLOCK_BOOTTIME)
            counted = self._tries().of_boot(clock.boot_id())
            if wait_s := counted.wait_s(phone, now_s, known=is_known):
                return PinTried("wait", wait_s=wait_s)
            counted = counted.tried(phone, now_s, known=is_known)
            self._keep(counted)
            if not hmac.compare_digest(_hash(pin, salt), kept):
                return PinTried("wrong", counted.left(phone, now_s), counted.wait_s(phone, now_s, known=is_known))
            self._keep(counted.forgiven(phone, now_s, known=is_known))
        except (OSError, ValueError, KeyError, TypeError):
            return PinTried("unreadable")
        return PinTried("right", phone=cookie if known else _cookie(secrets.token_hex(8), key))

    def _tries(self) -> Tries:
        """Raises OSError, ValueError."""
        return tries.read(json.loads((self.folder / TRIES_FILE).read_bytes()))

    def _keep(self, counted: Tries) -> None:
        whole_file.write(self.folder / TRIES_FILE, json.dumps(tries.shown(counted)).encode(), _MODE)


def too_weak(pin: str) -> ConfigError | None:
    """Why a PIN is not taken; None where it is."""
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        return ConfigError(
            "the PIN has {shortest} to {longest} digits: choose another one", shortest=SHORTEST, longest=LONGEST
        )
    if len(set(pin)) < 3 or pin in _RUN or pin in _RUN[::-1]:  # noqa: PLR2004  two digits are soon guessed
        return ConfigError("the PIN is the first that anybody would try: choose another one")
    return None


def _not_kept(folder: Path, error: OSError) -> ConfigError:
    return ConfigError("{folder}: {error}: run it as the agent's user", folder=folder, error=error.strerror)


def _hash(pin: str, salt: bytes) -> str:
    return hashlib.scrypt(pin.encode(), salt=salt, maxmem=2**26, **_COST).hex()


def _cookie(name: str, key: bytes) -> str:
    return f"{name}.{hmac.new(key, name.encode(), hashlib.sha256).hexdigest()}"


def _known(cookie: str, key: bytes) -> str:
    """The phone that this cookie was given to; "": none of ours."""
    name, _, _ = cookie.partition(".")
    return name if name and hmac.compare_digest(cookie.encode(), _cookie(name, key).encode()) else ""
