"""Robots and centre in two network namespaces with bad weather between them."""

import random
import time
from pathlib import Path
from subprocess import CompletedProcess

from tests.faults.field import SETTLE_S, Field, field
from tests.faults.network import CENTRE_ADDRESS, Weather, network

BAD = Weather(loss=0.3, duplicate=0.1, delay_ms=200, jitter_ms=100)


def count_through(
    folder: Path,
    *,
    seconds: float,
    cut_s: float,
    seed: int,
    weather: Weather = BAD,
    heal: bool = True,
    settle_s: float = SETTLE_S,
) -> "tuple[Field, CompletedProcess[str]]":
    """Count for `seconds` in bad weather with a partition of `cut_s`, let it clear (unless told not to), compare."""
    dice = random.Random(seed)
    with network(seed) as net, field(folder, agents=2) as it:
        it.wrap = lambda name, argv: net.inside(net.robots if name.startswith("agent") else net.centre, argv)
        it.broker.host = CENTRE_ADDRESS
        it.broker.inside = lambda argv: net.inside(net.centre, argv)
        it.start()
        net.weather(weather)
        began = time.monotonic()
        cut = False
        while (passed := time.monotonic() - began) < seconds:
            want = seconds / 3 < passed < seconds / 3 + cut_s
            if want != cut:
                cut = want
                net.weather(Weather(cut=True) if cut else weather)
            it.count(5, dice)
            time.sleep(0.05)  # the pace of counting, not a wait for anything
        if heal:
            net.weather(Weather())
        return it, it.settle(settle_s if heal else 8)
