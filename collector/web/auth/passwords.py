"""Signing in with a mail address and a password, then a second factor: how often one may fail, and what is remembered.

Who fails is slowed down by address and mail address together, and by address alone. All failures at one person are
counted too, since guesses may come from many addresses; a browser that this person has signed in with before has tries
of its own, so that no stranger locks anybody out.
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass

from aiohttp import web

from collector.access.tokens import digest
from collector.calendar.days import DAY_S, MINUTE_S
from collector.operations import sign_in
from collector.operations.sign_in import CodeShown, PasswordShown, Proved
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.web.auth import access, addresses, sessions
from collector.web.auth.throttle import Throttle
from collector.web.errors import TooManyRequests, problem_of
from collector.web.parts import GUESS_THROTTLE, PARTS, SESSION_KEY

TRIES, EVERY_S = 5, 60.0  # of one person from one address: five at once, then one a minute
PERSON_TRIES, PERSON_EVERY_S = 50, 20.0  # of one person from everywhere: one address alone never uses these up
CODE_TRIES, CODE_EVERY_S = 5, 60.0  # of the second factor, after the right password
SECOND_STEP_S = 5 * MINUTE_S
BROWSER_COOKIE = "fleetward-browser"
BROWSER_S = 180 * DAY_S
HASHING_AT_ONCE = 2  # each takes 64 MiB


@dataclass(frozen=True)
class SignInLimits:
    """What one process counts of failures, and how many passwords it checks at once."""

    here: Throttle
    person: Throttle
    code: Throttle
    hashing: asyncio.Semaphore


PASSWORDS = web.AppKey("passwords", SignInLimits)


@dataclass(frozen=True, slots=True)
class WrongSecret:
    """It was wrong; so many tries are left at once, of those that are counted here."""

    tries: int


def limits() -> SignInLimits:
    return SignInLimits(
        Throttle(TRIES, EVERY_S), Throttle(PERSON_TRIES, PERSON_EVERY_S), Throttle(CODE_TRIES, CODE_EVERY_S),
        asyncio.Semaphore(HASHING_AT_ONCE),
    )  # fmt: skip


async def check(request: web.Request, mail: str, password: str) -> Proved | WrongSecret:
    """Whose password it is. Raises TooManyRequests, before anything is checked."""
    parts, held = request.app[PARTS], request.app[PASSWORDS]
    mail = mail.strip().lower()[:254]
    counted = _counted(request, mail)
    now_s = parts.monotonic()
    wait_s = max(throttle.wait_s(key, now_s) for throttle, key in counted)
    if wait_s:
        raise TooManyRequests(
            "too many wrong passwords", Sentence("wait {seconds} seconds and try again", seconds=round(wait_s))
        )
    async with held.hashing:
        shown = PasswordShown(mail=mail, password=password)
        answer = await parts.do(sign_in.check_password, parts.context, shown)
    if not isinstance(answer, Refused):
        return answer
    if answer.kind != "not_found":
        raise problem_of(answer)
    for throttle, key in counted:
        throttle.failed(key, now_s)
    throttle, key = counted[0]
    return WrongSecret(throttle.tries(key, now_s))


async def check_code(request: web.Request, step: str, code: str) -> int | WrongSecret | None:
    """Whose second factor it is; None: the first step is too long ago, or nobody's. Raises TooManyRequests."""
    parts, held = request.app[PARTS], request.app[PASSWORDS]
    found = _read_step(request, step)
    if found is None:
        return None
    person, stamp = found
    now_s, key = parts.monotonic(), str(person)
    if wait_s := held.code.wait_s(key, now_s):
        raise TooManyRequests(
            "too many wrong codes", Sentence("wait {seconds} seconds and try again", seconds=round(wait_s))
        )
    answer = await parts.do(sign_in.check_code, parts.context, CodeShown(person=person, code=code, stamp=stamp))
    if not isinstance(answer, Refused):
        return person
    if answer.kind != "not_found":
        raise problem_of(answer)
    held.code.failed(key, now_s)
    return WrongSecret(held.code.tries(key, now_s))


def step_of(request: web.Request, proved: Proved) -> str:
    """What the form of the second step carries: whose password was right, and until when that counts."""
    expires_s = request.app[PARTS].now_s() + SECOND_STEP_S
    said = f"{proved.person}.{expires_s}.{digest(proved.stamp)[:32]}"
    return f"{said}.{sessions.signed(f'second:{said}', request.app[SESSION_KEY])}"


def _read_step(request: web.Request, step: str) -> tuple[int, str] | None:
    said, _, signature = step.rpartition(".")
    own = sessions.signed(f"second:{said}", request.app[SESSION_KEY])
    if not said or not hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), own.encode()):
        return None
    person, expires_s, stamp = said.split(".")
    return (int(person), stamp) if request.app[PARTS].now_s() < int(expires_s) else None


def remember(request: web.Request, mail: str, response: web.StreamResponse) -> None:
    """This browser has signed in with that mail address: strangers' failures do not count here."""
    nonce = secrets.token_hex(8)
    value = f"{nonce}.{_browser_of(request, nonce, mail.strip().lower())}"
    response.set_cookie(
        BROWSER_COOKIE, value, max_age=BROWSER_S, httponly=True, samesite="Strict", path="/sign-in",
        secure=request.app[PARTS].context.settings.secure_cookies or request.secure,
    )  # fmt: skip


def _counted(request: web.Request, mail: str) -> list[tuple[Throttle, str]]:
    held = request.app[PASSWORDS]
    nonce, _, signature = request.cookies.get(BROWSER_COOKIE, "").partition(".")
    own = _browser_of(request, nonce, mail)
    if nonce and hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), own.encode()):
        return [(held.here, f"browser {nonce}")]
    client = addresses.throttled_by(access.address_of(request))
    return [(held.here, f"{client} {mail}"), (request.app[GUESS_THROTTLE], client), (held.person, mail)]


def _browser_of(request: web.Request, nonce: str, mail: str) -> str:
    return sessions.signed(f"browser:{nonce}:{mail}", request.app[SESSION_KEY])
