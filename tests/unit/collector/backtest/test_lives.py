"""An account's ledger as a back-test sees it: what a notice is worth before its due day has come."""

import pytest

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.ledger.kinds.money import ContractLine, Renewal
from collector.accounts.ledger.view import AccountLedger
from collector.backtest.history import History
from collector.backtest.lives import life_of
from collector.backtest.outcomes import outcomes
from tests.plain_facts import a_contract, an_account
from tests.policies import CURRENCY, GRACE_DAYS

T = 20_500


def ledger(*contracts: tuple[str, int, int | None]) -> AccountLedger:
    """(contract, due day, day of the notice); 12,000 a year each."""
    return AccountLedger(
        row_id=1,
        account=an_account(id="a", name="a", timezone="UTC"),
        contracts=tuple(a_contract(id=key, account="a", starts=T - 300, ends=due) for key, due, _ in contracts),
        lines=tuple(ContractLine(id=key, account="a", contract=key, amount=1_200_000) for key, _, _ in contracts),
        renewals=tuple(
            Renewal(id=key, account="a", contract=key, due_day=due, outcome="pending", notice_day=notice)
            for key, due, notice in contracts
            if notice is not None
        ),
    )


@pytest.mark.parametrize(
    ("contracts", "lost"),
    [
        ([("k", T + 200, T - 10)], [(T - 10, 1_200_000)]),
        ([("k", T + 50, None), ("later", T + 200, T - 10)], [(T - 10, 1_200_000)]),  # it is not the next one due
        ([("k", T + 200, T - 10), ("same", T + 200, T - 5)], [(T - 10, 2_400_000)]),
        ([("k", T + 200, T + 1)], []),  # nobody knows it yet
        ([("k", T + 200, None)], []),
    ],
)
def test_notice_before_a_due_day_after_the_data_is_a_loss_of_what_the_contract_is_worth(contracts, lost):
    life = life_of(ledger(*contracts), T, Rates(CURRENCY, {}), GRACE_DAYS)
    assert [(one.loss_day, one.arr) for one in life.endings if one.kept is False] == lost
    bands = {"a": [(T - 10 - 90, "green")]}
    said = outcomes(History(rows=(), lives={"a": life}, through_day=T, bands=bands, basis="arrived", policy=()))
    assert said.churned_arr == sum(arr for _, arr in lost)
    assert said.watermelon_rate == (1.0 if lost else None)
