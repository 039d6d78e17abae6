"""The words of the newer pages by key, a module for each page: labels and heads. Sentences are the presenters'.

A template says `t('key')`; a key is in one table only. `{slots}` are filled by `t('key', slot=…)`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.wording import account, fleet, people, policy, portfolio, robot, shell, skills, today

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        **shell.TEXTS,
        **today.TEXTS,
        **account.TEXTS,
        **people.TEXTS,
        **fleet.TEXTS,
        **portfolio.TEXTS,
        **policy.TEXTS,
        **robot.TEXTS,
        **skills.TEXTS,
    }
)
"""All of them."""
