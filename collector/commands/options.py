"""Options that several commands share."""

from typing import Any

import click

from collector.calendar import days
from collector.language.catalogue import LANGUAGES, SOURCE


class DayType(click.ParamType[int]):
    """A day of the command line, as the operations take it."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return days.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DAY = DayType()


def day_text(day: int | None) -> str | None:
    """The same as the API takes it."""
    return None if day is None else days.iso(day)


language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True, help="Language of the text."
)
