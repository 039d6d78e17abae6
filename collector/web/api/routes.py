"""Every route of the API, once: the server registers this table, openapi.py publishes it, a test walks it."""

from collector.web.api import (
    anomalies,
    clock,
    completeness,
    ctas,
    exports,
    faults,
    fleet,
    imports,
    ledger,
    lifecycle,
    notices,
    parked,
    parked_counts,
    rates,
    robots,
    scores,
    segments,
    sessions,
    success,
    tokens,
    usage,
    webhooks,
)
from collector.web.api.routing import Route

BASE = "/api/v1"

ROUTES: tuple[Route, ...] = (
    *robots.ROUTES,
    *usage.ROUTES,
    *faults.ROUTES,
    *completeness.ROUTES,
    *fleet.ROUTES,
    *parked.ROUTES,
    *parked_counts.ROUTES,
    *tokens.ROUTES,
    *sessions.ROUTES,
    *ledger.ROUTES,
    *imports.ROUTES,
    *exports.ROUTES,
    *scores.ROUTES,
    *clock.ROUTES,
    *anomalies.ROUTES,
    *rates.ROUTES,
    *segments.ROUTES,
    *lifecycle.ROUTES,
    *ctas.ROUTES,
    *success.ROUTES,
    *webhooks.ROUTES,
    *notices.ROUTES,
)
