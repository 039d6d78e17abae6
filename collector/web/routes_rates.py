"""The routes of rates, segments, capacity, lifecycle and activation."""

from collector.web.routing import Route

ROUTES: tuple[Route, ...] = ()
