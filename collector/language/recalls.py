"""A recall in sentences: how many robots have proved that a package is gone, and what was told to them."""

from collector.language import figures
from collector.language.catalogue import gettext, ngettext


def gone(proved: int, robots: int, language: str) -> str:
    """Of all robots that ever were to run it."""
    if not robots:
        return gettext(language, "No robot ever had it.")
    return ngettext(
        language, "{gone} of {n} robot has proved that it is gone.",
        "{gone} of {n} robots have proved that it is gone.", robots,
        gone=figures.number(proved, language), n=figures.number(robots, language),
    )  # fmt: skip


def told(robots: int, language: str) -> str:
    """What a recall did at once."""
    return ngettext(
        language, "Recalled: {n} robot is told to run what it had before.",
        "Recalled: {n} robots are told to run what they had before.", robots, n=figures.number(robots, language),
    )  # fmt: skip
