"""Every operation has a door for programs: what only a page can do stands below with its reason."""

import importlib
import pkgutil
import re

import collector.operations
from collector.operations.operation import Operation
from collector.web.api.routes import ROUTES
from tests import ROOT

PAGES_ONLY = {
    "account_sheet": "its parts have routes of their own: the ledger, the score, its explanation, usage, robots, plans",
    "note_report": "counts that a customer opened its report; GET /accounts/{account}/portal-use tells it",
    "portal_sheet": "a customer's page; its robots, usage, faults, completeness have routes for a customer's token",
    "bill_desk": "its parts have routes of their own: /skill-bills, drafts, /skill-credit-notes, /skill-bills/left-off",
    "own_bills": "as bill_desk, of a customer's account",
    "named_account": "a field of GET /accounts",
    "account_noted": "its parts have routes of their own: /notes, /tags, /custom-fields, /custom-values, /attachments",
    "names_of_skills": "fields of GET /skills/catalogue",
    "default_whose": "GET /calls and GET /today without `whose` ask it",
    "keep_promise": "a correction of the promise by its day; the page's act is that with its undo",
    "reopen_promise": "as keep_promise",
    "put_back_fact": "POST of the fact's kind says it again; the page's undo knows no fields",
    "pair_robot": "asked by a robot that has no token yet: the code that it shows says who may",
    "list_owners": "two routes in one: GET /accounts and GET /deployments",
    "draft_policy": "what a form's numbers make of the policy's file; POST /scores/preview takes the file",
    "names_of": "fields of GET /accounts, /csms and /resellers",
    "table_headings": "what a form shows before it is sent: POST /import/{table}/preview answers the same",
    "robot_sheet": "its parts have routes of their own under /robots/{robot}",
    "robot_pulse": "what is pushed to an open page; GET /robots/{robot} is the same when it is asked",
    "change_password": "of a person who is signed in; a token is no person",
    "begin_second_factor": "as change_password",
    "confirm_second_factor": "as change_password",
    "renew_recovery_codes": "as change_password",
    "remove_second_factor": "as change_password",
    "unlink_company": "as change_password",
    "own_tour": "what a page shows a person until it is put away",
    "end_tour": "as own_tour",
    "own_session": "which session of the list this browser holds; a program brings a token",
    "begin_session": "a browser's session; a program brings a token",
    "caller_of_session": "as begin_session",
    "sign_out": "as begin_session",
    "key_of_sessions": "as begin_session",
    "check_password": "as begin_session",
    "check_code": "as begin_session",
    "person_of_identity": "as begin_session",
    "link_identity": "as begin_session",
    "see_link": "a link that is mailed to a person",
    "use_link": "as see_link",
    "caller_of_secret": "who brings a token is found by it on every route",
}
"""Operation -> why no route calls it."""


def operations():
    """Every operation, by name."""
    found = {}
    for module in pkgutil.walk_packages(collector.operations.__path__, "collector.operations."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, Operation):
                found[one.name] = one
    return found


def called_in(folder):
    text = "\n".join(file.read_text("utf-8") for file in (ROOT / "collector" / folder).rglob("*.py"))
    return set(re.findall(r"\w+", text))


def pages_only(routes):
    """Operations that a page or a sign-in calls, and neither a route nor a command."""
    by_route = {route.operation.name for route in routes if route.operation is not None}
    by_page = called_in("web/pages") | called_in("web/auth")
    by_program = by_route | called_in("commands")
    return {name for name in operations() if name in by_page and name not in by_program}


def test_what_a_page_can_do_a_program_can_do_or_the_list_says_why_not():
    found = pages_only(ROUTES)
    assert found == set(PAGES_ONLY), (
        "give it a route, or a line with its reason; take a line away that has become false"
    )
    assert all(reason for reason in PAGES_ONLY.values())


def test_a_page_whose_operation_loses_its_route_is_found():
    without = [route for route in ROUTES if route.path != "/overview"]
    assert pages_only(without) - set(PAGES_ONLY) == {"fleet_overview"}, "the control"
