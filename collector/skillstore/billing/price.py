"""What a skill costs: fixed fees, fees for each robot or seat, and use by tiers. Pure.

Amounts are decimals in units of the currency (12.50), as people write them; rated lines are whole numbers of its
smallest unit. Every amount of a price has at most the currency's decimals, but for prices of one unit of use: 0.0004
for a call is usual, and the line is rounded, not the unit.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from collector.values.money import decimals, is_currency
from collector.values.sentence import Sentence

MINIMUM = "minimum"
AMOUNT_MOST = Decimal(10) ** 12
UNIT_DECIMALS_MOST = 8
TIERS_MOST = 20
CHARGES_MOST = 20

Amount = Annotated[Decimal, Field(ge=0, le=AMOUNT_MOST, max_digits=20, decimal_places=4)]
UnitAmount = Annotated[Decimal, Field(ge=0, le=AMOUNT_MOST, max_digits=20, decimal_places=UNIT_DECIMALS_MOST)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counting(StrEnum):
    """How a number that changes within a period is taken: its highest day, or its mean over all days."""

    PEAK = "peak"
    AVERAGE = "average"


class OneOffCharge(_Part):
    """A price that is paid once, on the first day that is not trial."""

    kind: Literal["one_off"] = "one_off"
    name: str = Field(min_length=1, max_length=80)
    amount: Amount


class FixedCharge(_Part):
    """For each month, cut to the days of the subscription; for the whole account, or for each robot or seat."""

    kind: Literal["fixed"] = "fixed"
    name: str = Field(min_length=1, max_length=80)
    amount: Amount
    each: Literal["account", "robot", "seat"]
    counting: Counting


class Tier(_Part):
    """`unit` for each unit up to `up_to` (of the month; None: without end), and `flat` once the tier is reached."""

    up_to: Annotated[int, Field(gt=0)] | None
    unit: UnitAmount
    flat: Amount


class Mode(StrEnum):
    """Graduated: each unit costs what its tier says. Volume: all units cost what the tier of the total says."""

    GRADUATED = "graduated"
    VOLUME = "volume"


class UseCharge(_Part):
    """What a counter of the skill counted in the month, in units of `per` (3600 makes hours of seconds)."""

    kind: Literal["use"] = "use"
    name: str = Field(min_length=1, max_length=80)
    counter: str = Field(min_length=1, max_length=120)
    per: Annotated[int, Field(gt=0, le=10**9)]
    mode: Mode
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=TIERS_MOST)]

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        ends = [tier.up_to for tier in self.tiers]
        if ends[-1] is not None or None in ends[:-1]:
            raise ValueError(Sentence("the last tier, and only the last, has no end: leave its `up_to` empty"))
        known = [end for end in ends if end is not None]
        if known != sorted(set(known)):
            raise ValueError(Sentence("tiers rise: each `up_to` is larger than the one before"))
        return self


Charge = Annotated[OneOffCharge | FixedCharge | UseCharge, Field(discriminator="kind")]


class Price(_Part):
    """`minimum` is what a whole month costs at least; it is cut to the days of the subscription as fees are."""

    currency: str
    trial_days: Annotated[int, Field(ge=0, le=366)]
    minimum: Amount
    charges: Annotated[tuple[Charge, ...], Field(max_length=CHARGES_MOST)]

    @model_validator(mode="after")
    def _fits_its_currency(self) -> Self:
        if not is_currency(self.currency):
            raise ValueError(
                Sentence("{currency!r} is no currency of ISO 4217: write its three letters", currency=self.currency)
            )
        names = [charge.name for charge in self.charges]
        if MINIMUM in names:
            raise ValueError(
                Sentence("{name} is the name of the line that fills up a month: take another", name=MINIMUM)
            )
        if len(names) != len(set(names)):
            raise ValueError(Sentence("each charge has a name of its own: it is the line on the bill"))
        for amount in self._amounts():
            exponent = amount.normalize().as_tuple().exponent
            if isinstance(exponent, int) and -exponent > decimals(self.currency):
                raise ValueError(
                    Sentence(
                        "{amount} has more decimals than {currency} has ({count})",
                        amount=amount,
                        currency=self.currency,
                        count=decimals(self.currency),
                    )
                )
        return self

    def _amounts(self) -> list[Decimal]:
        flats = [tier.flat for charge in self.charges if isinstance(charge, UseCharge) for tier in charge.tiers]
        return [self.minimum, *flats, *(c.amount for c in self.charges if not isinstance(c, UseCharge))]
