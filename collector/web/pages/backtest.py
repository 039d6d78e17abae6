"""The back-test's page: the newest one with its hour, one under way with its progress, and the proposal as a file."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, get_args

from aiohttp import web

from collector.access.caller import CLOSERS
from collector.accounts.ledger.facts import Basis
from collector.backtest.background import BacktestRun
from collector.backtest.history import WINDOW_DAYS
from collector.backtest.report import MeasureRank, OfLead, Outcomes, Predictor
from collector.language import backtest as told
from collector.language import backtest_page as sentences
from collector.language import figures, names, policy_proposal
from collector.language.pages import Words
from collector.operations import kept_backtest
from collector.operations.backtest import ProposedPolicy
from collector.operations.kept_backtest import KeptBacktest, StartBacktest
from collector.values.refusal import Refused
from collector.web.api.routing import Call
from collector.web.errors import BadRequest, problem_of
from collector.web.pages import policy, shell, shown
from collector.web.pages.forms import fields_of_staff
from collector.web.pages.rendering import page, render, visit

HERE = "/portfolio/backtest"
FILE = "policy-proposed.toml"
BASES: tuple[Basis, ...] = get_args(Basis)
_STEPS = {"fit": "step_fit", "preview": "step_preview"}
_FAILED = {"no_scores": "backtest_no_scores", "store": "backtest_no_store", "stopped": "backtest_stopped"}


def add_to(app: web.Application) -> None:
    app.router.add_get(HERE, page("backtest.html", backtest_page, inside=True))
    app.router.add_post(HERE, begun)
    app.router.add_get(f"{HERE}/run", run_shown)
    app.router.add_get(f"{HERE}/{FILE}", proposed_file)


async def backtest_page(call: Call, words: Words) -> dict[str, Any]:
    run = await call.do(kept_backtest.backtest_progress, None)
    answer = await call.parts.do(kept_backtest.kept_backtest, call.context, None)
    if isinstance(answer, Refused) and answer.kind != "not_found":
        raise problem_of(answer)
    found = None if isinstance(answer, Refused) else answer
    return {
        "run": _run(run, words),
        "failed": _failed(run, words),
        "may_begin": call.caller.may(CLOSERS),
        "bases": [{"value": one, "text": words(f"basis_{one}")} for one in BASES],
        "basis": BASES[0] if found is None else found.report.basis,
        "found": None if found is None else await _found(call, found, words),
    }


async def begun(request: web.Request) -> web.StreamResponse:
    """Begin one; the page shows how far it is."""
    call, fields = await fields_of_staff(request)
    basis = next((one for one in BASES if one == fields.get("basis")), None)
    if basis is None:
        raise BadRequest("the form names no kind of scores", "send the page's own form")
    await call.do(kept_backtest.start_backtest, StartBacktest(basis=basis))
    raise web.HTTPSeeOther(HERE)


async def run_shown(request: web.Request) -> web.StreamResponse:
    """The progress alone, asked for by the page while one is under way; when it is over the page is loaded anew."""
    call, csrf = await visit(request, inside=True)
    words = shell.words_of(request)
    run = _run(await call.do(kept_backtest.backtest_progress, None), words)
    if "HX-Request" not in request.headers:
        raise web.HTTPSeeOther(HERE)
    if run is None:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    return render(request, "backtest_run.html", words, caller=call.caller, csrf=csrf, run=run)


async def proposed_file(request: web.Request) -> web.StreamResponse:
    """The proposed policy's file, for the setting `health_policy`."""
    call, _ = await visit(request, inside=True)
    found = await call.do(kept_backtest.kept_backtest, None)
    if found.proposal is None:
        raise problem_of(Refused("nothing is proposed", kept_backtest.BEGIN, "not_found"))
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"', "Cache-Control": "no-store"}
    return web.Response(text=found.proposal.proposal.policy, content_type="application/toml", headers=headers)


def _run(run: BacktestRun, words: Words) -> dict[str, Any] | None:
    """How far it is, in words; None: none is under way."""
    if run.state != "running":
        return None
    step = "step_judge" if run.step.startswith("lead") else _STEPS.get(run.step, "step_rows")
    return {"step": words(step), "done": run.done, "of": run.of or None}


def _failed(run: BacktestRun, words: Words) -> str:
    """Why the last one came to nothing; "": it did not."""
    if run.state != "failed":
        return ""
    return words(_FAILED.get(run.failure, "backtest_bug"))


async def _found(call: Call, kept: KeptBacktest, words: Words) -> dict[str, Any]:
    report, language = kept.report, words.language
    leads = {str(one.lead): one for one in report.leads}
    chosen = call.request.query.get("lead", "")
    lead = leads.get(chosen) or report.leads[0]
    as_json = asdict(report)
    return {
        "headline": sentences.headline(as_json["outcomes"], language),
        "made": sentences.made(shown.moment(kept.made_at, call.now_s, words), kept.by, language),
        "basis": words(f"basis_{report.basis}"),
        "made_of": sentences.made_of(as_json, words(f"basis_{report.basis}"), language),
        "notes": [told.note(one, language) for one in report.notes],
        "outcomes": _outcomes(report.outcomes, kept.currency, words),
        "leads": [
            {"href": f"{HERE}?lead={one.lead}#ranks", "text": words.number(one.lead), "current": one is lead}
            for one in report.leads
        ],
        "lead": _lead(lead, report.budget, words),
        "proposal": None if kept.proposal is None else await _proposal(call, kept.proposal, words),
        "no_proposal": kept.no_proposal,
        "too_few": sentences.few_losses(kept.losses, kept.needed, language),
    }  # fmt: skip


def _outcomes(found: Outcomes, currency: str, words: Words) -> dict[str, Any]:
    language, said = words.language, asdict(found)

    def share(value: float | None) -> str:
        return told.percent(value, language)

    flips = found.band_flips_per_account_year
    return {
        "losses": words.number(found.warned),
        "of_losses": sentences.of_losses(found.losses, language),
        "stayers": share(found.stayers_warned_share),
        "stayers_line": sentences.stayers(said, language),
        "watermelons": share(found.watermelon_rate),
        "watermelons_line": sentences.watermelons(said, currency, language),
        "renewed": share(found.red_renewed_share),
        "renewed_line": sentences.renewed(said, language),
        "flips": "–" if flips is None else figures.number(flips, language, 1),
    }


def _lead(one: OfLead, budget: float, words: Words) -> dict[str, Any]:
    language, probability, said = words.language, one.calibration, asdict(one)
    sure = probability.enough and probability.brier is not None and probability.brier_constant is not None
    return {
        "nothing": "" if one.rows else sentences.nothing(said, WINDOW_DAYS, language),
        "rows": sentences.rows(said, language),
        "split": sentences.split(said, language),
        "first_calls": sentences.first_calls(said["first_calls"], language),
        "share": figures.percent(budget, language),
        "predictors": [_predictor(each, language) for each in one.predictors],
        "measures": [_measure(each, words) for each in one.measures],
        "probability": sentences.probability(probability.brier or 0.0, probability.brier_constant or 0.0, language)
        if sure
        else sentences.no_probability(probability.losses, probability.needed, language),
        "miscalibrated": sure and probability.miscalibrated,
        "bins": [
            {
                "range": f"{figures.percent(each.low, language)}–{figures.percent(each.high, language)}",
                "rows": words.number(each.rows),
                "foretold": figures.percent(each.foretold, language, 1),
                "happened": figures.percent(each.happened, language, 1),
            }
            for each in probability.table
        ],
    }


def _predictor(one: Predictor, language: str) -> dict[str, str]:
    return {
        "name": told.predictor(one.name, language),
        "is_score": "yes" if one.name == "score" else "",
        "auc": told.interval(asdict(one.auc), language),
        "auc_due": told.interval(asdict(one.auc_due), language),
        "lift": "–" if one.lift is None else f"{figures.number(one.lift, language, 1)} ×",
        "found": told.percent(one.recall, language),
        "better": "" if one.beaten_by is None else told.interval(asdict(one.beaten_by), language, signed=True),
    }


def _measure(one: MeasureRank, words: Words) -> dict[str, str]:
    within = one.auc_within
    return {
        "name": names.measure(one.measure, words.language),
        "code": one.measure,
        "auc": told.interval(asdict(one.auc), words.language),
        "within": "–" if within is None else figures.number(within, words.language, 3),
        "rows": words.number(one.rows),
        "says": words(f"says_{one.says}"),
        "look": {"ranks": "", "nothing": "warn", "reversed": "bad"}[one.says],
    }


async def _proposal(call: Call, found: ProposedPolicy, words: Words) -> dict[str, Any]:
    language, one = words.language, found.proposal
    changed = {each.key.split(".")[1] for each in one.changes if each.key.startswith("measures.")}
    judged: Mapping[str, Any] = asdict(one)
    return {
        "says": policy_proposal.says(one.says, language),
        "is_warning": one.says in {"worse", "no_better", "same"},
        "judged_on": policy_proposal.judged_on(judged, language),
        "better_by": told.interval(asdict(one.better_by), language, signed=True),
        "rows": [
            {
                "name": policy_proposal.which(word, language),
                "auc": told.interval(asdict(ranked.auc), language),
                "lift": "–" if ranked.lift is None else f"{figures.number(ranked.lift, language, 1)} ×",
                "found": told.percent(ranked.recall, language),
            }
            for word, ranked in (("present", one.by_present), ("proposed", one.by_proposed))
        ],
        "factors": [
            {"name": names.measure(name, language), "code": name, "factor": f"× {figures.number(factor, language, 2)}"}
            for name, factor in sorted(one.factors.items(), key=lambda item: -item[1])
            if name in changed
        ],
        "not_judged": policy_proposal.not_judged(one.not_judged, language),
        "file": f"{HERE}/{FILE}" if one.changes else "",
        "hash": one.proposed[:8],
        "effect": await policy.effect_of(call, found.effect, words),
    }
