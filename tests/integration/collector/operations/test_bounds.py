"""Texts that are too long are refused by the operation, in one wording for every door."""

import io

import pytest

from collector import config, context
from collector.access.caller import COMMAND_LINE
from collector.calendar import days
from collector.context import Services
from collector.operations import closing, ctas, imports, parked, parked_counts
from collector.values.refusal import Refused
from tests.fleets import NOON


def _table(**more):
    return imports.ImportTable(table="accounts", file=io.BytesIO(b"id,name\nA1,One\n"), **more)


def _usage(**more):
    return imports.ImportUsage(file=io.BytesIO(b"account,robot,day,counter,value\n"), **more)


LONG = [
    ("rule", 40, ctas.list_ctas, lambda text: ctas.ListCtas(rule=text, limit=1)),
    ("owner", 120, ctas.list_ctas, lambda text: ctas.ListCtas(owner=text, limit=1)),
    ("account", 120, ctas.list_ctas, lambda text: ctas.ListCtas(account=text, limit=1)),
    ("account", 120, ctas.add_cta, lambda text: ctas.AddCta(account=text, title="Call them")),
    ("robot", 200, parked.list_parked, lambda text: parked.ListParked(robot=text, limit=1)),
    ("robot", 200, parked_counts.list_parked_counts, lambda text: parked_counts.ListParkedCounts(robot=text, limit=1)),
    ("name", 200, imports.import_table, lambda text: _table(name=text)),
    ("sheet", 31, imports.import_table, lambda text: _table(sheet=text)),
    ("encoding", 40, imports.import_table, lambda text: _table(encoding=text)),
    ("timezone", 64, imports.preview_import, lambda text: _table(timezone=text)),
    ("sheet", 31, imports.import_usage, lambda text: _usage(sheet=text)),
    ("encoding", 40, imports.import_usage, lambda text: _usage(encoding=text)),
]


@pytest.mark.parametrize(
    ("field", "most", "act", "wanted"), LONG, ids=[f"{number}-{field}" for number, (field, *_) in enumerate(LONG)]
)
def test_a_text_that_is_too_long_is_refused_by_the_operation(store, field, most, act, wanted):
    asked = context.of(config.load({}), store, lambda: NOON, COMMAND_LINE)
    refused = act(asked, wanted("x" * (most + 1)))
    assert isinstance(refused, Refused)
    assert (refused.reason, refused.kind) == (f"{field}: {most + 1} characters are more than {most}", "unprocessable")
    answer = act(asked, wanted("x" * most))
    assert not isinstance(answer, Refused) or "characters are more than" not in answer.reason, "the control"


def test_text_that_is_not_utf_8_is_refused_with_a_remedy(store):
    """Bytes of a command line that are no UTF-8 reach Python as lone surrogates, which no database takes."""
    asked = context.of(config.load(), store, lambda: NOON, COMMAND_LINE)
    wanted = ctas.CloseCta(cta=1, outcome="resolved", useful=True, note="caf\udce9")
    assert str(ctas.close_cta(asked, wanted)) == "note: it is not UTF-8; write it as UTF-8 text"
    assert ctas.snooze_cta(asked, ctas.SnoozeCta(cta=1, until_day=0, note="caf\udce9")).kind == "unprocessable"
    assert "not UTF-8" not in str(
        ctas.close_cta(asked, ctas.CloseCta(cta=1, outcome="other", useful=True, note="café"))
    )


class Begun:
    """The closings of a process: it takes every day as over, and notes what it was asked to begin."""

    def __init__(self):
        self.closing, self.asked, self.thread, self.is_busy = self, [], self, False

    def require_over(self, day, now_s):
        pass

    def start(self, asked):
        self.asked.append((asked.first, asked.last))
        return asked


@pytest.mark.parametrize(("length", "refused"), [(800, False), (801, True)])
def test_a_process_that_serves_closes_at_most_800_days_at_one_request(store, length, refused):
    runs = Begun()
    asked = context.of(config.load(), store, lambda: NOON, COMMAND_LINE, Services(runs=runs))
    first = days.parse("2023-01-01")
    answer = closing.start_closing(asked, closing.CloseDays(first=first, last=first + length - 1, basis="arrived"))
    assert isinstance(answer, Refused) is refused
    assert len(runs.asked) == (0 if refused else 1)
