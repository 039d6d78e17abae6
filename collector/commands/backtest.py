"""`collector backtest`: would the score have told who leaves, in time and without looking ahead?"""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click
from click.core import ParameterSource

from collector.accounts.ledger.facts import Basis
from collector.backtest import chart
from collector.backtest.history import EvaluationSettings
from collector.backtest.report import Report
from collector.commands.door import Door, store_options
from collector.commands.options import Choice, Number, language_option
from collector.context import Policies
from collector.exchange.errors import BadFile
from collector.language import policy_proposal
from collector.language.backtest import text
from collector.language.catalogue import Language
from collector.operations import backtest as operations

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PICTURES: dict[str, Callable[..., str | bytes]] = {".svg": chart.svg, ".png": chart.png}

_EPILOG = """\b
collector backtest                     the store's own scores, as they stood
collector backtest --basis recorded    an imported past
collector backtest --accounts a.csv --contracts c.csv --usage u.csv
collector backtest --propose weights.toml
\b
Columns of the three files (CSV or XLSX, any order; * must be there):
  accounts   account*, industry, scene, region, open_weekdays (1111110)
  contracts  account*, starts*, ends*, amount* (a year), contract,
             outcome (renewed, partial, lost), decided_day, notice_day,
             auto_renews, terminated_day, renews
  usage      account*, day*, robot, and a column for each counter
             (interaction, delivery …), or counter and value.
             No row: unknown; empty: not counted; 0: a true zero.
\b
How to read it:
  AUC        chance that of two accounts the one that left was ranked
             riskier; 0.5 is chance. "due in window" compares only
             accounts that had a contract to renew.
  lift       losses among the riskiest 10 % over losses among all
  ARR found  churned revenue of the accounts that the alert budget would
             have reached
  watermelon churned revenue that was green 90 days before
A probability is shown after 50 past non-renewals; before: not enough history.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--basis", type=Choice(["arrived", "recorded"]), default="arrived", show_default=True,
    help="Scores of what had arrived here (honest), or of what the source systems knew (an imported past).",
)  # fmt: skip
@click.option("--accounts", type=_FILE, help="Instead of a store: a table of accounts …")
@click.option("--contracts", type=_FILE, help="… their contracts …")
@click.option("--usage", type=_FILE, help="… and their usage.")
@click.option("--policy", "policy_file", type=_FILE, help="Score the three files by this policy file.")
@click.option("--lead", "leads", type=Number(1, 365), multiple=True, help="Days ahead; default 30, 60, 90.")
@click.option("--budget", type=click.FloatRange(0.01, 1.0), default=0.10, show_default=True, help="Share to alert.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of resampling: the same seed, the same report.")
@click.option("--resamples", type=Number(20, 5000), default=300, show_default=True, help="Of the accounts.")
@click.option(
    "--propose",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Fit weights on the store's own losses; write a policy file that a person may adopt.",
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Also draw it: a .png or .svg file.")
@language_option
@store_options
def backtest(
    basis: Basis, accounts: Path | None, contracts: Path | None, usage: Path | None, policy_file: Path | None,
    leads: tuple[int, ...], budget: float, seed: int, resamples: int, propose: Path | None, plot: Path | None,
    lang: Language, door: Door,
) -> None:  # fmt: skip
    """Judge the health score by what happened: would it have told who does not renew, 30, 60, 90 days ahead?

    One row per account and 28 days; a row foretells a notice, or a due day without renewal, in the 90 days after the
    lead. Whatever is compared and needs fitting is fitted on other accounts and an earlier time.
    """
    if plot is not None and plot.suffix.lower() not in _PICTURES:
        raise click.UsageError("--plot draws a .png or an .svg file")
    evaluation = EvaluationSettings(
        leads=tuple(sorted(set(leads))) or EvaluationSettings().leads, budget=budget, seed=seed, resamples=resamples
    )
    if propose is not None:
        if accounts or contracts or usage or policy_file or plot:
            raise click.UsageError("--propose goes with a store's own scores: without files, --policy and --plot")
        return _proposed(door, basis, evaluation, propose, lang)
    report: Report
    if accounts and contracts and usage:
        if click.get_current_context().get_parameter_source("store") is ParameterSource.COMMANDLINE:
            raise click.UsageError("give --store or the three files, not both")
        wanted = operations.BacktestFiles(
            accounts=accounts, contracts=contracts, usage=usage, evaluation=evaluation, progress=_progress
        )
        report = operations.backtest_files(Policies(door.by_policy(policy_file).settings), wanted)
    elif accounts or contracts or usage:
        raise click.UsageError("a back-test of files takes all three: --accounts, --contracts and --usage")
    elif policy_file:
        raise click.UsageError("--policy scores files; a store's scores were made by its own policies")
    else:
        asked = operations.BacktestScores(basis=basis, evaluation=evaluation, progress=_progress)
        report = door.do(operations.backtest_scores, asked)
    _told()
    if plot is not None:
        drawn = _PICTURES[plot.suffix.lower()](report, lang)
        try:
            plot.write_bytes(drawn if isinstance(drawn, bytes) else drawn.encode())
        except OSError as error:
            raise BadFile(f"{plot} cannot be written ({error.strerror}): give --plot another place") from error
    found = asdict(report)
    return door.say(found, text(found, lang))


def _proposed(door: Door, basis: Basis, evaluation: EvaluationSettings, file: Path, lang: Language) -> None:
    wanted = operations.ProposePolicy(basis=basis, evaluation=evaluation, progress=_progress)
    found = asdict(door.do(operations.propose_policy, wanted))
    _told()
    try:
        file.write_text(found["proposal"]["policy"], encoding="utf-8")
    except OSError as error:
        raise BadFile(f"{file} cannot be written ({error.strerror}): give --propose another place") from error
    door.say(found, policy_proposal.text_of(found, str(file), lang))


def _told() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def _progress(step: str, done: int, of: int) -> None:
    """One line that changes, for somebody who waits; nothing in a log."""
    if sys.stderr.isatty():
        click.echo(f"\r{step} {done + 1} of {of}\033[K" if of else f"\r{step} …\033[K", err=True, nl=False)
