"""Options that several commands share."""

import click

from collector.language.catalogue import LANGUAGES, SOURCE

language_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default=SOURCE, show_default=True, help="Language of the text."
)
