"""The routes of scores. Only for the inside: a customer sees none of it."""

from http import HTTPStatus

from collector.access.caller import INSIDE, WRITERS
from collector.closing.runs import Run
from collector.scores.evidence import Explained
from collector.values.paging import Page
from collector.web.api import parameters_scores as p
from collector.web.api import scores
from collector.web.api.routing import Route
from collector.web.api.scores import Score, ScoreNow

TAG = "scores"
ROUTES: tuple[Route, ...] = (
    Route("GET", "/scores", TAG, "Scores of one day", Page[Score], scores.list_scores, p.ScoresQuery, roles=INSIDE),
    Route("GET", "/scores/run", TAG, "How far a run is", Run, scores.scores_run, roles=INSIDE),
    Route(
        "POST", "/scores/run", TAG, "Close days and score them", Run, scores.run_scores, body=p.RunBody,
        roles=WRITERS, status=HTTPStatus.ACCEPTED,
    ),
    Route(
        "GET", "/accounts/{account}/score", TAG, "An account's score", ScoreNow, scores.account_score, p.ScoreQuery,
        roles=INSIDE,
    ),
    Route(
        "GET", "/accounts/{account}/scores", TAG, "Every version of an account's scores", list[Score],
        scores.account_scores, p.ScoreHistoryQuery, roles=INSIDE,
    ),
    Route(
        "GET", "/accounts/{account}/explanation", TAG, "A score explained", Explained, scores.account_explanation,
        p.ExplanationQuery, roles=INSIDE,
    ),
)  # fmt: skip
