"""The routes of the accounts' ledger."""

from collector.web.routing import Route

ROUTES: tuple[Route, ...] = ()
