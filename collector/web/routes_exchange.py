"""The routes of import, export, webhooks and notices."""

from collector.web.routing import Route

ROUTES: tuple[Route, ...] = ()
