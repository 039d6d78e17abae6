"""What an exception's evidence says, in one clause, English and Chinese. Pure.

The keys are those of health.exceptions; a clause is made of what is there, so an old stored score still reads.
"""

from collections.abc import Mapping

from collector.health.model import Cap
from collector.health.words import Lang


def evidence_text(cap: Cap, robots: Mapping[int, str], lang: Lang) -> str:
    """"""
    return ""
