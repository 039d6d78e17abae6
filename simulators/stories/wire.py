"""The robots' newest weeks over the wire: the same fleet as any simulated one, with robots of the stories."""

import secrets

from simulators.fleet import Fleet, Orders
from simulators.link import Dial
from simulators.robot import Rhythm
from simulators.stories.portfolio import Portfolio
from simulators.stories.robots import WINDOW_S, StoryRobot, midnight

BATCH = 200
LIVE_WINDOW_S = 300
LIVE_UPLOAD_S = 60


def rhythm(live_from_s: int | None) -> Rhythm:
    """Of a portfolio whose robots go on in real time from then on."""
    return Rhythm(WINDOW_S, LIVE_WINDOW_S, live_from_s)


def fleet(portfolio: Portfolio, dial: Dial) -> Fleet:
    """A fleet that delivers everything up to the end of T and leaves: run twice, it is the same history. Where the
    portfolio's rhythm has a live part it goes on, and each run is a life of its own.
    """
    crew, wire_day = portfolio.crew(), portfolio.today + 1 - portfolio.wire_days
    live_from_s = portfolio.rhythm.live_from_s
    orders = Orders(
        robots=len(crew),
        seed=portfolio.seed,
        start_s=midnight(wire_day, portfolio.zone),
        end_s=midnight(portfolio.today + 1, portfolio.zone) if live_from_s is None else live_from_s,
        live=live_from_s is not None,
        window_s=WINDOW_S,
        live_window_s=LIVE_WINDOW_S,
        live_upload_s=LIVE_UPLOAD_S,
        batch=BATCH,
        timezone=portfolio.zone.key,
        salt="" if live_from_s is None else secrets.token_hex(4),
    )
    return Fleet(orders, dial, crew=crew)


def silence(running: Fleet) -> None:
    """Robots that are not heard of any more are not seen on line either."""
    for uplink in running.uplinks:
        if isinstance(uplink.robot, StoryRobot) and uplink.robot.gone_s is not None:
            uplink.hang_up(politely=False)


def share(running: Fleet) -> float:
    """How much of the history is told, 0 to 1."""
    span_s = max(1, running.orders.end_s - running.orders.start_s)
    told = [min(1.0, (uplink.robot.now_s - running.orders.start_s) / span_s) for uplink in running.uplinks]
    return sum(told) / max(1, len(told))
