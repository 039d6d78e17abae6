"""POST /api/v1/pair: a robot shows a one-time code and its key. The code lets it in; wrong ones are throttled."""

from typing import Any

import orjson
from aiohttp import web

from collector.operations import pairing
from collector.operations.pairing import PairRobot
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.web.api.routes import BASE
from collector.web.auth import access, addresses
from collector.web.auth.throttle import Throttle
from collector.web.errors import TooManyRequests, Unprocessable, problem_of
from collector.web.parts import PARTS

PAIRING_THROTTLE = web.AppKey("pairing_throttle", Throttle)
BURST, EVERY_S = 5, 10.0  # wrong codes of one address: five at once, then one in ten seconds


def add_to(app: web.Application) -> None:
    app[PAIRING_THROTTLE] = Throttle(BURST, EVERY_S)
    app.router.add_post(f"{BASE}/pair", pair)


async def pair(request: web.Request) -> web.Response:
    """The robot's name, its certificate and the first root. Raises Problem."""
    parts, throttle = request.app[PARTS], request.app[PAIRING_THROTTLE]
    client, now_s = addresses.throttled_by(access.address_of(request)), parts.monotonic()
    if wait_s := throttle.wait_s(client, now_s):
        raise TooManyRequests(
            "too many wrong codes", Sentence("wait {seconds} seconds and try again", seconds=round(wait_s))
        )
    shown = _shown(await request.read())
    answer = await parts.do(pairing.pair_robot, parts.context, shown)
    if isinstance(answer, Refused):
        if answer.kind == "not_found":
            throttle.failed(client, now_s)
        raise problem_of(answer)
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


def _shown(body: bytes) -> PairRobot:
    try:
        said: Any = orjson.loads(body)
        code, asked = said["code"], said["request"]
    except (ValueError, TypeError, KeyError):
        code = asked = None
    if not isinstance(code, str) or not isinstance(asked, str):
        raise Unprocessable("a JSON object with code and request was expected", "run `edge-agent pair CODE`")
    return PairRobot(code=code, request=asked)
