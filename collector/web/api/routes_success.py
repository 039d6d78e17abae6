"""The routes of calls to action, playbooks, briefs, success plans and suggestions."""

from http import HTTPStatus

from collector.success.brief import Brief
from collector.success.ctas import Cta, CtaWithHistory, Precision
from collector.success.plans import Plans
from collector.success.suggestions import Suggestions
from collector.values.paging import Page
from collector.web.api import parameters_success as p
from collector.web.api import success
from collector.web.api.routing import INSIDE, WRITERS, Route

_CTA = "calls to action"
_SUCCESS = "success"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/ctas", _CTA, "Calls to action, the most urgent first", Page[Cta], success.list_ctas, p.CtasQuery,
          roles=INSIDE),
    Route("POST", "/ctas", _CTA, "Set one by hand", CtaWithHistory, success.add_cta, body=p.CtaBody, roles=WRITERS,
          status=HTTPStatus.CREATED),
    Route("GET", "/ctas/precision", _CTA, "How often each rule was useful; flagged below half", list[Precision],
          success.cta_precision, roles=INSIDE),
    Route("GET", "/ctas/{cta}", _CTA, "One of them with its tasks and history", CtaWithHistory, success.one_cta,
          roles=INSIDE),
    Route("POST", "/ctas/{cta}/close", _CTA, "Close one: its outcome, and whether it was useful", CtaWithHistory,
          success.close_cta, body=p.CloseBody, roles=WRITERS),
    Route("POST", "/ctas/{cta}/snooze", _CTA, "Put one away until a day", CtaWithHistory, success.snooze_cta,
          body=p.SnoozeBody, roles=WRITERS),
    Route("POST", "/ctas/{cta}/assign", _CTA, "Give one to a CSM", CtaWithHistory, success.assign_cta,
          body=p.AssignBody, roles=WRITERS),
    Route("POST", "/ctas/{cta}/tasks/{step}/done", _CTA, "Tick a step of the playbook off", CtaWithHistory,
          success.finish_task, roles=WRITERS),
    Route("GET", "/playbooks", _CTA, "The rules of calls to action and their steps", list[success.Playbook],
          success.list_playbooks, roles=INSIDE),
    Route("GET", "/accounts/{account}/brief", _SUCCESS, "Before a touch: what changed, what was promised, what to ask",
          Brief, success.account_brief, p.DayQuery, roles=INSIDE),
    Route("GET", "/accounts/{account}/plans", _SUCCESS, "Success plans, tracked from what the robots counted", Plans,
          success.account_plans, p.DayQuery, roles=INSIDE),
    Route("GET", "/accounts/{account}/suggestions", _SUCCESS,
          "What places like this one with high use have and use, and it lacks", Suggestions,
          success.account_suggestions, p.DayQuery, roles=INSIDE),
)  # fmt: skip
