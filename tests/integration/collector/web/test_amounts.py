"""Amounts of any currency, told over the API, enter every sum as an independent Decimal sum has them."""

import random
from decimal import ROUND_HALF_EVEN, Decimal

import orjson
import pytest

from collector import config
from collector.accounts.ledger import book
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds import money
from collector.accounts.ledger.kinds.registry import KINDS
from collector.closing import passes
from collector.errors import ConfigurationError
from collector.scores import failures
from tests import fleets
from tests.fleets import NOON, TODAY, iso
from tests.plain_facts import a_contract
from tests.policies import a_closing

DECIMALS = {
    "JPY": 0, "KRW": 0, "CNY": 2, "EUR": 2, "USD": 2, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3, "CLF": 4,
}  # fmt: skip
BASES = ("CNY", "KWD", "CLF")


class Portfolio:
    """An account for each currency, with random amounts in it; what they come to in a base, by Decimal alone."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.worth = {(one, base): self._worth() for one in DECIMALS for base in BASES if one != base}
        self.lines = {one: [self.amount(one) for _ in range(3)] for one in DECIMALS}
        self.potential = {one: self.amount(one) for one in DECIMALS}
        self.cost = {one: self.amount(one) for one in DECIMALS}

    def _worth(self):
        return self.random.randint(1, 10**6) / 10**4

    def amount(self, currency):
        places = DECIMALS[currency]
        last = self.random.randint(1, 9) if places else 0  # the finest decimal counts
        return f"{Decimal(self.random.randint(10**3, 10**9) // 10 * 10 + last).scaleb(-places):.{places}f}"

    def total(self, amounts, base):
        """`amounts`: (text, currency)."""
        smallest = Decimal(1).scaleb(-DECIMALS[base])
        parts = (
            Decimal(text) * (1 if currency == base else Decimal(str(self.worth[currency, base])))
            for text, currency in amounts
        )
        return sum((part.quantize(smallest, ROUND_HALF_EVEN) for part in parts), Decimal(0))

    def arr(self, base, currencies=tuple(DECIMALS)):
        return self.total([(text, one) for one in currencies for text in self.lines[one]], base)

    async def tell(self, site):
        async def add(path, **body):
            status, answer = await site.ask("POST", path, json=body)
            assert status == 201, answer

        for (currency, base), worth in self.worth.items():
            key = f"{currency}-{base}"
            await add("/exchange-rates", id=key, currency=currency, base=base, day=iso(-500), worth=worth)
        for one in DECIMALS:
            await add("/csms", id=one, name=one, currency=one, cost_year=self.cost[one], hours_year=1_000)
            await add("/accounts", id=one, name=one, currency=one, potential=self.potential[one], csm=one)
            await add("/contracts", id=one, account=one, starts=iso(-400), ends=iso(100), currency=one)
            for number, text in enumerate(self.lines[one]):
                await add("/lines", id=f"{one}-{number}", account=one, contract=one, amount=text)
            await add("/opportunities", id=one, account=one, kind="upsell", opened_day=iso(-50), stage="won",
                      closed_day=iso(-40), amount=self.cost[one], currency=one)  # fmt: skip
            await add("/costs", id=one, day=iso(-60), category="sales", amount=self.cost[one], currency=one)


@pytest.fixture
async def told(store, request):
    made = Portfolio(getattr(request, "param", 0))
    async with fleets.site(store) as site:
        await made.tell(site)
        yield made, site


def near(total):
    return pytest.approx(float(total), rel=1e-12)


@pytest.mark.parametrize("told", range(2), indirect=True)
async def test_rates_segments_and_capacity_add_up_amounts_of_every_currency(told):
    for base in BASES:
        await compare(*told, base)


async def compare(made, site, base):
    status, answer = await site.get(f"/rates?currency={base}")
    assert status == 200, answer
    (group,) = answer["rates"]["groups"]
    assert answer["rates"]["left_out"] == []
    assert group["opening_arr"] == near(made.arr(base))
    values = {value["figure"]: value for value in group["values"]}
    bought = made.total([(text, one) for one, text in made.cost.items()], base)
    assert values["upsell_amount"]["numerator"] == near(bought)
    status, places = await site.get(f"/segments/accounts?currency={base}")
    assert status == 200, places
    for place in places["items"]:
        one = place["account"]
        assert place["arr"] == near(made.arr(base, (one,))), one
        assert place["potential"] == near(made.total([(made.potential[one], one)], base)), one
    assert sum(each["accounts"] for each in (await site.get(f"/segments?currency={base}"))[1]) == len(DECIMALS)
    status, ratios = await site.get(f"/cost-ratio?currency={base}")
    assert status == 200, ratios
    assert sum(each["arr"] for each in ratios) == near(made.arr(base))
    assert (await site.get(f"/capacity?currency={base}"))[0] == 200


async def test_a_closing_reads_the_same_sums_and_fails_for_nobody(told, store, monkeypatch):
    made, _ = told
    seen, read = {}, passes._complete

    def complete(*given):
        inputs = read(*given)
        seen[inputs.ledger.account.id] = inputs.arr
        return inputs

    monkeypatch.setattr(passes, "_complete", complete)
    closed = a_closing(store=store, processes=1).close(TODAY - 1, NOON)
    assert (closed.accounts, closed.scored, closed.failed) == (len(DECIMALS), len(DECIMALS), 0)
    with store.read() as connection:
        assert failures.count(connection) == 0
    assert {one: Decimal(arr).scaleb(-2) for one, arr in seen.items()} == {one: made.arr("CNY", (one,)) for one in seen}


WITH_AMOUNTS = {key for key, kind in KINDS.items() if kind.amounts}


async def test_the_whole_book_has_the_facts_that_each_kind_loads_alone(told, store):
    _, site = told
    body = {"id": "i", "account": "KWD", "issued_day": iso(-9), "due_day": iso(-1), "amount": "1234.567"}
    assert (await site.ask("POST", "/invoices", json=body))[0] == 201
    body = {"id": "r", "account": "KWD", "contract": "KWD", "due_day": iso(100), "outcome": "renewed",
            "decided_day": iso(-1), "amount": "0.001"}  # fmt: skip
    assert (await site.ask("POST", "/renewals", json=body))[0] == 201
    assert read_amounts(store) > 0


def read_amounts(store):
    """How many amounts the book has that are no whole hundredths; every amount is a number."""
    with store.read() as connection:
        found = book.read_book(connection, tuple(KINDS), NOW)
    facts = [*found.costs, *found.csms]
    kinds = set()
    for ledger in found.ledgers():
        facts += [ledger.account, *ledger.lines, *ledger.renewals, *ledger.opportunities, *ledger.invoices]
    amounts = []
    for said in facts:
        kind = next(kind for kind in KINDS.values() if isinstance(said, kind.model))
        kinds.add(kind.key)
        amounts += [amount for name in kind.amounts if (amount := getattr(said, name)) is not None]
        assert kind.adapter.validate_python(kind.adapter.dump_python(said, mode="json")) == said
    assert kinds == WITH_AMOUNTS
    assert {type(amount) for amount in amounts} == {int, Decimal}
    return sum(isinstance(amount, Decimal) for amount in amounts)


async def test_without_the_decoder_of_amounts_what_the_same_question_is_about_is_left_out(told, store, monkeypatch):
    """The control: bodies decoded by hand, as they were."""
    _, site = told
    by_hand = {key: lambda body, model=kind.model: model(**orjson.loads(body)) for key, kind in KINDS.items()}
    monkeypatch.setattr(book, "_LOAD", by_hand)
    status, found = await site.get("/rates")
    assert (status, "KWD" in {each["key"] for each in found["rates"]["unread"]}) == (200, True)
    with pytest.raises((AssertionError, TypeError)):
        read_amounts(store)


async def test_money_of_an_older_store_in_what_is_no_currency_is_named_and_in_no_sum(store):
    """The facts are written past the border, as stores of before have them."""
    fleets.story(store)
    with store.write() as connection:
        fleets.add(connection, "exchange_rate", money.ExchangeRate(
            id="z", currency="ZZZ", base="CNY", day=TODAY - 500, worth=2.0))  # fmt: skip
        for currency in ("ZZZ", "CNY"):
            contract = a_contract(id=currency, account="ACME", starts=TODAY - 400, ends=TODAY + 100, currency=currency)
            fleets.add(connection, "contract", contract)
            line = money.ContractLine(id=currency, account="ACME", contract=currency, amount=100_000)
            fleets.add(connection, "line", line)
    async with fleets.site(store) as site:
        report = (await site.get("/rates"))[1]["rates"]
        assert report["left_out"] == [{"currency": "ZZZ", "accounts": ["ACME"], "costs": [], "csms": []}]
        assert report["groups"][0]["opening_arr"] == 1_000, "the control: CNY alone"
        (kept,) = [one for one in (await site.get("/lines"))[1]["items"] if one["id"] == "ZZZ"]
        assert kept["amount"] == "1000.00"
        for path, field, body in (
            ("/contracts", "currency", {"id": "n", "account": "ACME", "starts": iso(0), "ends": iso(9)}),
            ("/exchange-rates", "base", {"id": "n", "currency": "EUR", "day": iso(0), "worth": 2}),
        ):
            status, answer = await site.ask("POST", path, json={**body, field: "ZZZ"})
            assert (status, answer["error"]["message"]) == (422, f"{field}: ZZZ is no currency of ISO 4217"), answer
            assert (await site.ask("POST", path, json={**body, field: "CNY"}))[0] == 201, "the control"


def test_a_base_currency_that_is_none_stops_the_start():
    with pytest.raises(ConfigurationError, match="base_currency: ZZZ is no currency of ISO 4217: write its three"):
        config.load({"base_currency": "ZZZ"})
    assert config.load({"base_currency": "KWD"}).base_currency == "KWD"
