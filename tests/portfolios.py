"""A small portfolio in a store whose every figure can be checked by hand, beside the fleet of tests.fleets.

ACME     key account of csm-anna, reseller north: 300,000 a year since 2025, renewed early with 60,000 more; hall-7
BETA     growth, csm-ben: 80,000 a year, lost on the day before today; ktv-2, park-1
NEW      referred by ACME, 40,000 a year since two months; its robot came ten days ago
EURO     9,000 EUR a year, lapsed into the grace; 10,000 GBP for which no rate is stated
"""

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import care, money, relations, who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.accounts.lifecycle.stage import Entered
from collector.fleet.scope import account_id_of
from collector.scores import stages
from collector.store.engine import Store
from collector.success import store as success
from collector.success.priority import Situation
from collector.success.proposals import Proposal
from collector.success.store import Case
from tests.fleets import NOON, TODAY, add
from tests.plain_facts import a_contract, a_cost, a_csm, an_account
from tests.policies import PLAYBOOKS, TERMS

WAN = 1_000_000  # hundredths of ten thousand


def fill(store: Store) -> None:
    """Everything above. The story of tests.fleets must be in the store."""
    with store.write() as connection:
        add(
            connection, "csm",
            a_csm(id="csm-anna", name="Anna", team="east", cost_year=5 * WAN),
            a_csm(id="csm-ben", name="Ben", team="west", cost_year=3 * WAN, hours_year=800),
        )  # fmt: skip
        add(connection, "reseller", who.Reseller(id="north", name="North Robots"))
        accounts = (
            an_account(id="NEW", name="New Hall", csm="csm-anna", referred_by="ACME", potential=150 * WAN),
            an_account(id="EURO", name="Euro Expo", currency="EUR", csm="csm-ben"),
        )
        add(connection, "account", *accounts)
        told = [
            an_account(
                id="ACME", name="Acme Museum", industry="exhibition", scene="exhibition_hall", region="East",
                csm="csm-anna", reseller="north", brand=4, referenceable=3,
            ),
            an_account(id="BETA", name="Beta KTV", industry="hospitality", scene="ktv", csm="csm-ben"),
        ]  # fmt: skip
        writing.write(connection, KINDS["account"], told, Origin("story", NOON), TERMS)
        add(connection, "exchange_rate", money.ExchangeRate(
            id="eur", currency="EUR", base="CNY", day=TODAY - 300, worth=8.0, source="central bank"
        ))  # fmt: skip
        _contracts(connection)
        _care(connection)
        acme, beta = account_id_of(connection, "ACME"), account_id_of(connection, "BETA")
        assert acme is not None
        assert beta is not None
        stages.append(connection, {acme: Entered(TODAY - 400, "growth", "first_year")}, NOON)
        stages.append(connection, {acme: Entered(TODAY - 30, "maturity", "settled")}, NOON)
        stages.append(connection, {beta: Entered(TODAY - 1, "churn", "left")}, NOON)


def calls(store: Store) -> None:
    """Yesterday's closing found two reasons to call ACME, one to call NEW and one to call BETA."""
    rules = {
        "ACME": ("csm-anna", ("PROMISE", "RENEWAL")),
        "NEW": ("csm-anna", ("RENEWAL",)),
        "BETA": ("csm-ben", ("PROMISE",)),
    }
    evidence = {
        "PROMISE": {"promise": "promise-1", "due_day": TODAY - 3, "text": "Train the new shift."},
        "RENEWAL": {"contract": "acme-2", "due_day": TODAY + 45},
    }
    cases = []
    with store.write() as connection:
        for account, (csm, found) in rules.items():
            row_id = account_id_of(connection, account)
            assert row_id is not None
            where = Situation(
                row_id=row_id, account=account, csm=csm, arr=30 * WAN, due_day=TODAY + 45, cadence_days=90.0
            )
            proposals = tuple(
                Proposal(row_id=row_id, account=account, rule=rule, reason=rule, severity=0.9, evidence=evidence[rule])
                for rule in found
            )
            cases.append(Case(where, proposals))
        made = success.update(connection, TODAY - 1, cases, NOON, playbooks=PLAYBOOKS)
        assert len(made.opened) == 4


def _contracts(connection) -> None:
    def contract(key, account, starts, length=365, **fields):
        return a_contract(id=key, account=account, starts=TODAY + starts, ends=TODAY + starts + length - 1, **fields)

    def line(key, account, contract, amount, **fields):
        return money.ContractLine(id=key, account=account, contract=contract, amount=amount, **fields)

    add(
        connection, "contract",
        contract("A1", "ACME", -500, 490),
        contract("A2", "ACME", -20, 400, renews="A1", signed_day=TODAY - 40),
        contract("B1", "BETA", -366), contract("N1", "NEW", -60), contract("E1", "EURO", -375),
    )  # fmt: skip
    add(
        connection, "line",
        line("A1s", "ACME", "A1", 30 * WAN), line("A1h", "ACME", "A1", 99 * WAN, recurring=False, product="hardware"),
        line("A2s", "ACME", "A2", 36 * WAN), line("A2c", "ACME", "A2", WAN, for_success=True, recurring=False),
        line("B1s", "BETA", "B1", 8 * WAN), line("N1s", "NEW", "N1", 4 * WAN),
        line("E1s", "EURO", "E1", 900_000, currency="EUR"), line("E1p", "EURO", "E1", WAN, currency="GBP"),
    )  # fmt: skip
    add(connection, "renewal", money.Renewal(
        id="RB", account="BETA", contract="B1", due_day=TODAY - 2, outcome="lost", decided_day=TODAY - 5, reason="price"
    ))  # fmt: skip
    add(
        connection, "cost",
        a_cost(id="sales", day=TODAY - 50, category="sales", amount=2 * WAN),
        a_cost(id="delivery", day=TODAY - 50, category="delivery", amount=2 * WAN, gross_margin=0.6),
    )  # fmt: skip


def _care(connection) -> None:
    add(connection, "handover", care.Handover(
        id="H", account="NEW", shipped_day=TODAY - 12, csm_named_day=TODAY - 11, customer_told_day=TODAY - 5
    ))  # fmt: skip
    begun = NOON - 10 * 86_400
    add(
        connection, "onboarding",
        care.Onboarding(id="O1", account="ACME", step="account_opened", started_at=begun, done_at=begun + 1800),
        care.Onboarding(id="O2", account="ACME", step="basic_configuration", started_at=begun, done_at=begun + 20_000),
    )  # fmt: skip
    add(
        connection, "survey",
        relations.Survey(id="S1", account="ACME", day=TODAY - 30, kind="nps", score=10, answered_day=TODAY - 29),
        relations.Survey(id="S2", account="BETA", day=TODAY - 30, kind="nps"),
    )  # fmt: skip
