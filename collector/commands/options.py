"""Options that several commands share."""

import os
from typing import Any

import click

from collector.calendar import days
from collector.language.catalogue import LANGUAGES, SOURCE, nearest
from collector.values.texts import no_number, none_of, out_of_range


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


class Choice(click.Choice[str]):
    """Refuses another word as the API does."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002 - click's own
        return "; ".join(none_of(str(value), self.choices))


class Number(click.IntRange):
    """A whole number; refuses another one as the API does."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            number = _whole(value)
            words = no_number(str(value)) if number is None else out_of_range(number, self.min, self.max)
            self.fail("; ".join(words), param, ctx)


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except ValueError:
        return None


DAY = DayType()


def day_text(day: int | None) -> str | None:
    """The same as the API takes it."""
    return None if day is None else days.iso(day)


def of_this_terminal() -> str | None:
    """Our language that its locale names (`LANG=zh_CN.UTF-8`); None: it names none, and the collector decides."""
    said = next((text for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (text := os.environ.get(name))), "")
    return nearest(said.partition(".")[0].partition("@")[0].replace("_", "-"))


language_option = click.option(
    "--lang", type=Choice(LANGUAGES), default=SOURCE, show_default=True, help="Language of the text."
)
