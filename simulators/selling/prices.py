"""What the skills that ship cost in the demo: made-up prices of every kind that the store knows. Pure data.

Charges are called as the collector's page calls them, so that a bill names them in its reader's language.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Price = dict[str, Any]


def _price(*charges: dict[str, Any], trial_days: int = 0, minimum: str = "0") -> Price:
    return {"currency": "CNY", "trial_days": trial_days, "minimum": minimum, "charges": list(charges)}


def _fee(name: str, amount: str, each: str = "robot", counting: str = "peak") -> dict[str, Any]:
    """A month."""
    return {"kind": "fixed", "name": name, "amount": amount, "each": each, "counting": counting}


def _use(counter: str, *tiers: tuple[int | None, str], per: int = 1, mode: str = "graduated") -> Price:
    """`tiers`: (up to, price of a unit); None: without end."""
    steps = [{"up_to": up_to, "unit": unit, "flat": "0"} for up_to, unit in tiers]
    return {"kind": "use", "name": "use", "counter": counter, "per": per, "mode": mode, "tiers": steps}


PRICES: Mapping[str, Price] = MappingProxyType({
    # free: a robot is of no use without them
    "workflow": _price(), "navigation": _price(), "portal": _price(), "solicit": _price(),
    # a subscription per robot and month
    "guide": _price(_fee("robots", "300"), _use("guided_tour", (None, "0.50")), trial_days=14),
    "lead": _price(_fee("robots", "80", counting="average"), trial_days=14),
    "directions": _price(_fee("robots", "60"), trial_days=30),
    "cruise": _price(_fee("robots", "50")),
    # by use
    "delivery": _price(_use("delivery", (5_000, "0.10"), (None, "0.06"))),
    "checkin": _price(_use("check_in", (None, "0.20")), minimum="200"),
    "dialog": _price(_use("dialog_turn", (5_000, "0"), (None, "0.02"))),
    "advert": _price(_use("advert.seconds", (None, "1.50"), per=3600)),
    # per person of the account, and once
    "reception": _price(_fee("seats", "120", each="seat")),
    "dance": _price({"kind": "one_off", "name": "set-up", "amount": "600"}),
})  # fmt: skip
