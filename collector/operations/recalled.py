"""Whether a package was recalled. There are two ways to do that, and whoever asks is answered here of both."""

from collector.context import Context
from collector.operations.skill_repository import listed_recalls
from collector.skillstore.recalled import recalled_by_people


def recalled_digests(context: Context) -> frozenset[str]:
    """Packages that the signed list names, or that people took from every robot. Raises Refusal."""
    return listed_recalls(context) | context.read(recalled_by_people)
