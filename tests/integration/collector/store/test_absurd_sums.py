"""A store of a release that saturated sums: they are parked by name, their days rolled up again, nothing fails."""

import contextlib

import orjson
import pytest
from sqlalchemy import text

from collector.fleet import usage
from collector.fleet.counts import Counted, NotCounted
from collector.fleet.scope import EVERYTHING
from collector.store.engine import open_store
from tests.databases import older_store

SATURATED, BEYOND = 2**63 - 1, 10_808_639_105_689_190_400
ROWS = (
    "INSERT INTO robot (name, first_seen_at) VALUES ('r1', 1000), ('r2', 1000)",
    (
        "INSERT INTO usage_day (day, robot_id, totals, hours, covered, covered_s, imported) VALUES "
        f'(10, 1, \'{{"wake_up":{BEYOND},"faces":7}}\', \'{{"wake_up":[{BEYOND}],"faces":[7]}}\', \'[]\', 60, NULL), '
        f"(11, 1, '{{\"faces\":1000000000000}}', NULL, NULL, 60, '{{\"dance\":{SATURATED}}}'), "
        f"(10, 2, '{{\"wake_up\":{SATURATED}}}', NULL, NULL, 60, NULL)"
    ),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_older_stores_absurd_sums_are_parked_by_name_and_its_sums_are_told(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    with (
        older_store(kind, tmp_path, server, "0011", ROWS) as url,
        contextlib.closing(open_store(url)) as store,
        store.read() as connection,
    ):
        parked = connection.execute(text("SELECT robot_id, day, counter, amount, state FROM parked_count ORDER BY id"))
        assert sorted(parked.all()) == [
            (1, 10, "wake_up", str(BEYOND), "waiting"), (1, 11, "dance", str(SATURATED), "waiting"),
            (2, 10, "wake_up", str(SATURATED), "waiting"),
        ]  # fmt: skip
        kept = connection.execute(text("SELECT totals, hours FROM usage_day WHERE day = 10 AND robot_id = 1")).one()
        assert [orjson.loads(one) for one in kept] == [{"faces": 7}, {"faces": [7]}]
        late = connection.execute(text("SELECT day, robot_id FROM late_day ORDER BY day, robot_id")).all()
        assert late == [(10, 1), (10, 2), (11, 1)]
        told = usage.sums(connection, EVERYTHING, from_day=10, to_day=11, counters=["wake_up", "faces", "dance"])
        assert told[0].counts["wake_up"] == NotCounted(None, "waiting")
        assert told[0].counts["faces"] == Counted(7)
        assert told[0].uncounted == {"wake_up": str(BEYOND + SATURATED)}
        assert told[1].counts["faces"] == Counted(10**12), "within the limit of a day it stays"
