"""`collector drift`: is what scores are made of, and what they foretell, still as it was?"""

from dataclasses import asdict

import click

from collector.accounts.ledger.facts import Basis
from collector.commands.door import Door, store_options
from collector.commands.options import Choice, language_option
from collector.language.catalogue import Language
from collector.language.drift import text
from collector.operations.drift import JudgeDrift, judge_drift


@click.command()
@click.option(
    "--basis", type=Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="Of scores of what had arrived here, or of an imported past.",
)  # fmt: skip
@language_option
@store_options
def drift(basis: Basis, lang: Language, door: Door) -> None:
    """Say whether what scores are made of, and what they foretell, is as it was.

    The newest scores, and the newest known outcomes, are compared with those before. Nothing is written.
    """
    found = asdict(door.do(judge_drift, JudgeDrift(basis=basis)))
    door.say(found, text(found, lang))
