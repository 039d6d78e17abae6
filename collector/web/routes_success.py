"""The routes of calls to action, playbooks, suggestions and success plans."""

from collector.web.routing import Route

ROUTES: tuple[Route, ...] = ()
