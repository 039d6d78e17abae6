"""The routes of scores, explanations, anomalies and incidents."""

from collector.web.routing import Route

ROUTES: tuple[Route, ...] = ()
