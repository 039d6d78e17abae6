"""Every route of the API, once: the server registers this table, openapi.py publishes it, a test walks it."""

from collector.web.api import (
    accounts,
    completeness,
    ctas,
    faults,
    fleet,
    ledger,
    parked,
    robots,
    routes_anomalies,
    routes_exchange,
    routes_notify,
    routes_rates,
    routes_scores,
    success,
    usage,
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
    *accounts.ROUTES,
    *ledger.ROUTES,
    *routes_exchange.ROUTES,
    *routes_scores.ROUTES,
    *routes_anomalies.ROUTES,
    *routes_rates.ROUTES,
    *ctas.ROUTES,
    *success.ROUTES,
    *routes_notify.ROUTES,
)
