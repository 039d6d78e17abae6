"""API: rates with the accounts behind them."""

from typing import Annotated, Literal

from pydantic import Field

from collector.accounts.ledger.kinds.money import Product
from collector.accounts.rates.reports import By
from collector.language.catalogue import SOURCE, Language
from collector.language.rates import Behind, RatesAnswer
from collector.operations import rates as operations
from collector.operations.rates import AccountsOf, RatesOf
from collector.values.paging import Page
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.routing import Call, Query, Route

_TAG = "rates"
# What is no currency is refused by the operation, with the words that a command gets.
Currency = Annotated[str, Field(examples=["CNY"], json_schema_extra={"pattern": "^[A-Z]{3}$"})]
Word = Annotated[str, Field(max_length=200)]


class RatesQuery(Query):
    from_: Annotated[Day | None, Field(alias="from", description="first day; default: a year before the last")] = None
    to: Annotated[Day | None, Field(description="last day, it counts; default: today")] = None
    as_of: Annotated[
        Day | None, Field(description="only what was known at the end of this day; default: all that is known now")
    ] = None
    basis: Annotated[
        Literal["arrived", "recorded"],
        Field(description="known: by when it arrived here, or by when its source had it"),
    ] = "arrived"
    grace_days: Annotated[
        int | None, Field(ge=0, le=365, description="a renewal this late is late and not lost; default: the policy's")
    ] = None
    currency: Annotated[Currency | None, Field(description="all amounts in it; default: the setting base_currency")] = (
        None
    )
    segment: Annotated[Word, Field(description="only accounts of this segment at the period's start")] = ""
    reseller: Annotated[Word, Field(description="only accounts of this reseller")] = ""
    csm: Annotated[Word, Field(description="only accounts of this CSM")] = ""
    product: Annotated[
        Product | None, Field(description="only what is of this product: service fee and OPK fee apart; default: all")
    ] = None
    language: Annotated[Language, Field(description="of names, definitions and reasons")] = SOURCE

    def asked(self, by: By = "") -> RatesOf:
        return RatesOf(
            first_day=day_number(self.from_), last_day=day_number(self.to), as_of=day_number(self.as_of),
            basis=self.basis, by=by, segment=self.segment, reseller=self.reseller, csm=self.csm,
            product=self.product, grace_days=self.grace_days, currency=self.currency, language=self.language,
        )  # fmt: skip


class RatesByQuery(RatesQuery):
    by: Annotated[
        Literal["segment", "tier", "reseller", "csm", "team", "industry", "region"] | None,
        Field(description="one group of figures for each; default: everybody together"),
    ] = None


class BehindQuery(RatesQuery, Paged):
    pass


async def rates(call: Call, query: RatesByQuery) -> RatesAnswer:
    """Every figure with its definition, its parts above and below the line, and what no rate was stated for."""
    return await call.do(operations.rates, query.asked(query.by or ""))


async def rates_accounts(call: Call, query: BehindQuery) -> Page[Behind]:
    """The accounts that one figure is made of, by id. Their parts add up to the figure's."""
    figure = call.request.match_info["figure"]
    wanted = AccountsOf(figure=figure, rates=query.asked(), limit=query.limit, cursor=query.cursor)
    return await call.do(operations.rates_accounts, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/rates", _TAG, "Renewal, upsell, referral, retention and the other rates of a period", RatesAnswer,
          rates, RatesByQuery, operation=operations.rates),
    Route("GET", "/rates/{figure}/accounts", _TAG, "The accounts that one rate is made of", Page[Behind],
          rates_accounts, BehindQuery, operation=operations.rates_accounts),
)  # fmt: skip
