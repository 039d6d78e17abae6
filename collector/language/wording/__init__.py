"""The words of the newer pages by key, a module for each page: labels and heads. Sentences are the presenters'.

A template says `t('key')`; a key is in one table only. `{slots}` are filled by `t('key', slot=…)`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.wording import (
    account,
    backtest,
    bills,
    fleet,
    noted,
    people,
    policy,
    portal,
    portfolio,
    robot,
    saved,
    shell,
    skill_store,
    skills,
    store,
    today,
    tour,
)

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        **shell.TEXTS,
        **today.TEXTS,
        **tour.TEXTS,
        **account.TEXTS,
        **backtest.TEXTS,
        **bills.TEXTS,
        **noted.TEXTS,
        **people.TEXTS,
        **fleet.TEXTS,
        **portal.TEXTS,
        **portfolio.TEXTS,
        **policy.TEXTS,
        **robot.TEXTS,
        **saved.TEXTS,
        **skills.TEXTS,
        **skill_store.TEXTS,
        **store.TEXTS,
    }
)
"""All of them."""
