"""The robots' newest weeks over the wire: the same fleet as any simulated one, with robots of the stories."""

from collections.abc import Callable

from simulators.fleet import Fleet, Orders
from simulators.link import Dial
from simulators.stories.portfolio import Portfolio
from simulators.stories.robots import WINDOW_S, midnight

BATCH = 200


def fleet(portfolio: Portfolio, dial: Dial) -> Fleet:
    """A fleet that delivers everything up to the end of T and leaves. Run twice, it is the same history."""
    crew, wire_day = portfolio.crew(), portfolio.today + 1 - portfolio.wire_days
    orders = Orders(
        robots=len(crew),
        seed=portfolio.seed,
        start_s=midnight(wire_day, portfolio.zone),
        end_s=midnight(portfolio.today + 1, portfolio.zone),
        window_s=WINDOW_S,
        batch=BATCH,
        timezone=portfolio.zone.key,
    )
    return Fleet(orders, dial, crew=crew)


def share(running: Fleet) -> float:
    """How much of the history is told, 0 to 1."""
    span_s = max(1, running.orders.end_s - running.orders.start_s)
    told = [min(1.0, (uplink.robot.now_s - running.orders.start_s) / span_s) for uplink in running.uplinks]
    return sum(told) / max(1, len(told))


Progress = Callable[[Fleet], None]
