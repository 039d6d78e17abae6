"""What the audit log writes down of an act: what it named, and never a secret."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from inspect import signature

import collector.operations
from collector.access import audit
from collector.operations.operation import Operation

NOTHING_TO_NAME = {
    "change_password", "begin_second_factor", "confirm_second_factor", "renew_recovery_codes", "remove_second_factor",
    "change_language", "sign_out", "begin_session", "check_password", "use_link",  # of whoever acts, and secrets
    "claim_deliveries", "settle_deliveries", "remove_old_rows", "copy_store",  # of the whole store
    "import_usage", "import_workbook", "preview_workbook", "found_repository", "save_view", "pair_robot", "note_report",
}  # fmt: skip


def acts():
    """(operation, name of its request, type of its request) of every one that writes and takes a request."""
    found = {}
    for module in pkgutil.walk_packages(collector.operations.__path__, "collector.operations."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, Operation) and one.writes:
                request = list(signature(one.run).parameters.values())[1]
                if request.annotation is not None:
                    found[one.name] = request
    return found


def names_something(request):
    if is_dataclass(request.annotation):
        return bool({one.name for one in fields(request.annotation)} & (audit.TOLD | {"fields"}))
    return request.annotation is int or request.name in audit.TOLD


def test_every_act_names_what_it_was_about_or_stands_on_the_list():
    silent = {name for name, request in acts().items() if not names_something(request)}
    assert silent <= NOTHING_TO_NAME, "give it a name in audit.TOLD, or a line on the list"


def test_several_calls_are_named_and_text_only_by_a_name_that_may_be_told():
    assert audit.about((3, 4), "ctas") == {"ctas": [3, 4]}
    assert audit.about("promise-1", "promise") == {"promise": "promise-1"}
    assert audit.about("s3cret", "nonce") == {}
    assert audit.about(7, "person") == {"id": 7}
