"""The effect of another policy, without writing: what it says is what a closing by it then makes."""

import json

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from collector.__main__ import main_group
from collector.accounts.ledger.kinds import who
from collector.built_in import HEALTH_FILE
from collector.calendar import days
from collector.closing.preview import preview
from collector.health.policy.file import Policy
from collector.language.policy_effect import text_of
from collector.scores import scores
from collector.store.tables.fleet import metadata
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import NOON, T

TEXT = HEALTH_FILE.read_text(encoding="utf-8")
STRICT = TEXT.replace("green_from = { value = 70.0", "green_from = { value = 99.9").replace(
    "grey_below = { value = 0.6,", "grey_below = { value = 0.1,"
)
EARLY = TEXT.replace("first_day = { value = 14,", "first_day = { value = 5,")


@pytest.fixture
def fleet(store):
    """Three accounts in use, and one whose robot came a week ago and has done nothing."""
    for name in ("ACME", "BETA", "CENTO"):
        p.add_account(store, name, [name.lower()], scene="exhibition_hall", industry="museum")
        p.use(store, name.lower(), range(T - 99, T + 1))
    p.add_account(store, "DULL", [], scene="exhibition_hall")
    said = who.Deployment(id="DULL-1", account="DULL", robot="dull", from_day=T - 7)
    p.write(store, "deployment", said)
    p.use(store, "dull", range(T - 7, T + 1), {"interaction": 0})
    a_closing(store).run(NOON)


def rows(store) -> dict[str, int]:
    with store.read() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) for name, table in metadata.tables.items()
        }


@pytest.mark.usefixtures("fleet")
def test_what_a_preview_says_is_what_a_closing_by_that_policy_makes(store):
    before = rows(store)
    strict = Policy.load(STRICT)
    found = preview(a_closing(store), strict, NOON + 60)
    assert rows(store) == before, "nothing is written"
    a_closing(store, policy=strict).close(T, NOON + 60, again=True)
    with store.read() as connection:
        made = {line.account: (line.band, line.final) for line in scores.lines(connection, T, "arrived")}
    assert found.scored == len(made) == 4
    assert {one.account: (one.band_after, one.final_after) for one in found.accounts} == made
    assert {one.band_before for one in found.accounts} == {"grey"}
    assert found.bands_before == {"grey": 4}
    assert sum(found.band_changes.values()) == 4


@pytest.mark.usefixtures("fleet")
def test_calls_that_would_open_are_named_with_the_hours_that_such_calls_took(store):
    found = preview(a_closing(store), Policy.load(EARLY), NOON + 60)
    assert found.calls_opened == {"STALL": 1}
    assert [(one.account, one.calls_opened) for one in found.accounts] == [("DULL", ["STALL day_14"])]
    assert (found.hours_per_call, found.hours_opened) == (None, None)
    for key, occasion, hours in (("a", "reactive", 1.0), ("b", "data_driven", 2.0), ("c", "planned", 9.0)):
        p.write(store, "touch", p.touch(key, "ACME", T - 3, occasion=occasion, hours=hours))
    found = preview(a_closing(store), Policy.load(EARLY), NOON + 60)
    assert (found.hours_per_call, found.hours_opened, found.hours_closed) == (1.5, 1.5, 0)
    back = preview(a_closing(store, policy=Policy.load(EARLY)), Policy.load(TEXT), NOON + 60)
    assert back.calls_closed == {"STALL": 1}
    assert back.hours_closed == 1.5


@pytest.mark.usefixtures("fleet")
def test_the_same_policy_changes_nothing(store):
    found = preview(a_closing(store), Policy.load(TEXT), NOON + 60)
    assert (found.accounts, found.band_changes, found.calls_opened, found.calls_closed) == ([], {}, {}, {})


def test_without_a_scored_day_there_is_nothing_to_preview(store):
    assert preview(a_closing(store), Policy.load(STRICT), NOON) is None


@pytest.mark.usefixtures("fleet")
def test_the_command_says_it_and_refuses_a_policy_that_is_wrong(store, store_url, tmp_path):
    store.close()
    file = tmp_path / "policy.toml"
    file.write_text(STRICT, encoding="utf-8")
    said = CliRunner().invoke(main_group, ["preview", str(file), "--store", store_url])
    assert "4 accounts scored by both policies, 4 would change." in said.stdout
    plain = json.loads(CliRunner().invoke(main_group, ["preview", str(file), "--store", store_url, "--json"]).stdout)
    assert len(plain["accounts"]) == 4
    file.write_text(TEXT.replace("green_from", "gren_from"), encoding="utf-8")
    wrong = CliRunner().invoke(main_group, ["preview", str(file), "--store", store_url])
    assert "gren_from" in str(wrong.exception)


def test_a_band_that_waits_for_its_second_day_is_said_to_change_then(store):
    """ACME is green; by a border above what its band rests on it waits a day: the next closing makes it yellow."""
    p.add_account(store, "ACME", ["acme"], scene="exhibition_hall", industry="museum")
    p.use(store, "acme", range(T - 99, T + 2))
    known = TEXT.replace("grey_below = { value = 0.6,", "grey_below = { value = 0.1,").replace(
        "green_from = { value = 0.75,", "green_from = { value = 0.1,"
    )
    present = Policy.load(known)
    closing = a_closing(store, policy=present)
    closing.close(T - 1, NOON)
    closing.close(T, NOON)
    with store.read() as connection:
        (line,) = scores.lines(connection, T, "arrived")
        rests_on = scores.as_of(connection, line.account_id, T, "arrived", None).scored.assured
    assert line.band == "green"
    just_above = known.replace("green_from = { value = 70.0", f"green_from = {{ value = {rests_on + 0.3:.1f}")
    found = preview(closing, Policy.load(just_above), NOON + 60)
    (one,) = found.accounts
    assert (one.band_after, one.band_settled, found.band_changes, found.waiting) == ("green", "yellow", {}, 1)
    assert "1 more account would change band" in text_of(orjson.loads(orjson.dumps(found)), "en")
    stricter = a_closing(store, policy=Policy.load(just_above))
    stricter.close(T, NOON + 60, again=True)
    stricter.close(T + 1, NOON + days.DAY_S)
    with store.read() as connection:
        assert [line.band for line in scores.lines(connection, T + 1, "arrived")] == ["yellow"]
