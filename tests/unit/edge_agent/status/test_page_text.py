"""What the status page says first, the self-test, the four facts, and what the diagnostics hold."""

import json

import pytest

from edge_agent.config import Settings
from edge_agent.status import bundle, page_text, self_test, self_testing, skills, verdict
from edge_agent.status.finding import Finding
from edge_agent.status.page_text import PageOf
from edge_agent.status.self_test import STEPS, SelfTest
from tests.unit.edge_agent.status.test_status import status

SECRET = "hunter2-s3cret"


def linked(**more):
    return status(link=status()["link"] | more)


def outbox(**more):
    return status()["outbox"] | {"dropped": 0, "trouble": ""} | more


@pytest.mark.parametrize(
    ("shown", "look", "said"),
    [
        (status(), "go", "Connected. Nothing is lost."),
        (linked(connected=False), "stop", "Not connected. Nothing is lost."),
        (linked(connected=False) | {"outbox": outbox(dropped=2)}, "stop", "Not connected. 2 records were lost."),
        (status(outbox=outbox(dropped=1)), "wait", "Connected. 1 record was lost."),
        (linked(ack_age_s=None), "wait", "Connected. The collector has not answered yet."),
        (linked(owed_s=600.0), "wait", "Connected. The collector has not answered for 10 min."),
        (linked(owed_s=5.0), "go", "Connected. Nothing is lost."),
        (linked(refusal="not in the fleet"), "stop", "The collector refuses this robot. It keeps what it counts."),
        (status(outbox=outbox(trouble="x", trouble_kind="disk_full")), "stop", "What is counted cannot be stored."),
        (status(running=False), "stop", "The agent does not run. What it stored is kept."),
    ],
)
def test_the_first_words_answer_whether_it_is_connected_and_whether_anything_is_lost(shown, look, said):
    found = verdict.of(shown, "en")
    assert (found.look, found.title) == (look, said)
    assert said in page_text.render(PageOf(shown), "en")
    assert said not in page_text.render(PageOf(shown), "zh")


def test_what_is_counted_is_told_from_a_true_zero_and_from_what_cannot_be_counted():
    shown = status(supported=["guided_tour", "interaction"], unsupported=["check_in"])
    page = page_text.render(PageOf(shown), "en")
    assert '<dt>Interactions</dt><dd><span class="zero">0</span></dd>' in page
    assert '<dt>Check-ins</dt><dd><span class="unsup">cannot count</span></dd>' in page
    assert "<dt>Guided tours</dt><dd>12,345</dd>" in page


@pytest.mark.parametrize(
    ("facts", "steps"),
    [
        ({"active": "a"}, ["yes", "yes", "yes", "yes"]),
        ({"active": "", "code": "starting"}, ["yes", "yes", "yes", "go"]),
        ({"active": "", "code": "memory"}, ["yes", "yes", "yes", "bad"]),
        ({"verified": "", "installed": "", "active": "", "code": "no_room"}, ["yes", "bad", "no", "no"]),
        ({"desired": "b", "active": "a", "code": "waits"}, ["yes", "go", "no", "no"]),
    ],
)
def test_the_bars_of_a_skill_say_how_far_it_came(facts, steps):
    whole = {"desired": "a", "verified": "a", "installed": "a", "code": ""}
    assert skills.steps(whole | facts) == steps


def test_the_self_test_asks_its_questions_in_order_and_names_what_failed_by_number():
    asked = []

    def ask():
        asked.append(1)
        return linked(ack_age_s=999.0 if len(asked) < 3 else 0.0) | {"outbox": outbox(), "sources": []}

    passed = self_testing.test(ask, lambda: True, lambda _: None, "12:00")
    assert passed.failed == []
    assert passed.passed["skills"] == "none"
    assert self_test.sentence(passed, "en") == "Passed: 6 questions, all in order"
    cut_off = self_testing.test(
        lambda: linked(connected=False) | {"outbox": outbox()}, lambda: True, lambda _: None, ""
    )
    assert cut_off.failed == [4, 6, 7]
    assert self_test.sentence(cut_off, "en") == "Not passed: number 4, 6, 7"
    assert self_testing.test(lambda: None, lambda: True, lambda _: None, "").failed == [1, 2, 3, 4, 5, 6, 7]


def test_an_answer_from_before_the_upload_does_not_pass(monkeypatch):
    monkeypatch.setattr(self_testing, "ANSWER_WAIT_S", 0.0)
    old = self_testing.test(lambda: linked(ack_age_s=3.0) | {"outbox": outbox()}, lambda: True, lambda _: None, "")
    assert old.passed["answered"] == "no"


def test_the_result_is_kept_for_whoever_looks_next_and_a_damaged_one_is_none(tmp_path):
    tested = SelfTest("2026-05-28 12:00:00", dict.fromkeys(STEPS, "yes"))
    self_testing.keep(tmp_path / "page", tested)
    assert self_testing.newest(tmp_path / "page") == tested
    (tmp_path / "page" / self_testing.FILE).write_text("{")
    assert self_testing.newest(tmp_path / "page") is None


def planted(value):
    """The same document with the secret at the end of every text in it."""
    if isinstance(value, dict):
        return {key: planted(one) for key, one in value.items()} | {"secret": SECRET}
    if isinstance(value, list | tuple):
        return [planted(one) for one in value]
    return f"{value} {SECRET}" if isinstance(value, str) else value


FREE_TEXT = {
    "link": {"broker": "mqtt://b:1", "text": "cannot reach u:p@b", "refusal": "x", "alarm": "x", "stuck": "x",
             "slots": {"host": "b"}},
    "outbox": {"trouble": "the disk of x: full", "oldest": "2026"},
    "sources": [{"name": "vda", "error": "http://u:p@x", "troubles": [{"code": "vehicle_silent", "detail": "u:p"}],
                 "notices": [{"kind": "no_vehicle", "subject": "x", "detail": "x", "since": "x"}],
                 "last": {"name": "x", "value": 1}}],
    "faults": [{"family": "navigation", "code": "lost", "severity": "urgent", "ref": "room of Ms Wang", "detail": "x"}],
    "refused_names": [{"source": "statsd", "name": "password", "reason": "x", "times": 1}],
    "skills": {"trouble": "x", "skills": [{"skill": "guide", "code": "exited", "detail": "x", "reason": {"en": "x"}}]},
    "desired": {"revision": 3, "settings": [{"setting": "sample_s", "state": "refused", "reason": "x"}]},
    "clock": {"state": "synced", "at": 1, "detail": "x"},
    "bytes": {"written": 1},
    "today": {"since": "x", "counts": {"guided_tour": 1}},
}  # fmt: skip
ON_THE_LIST = {  # texts that a supplier needs: words of a fixed set, versions, hashes
    ("faults", "family"), ("faults", "code"), ("faults", "severity"), ("sources", "name"), ("clock", "state"),
    ("skills", "skill"), ("skills", "code"), ("desired", "setting"), ("desired", "state"),
}  # fmt: skip


def test_the_diagnostics_hold_what_is_on_their_list_and_no_secret_from_anywhere_else():
    settings = Settings(
        robot="r1", mqtt_url=f"mqtt://u:{SECRET}@b:1883", mqtt_username=SECRET, skills_repository=f"https://{SECRET}",
        source_options={"vda": {"password_file": SECRET, "url": f"http://u:{SECRET}@b"}},
    )  # fmt: skip
    findings = [Finding("fail", "broker", f"no {SECRET}", f"use {SECRET}")]
    for name, part in FREE_TEXT.items():
        for one in [part] if isinstance(part, dict) else part:
            for key in [key for key in one if (name, key) not in ON_THE_LIST and key not in {"skills", "settings"}]:
                spiked = one | {key: planted(one[key])}
                if name == "today" and key == "counts":
                    continue  # names of counters are on the list
                document = {"running": True, "robot": "r1", name: spiked if isinstance(part, dict) else [spiked]}
                text = json.dumps(bundle.bundle(document, settings, findings, "12:00"))
                found = SECRET in text.replace(f"vehicle_silent {SECRET}", "")
                assert not found, (name, key)
    skill = planted(FREE_TEXT["skills"]["skills"][0]) | {"skill": "guide", "code": "exited"}
    wish = planted(FREE_TEXT["desired"]["settings"][0]) | {"setting": "sample_s", "state": "refused"}
    shown = {"skills": {"skills": [skill]}, "desired": {"revision": 3, "settings": [wish]}}
    assert SECRET not in json.dumps(bundle.bundle(shown, settings, findings, ""))


def test_the_secret_is_found_where_it_is_let_through():
    """The control of the test above."""
    assert SECRET in json.dumps(bundle.bundle({"robot": SECRET}, Settings(), [], ""))
    assert bundle.bundle(None, Settings(), [Finding("ok", "disk", "x")], "")["doctor"] == [
        {"grade": "ok", "subject": "disk"}
    ]
