"""Every rule, exception, measure, band, profile and reason is said in words: no codes, and in Chinese no English."""

import re
from dataclasses import replace
from datetime import UTC

import pytest

from collector.built_in import PLAYBOOKS
from collector.calendar import days
from collector.health import model
from collector.health.measures.registry import MEASURES
from collector.health.model import Cap, MeasureScore, Scored
from collector.language import brief, cta, cta_evidence, names, notices, pages
from collector.language.catalogue import LANGUAGES
from collector.language.explanation import explain
from tests.policies import HEALTH

T = days.parse("2026-10-31")
OF_THE_FIELD = frozenset({"GRR", "NRR", "ARR", "CSM", "NPS", "CAC", "LTV", "CSAT"})
CODE = re.compile(r"\b[A-Z]{2,}\b|\b[A-F][1-4]\b")
SNAKE = re.compile(r"\b[a-z0-9]+_[a-z0-9_]+\b")
ENGLISH = re.compile(r"[a-z]{3,}")
HAN = re.compile(r"[\u4e00-\u9fff]")

# What each rule's evidence holds, as the API gives it. Names that people chose are in Chinese, so that they never
# hide an English word.
EVIDENCE = {
    "ZOMBIE": {
        "cap": 40.0, "tag": "ZOMBIE", "signs": sorted(names.SIGNS), "signals": ["S-1"], "touches": ["T-1"],
        "edits": ["n-7"], "contract": "C-1",
    },
    "SILENT": {"cap": 49.0, "messages": 5, "channels": ["chat", "phone", "video", "visit", "email", "survey", "event"],
               "since_day": "2026-04-01", "last_reply_day": None, "touches": ["T-1"]},
    "SINGLE": {"cap": 60.0, "contacts": ["王芳"], "robots_n": 12, "last_day": "2026-04-01"},
    "REF_REFUSE": {"cap": 60.0, "references": ["R-1"], "since_day": "2026-04-01"},
    "DARK": {"robots": ["r1", "r2"], "of": 3, "from_day": "2026-04-01", "to_day": "2026-04-03"},
    "FAULT": {"robots": ["r1"], "of": 8, "day": "2026-04-01", "open_h": 72},
    "DROP": {"ratio": 0.4, "p": 0.0003, "since_day": "2026-04-01", "demand": "both", "fault_before": "asr",
             "robots": ["r1"]},
    "STALL": {"since_day": "2026-04-01", "active_days": 1, "onboarding": ["O-1"]},
    "CHAMPION_LEFT": {"since_day": "2026-04-01", "contacts": ["李伟"], "roles": ["sponsor"], "unanswered": ["王芳"]},
    "NO_DATA": {"days": 9, "of_days": 28, "from_day": "2026-04-01", "to_day": "2026-04-09", "robots_n": 2},
    "OVERDUE": {"invoices": ["I-1"], "days": 70},
    "LAPSED": {"contracts": ["C-1"], "grace_days": 30},
    "RENEWAL": {"contract": "C-1", "due_day": "2026-06-01"},
    "NOTICE": {"contract": "C-1", "due_day": "2026-06-01", "notice_day": "2026-04-01"},
    "PROMISE": {"promise": "P-1", "due_day": "2026-04-01", "text": "培训"},
    "REVIEW": {"review": "R-1", "kind": "qbr", "due_day": "2026-04-01"},
    "OBJECTIVE": {
        "objective": "O-1", "counter": "wake_up", "reached": 3.0, "expected": 4.0, "target": 9.5,
        "to_day": "2026-06-01",
    },
    "TICKET": {"ticket": "T-1", "sla_day": "2026-04-01", "subject": "不动"},
    "LOW_USE": {
        "measures": {
            measure: {"value": 0.4, "score": 10.0, "peer_median": 0.8} for measure in MEASURES
        },
        "peer_group": "商场",
    },
    "RED": {"final": 30.0, "lost": dict.fromkeys(MEASURES, 8.25)},
    "MANUAL": {"by": "李伟", "text": "拜访"},
    "OVERRIDE": {"by": "李伟", "text": "已谈"},
}  # fmt: skip


def complaints(texts, language):
    """What a reader stumbles over: a code, a key with underscores, English words in Chinese."""
    found = []
    for text in texts:
        found += [f"{word}: {text}" for word in CODE.findall(text) if word not in OF_THE_FIELD]
        found += [f"{word}: {text}" for word in SNAKE.findall(text)]
        if language == "zh":
            found += [f"{word}: {text}" for word in ENGLISH.findall(text)]
            found += [] if HAN.search(text) else [f"no Chinese: {text}"]
        found += [f"nothing: {text!r}"] if not text.strip() else []
    return found


def test_a_code_a_key_and_an_english_word_are_found():
    """The control of the tests below."""
    assert complaints(["The cap ZOMBIE holds."], "en") == ["ZOMBIE: The cap ZOMBIE holds."]
    assert complaints(["B1 fell", "the kind is health_check"], "en")[0].startswith("B1: ")
    assert complaints(["the kind is health_check"], "en")[0].startswith("health_check: ")
    assert [one.split(":")[0] for one in complaints(["受限 competitor", "72 → 49", ""], "zh")] == [
        "competitor", "no Chinese", "no Chinese", "nothing",
    ]  # fmt: skip
    assert complaints(["NRR fell; ask the CSM"], "en") == []


def call(rule):
    book = PLAYBOOKS[rule]
    return {
        "id": 7, "account": "海湾", "account_name": "海湾", "rule": rule, "reason": "",
        "title": {"en": book.en, "zh": book.zh},
        "state": "open",
        "priority": 71.5, "due_day": "2026-11-03", "owner": "li", "owner_name": "李伟",
        "evidence": EVIDENCE[rule], "outcome": None,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", sorted(PLAYBOOKS))
def test_a_call_to_action_is_said_in_words(rule, language):
    one = call(rule)
    steps = [
        {"step": n, "text": {"en": step.en, "zh": step.zh}, "due_day": "2026-11-03", "done_day": None}
        for n, step in enumerate(PLAYBOOKS[rule].steps, 1)
    ]
    title = cta.in_language(one["title"], language)
    told = cta.of_one({"cta": one, "tasks": steps, "history": []}, language, UTC).splitlines()
    head, body = notices.of_cta(
        "海湾", title, due_day=one["due_day"], priority=71.5, owner="李伟", language=language,
        first=cta.in_language(steps[0]["text"], language) if steps else None,
    )  # fmt: skip
    question = [brief.question(rule, language)] if rule in brief.QUESTIONS else []
    assert complaints([*told, head, *body.splitlines(), *question], language) == []
    assert rule == "MANUAL" or cta_evidence.clause(one, language)


def scored(**fields):
    weight = 100 / len(MEASURES)
    every = {m: MeasureScore(state="present", score=80.0, weight=weight, lost=weight * 0.2) for m in MEASURES}
    measures = every | fields.pop("measures", {})
    whole = Scored(
        account="海湾", day=T, policy="p", profile="mature", raw=80.0, final=80.0, band="yellow", coverage=1.0,
        measures=measures, peer_group="酒店", peer_n=34, assured=80.0, sentiment=3,
    )  # fmt: skip
    return replace(whole, **fields)


def texts_of(now, before, language):
    """Every text of an explanation."""
    said = explain(now, {7: before}, {1: "r1", 2: "r2"}, language, HEALTH)
    return [
        *said.sentences, *(cap.text for cap in said.caps), *(one.text for one in said.lifts),
        *(part.text for change in said.changes for part in change.parts), *(one.name for one in said.measures),
        *(text for one in said.suppressed for text in (one.text, one.why)),
        *(one.why for one in said.measures if one.why),
    ]  # fmt: skip


def numbered(evidence):
    """Evidence as the score keeps it: days are numbers, robots are rows."""
    found = {key: days.parse(value) if key.endswith("day") and value else value for key, value in evidence.items()}
    return found | ({"robots": [1, 2]} if "robots" in evidence else {})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(names.SIGNALS))
def test_an_exception_is_said_in_words_with_and_without_evidence(code, language):
    for evidence in (numbered(EVIDENCE[code]), {}):
        for bound, value in (("cap", 49.0), ("floor", 90.0)):
            if evidence or code not in {"SINGLE", "OVERRIDE"}:  # whose evidence is never empty
                cap = Cap(code=code, bound=bound, value=value, evidence=evidence, until_day=T + 7)
                now = scored(caps=(cap,), final=value)
                assert complaints(texts_of(now, scored(), language), language) == []
                assert complaints(texts_of(replace(now, final=80.0), scored(), language), language) == []
    assert (
        complaints(
            [
                brief.new_signal(code, 20_000, language),
                brief.signal_holds(code, language),
                names.signal(code, language),
            ],
            language,
        )
        == []
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", ["one_contact", "contact_left", "contact_bounced"])
def test_a_single_contact_is_said_for_each_reason(reason, language):
    cap = Cap(code="SINGLE", value=49.0, reason=reason, evidence={"contacts": ["王芳"], "since_day": T - 9})
    assert complaints(texts_of(scored(caps=(cap,), final=49.0), scored(), language), language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_is_said_in_words(measure, language):
    said = MeasureScore(
        state="stale", value=5.2, peer_median=1.9, score=10.0, weight=100 / 19, lost=100 / 19 * 0.9, newest_day=T
    )
    now = scored(measures={measure: said}, raw=76.0, final=76.0)
    assert complaints(texts_of(now, scored(), language), language) == []
    assert complaints([brief.measure_went(measure, 80.0, 10.0, language)], language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", sorted(names.REASONS))
def test_a_reason_is_said_in_words(why, language):
    for state in ("na", "muted"):
        gone = MeasureScore(state=state, why=why, detail={"incident": ("date", "2026-10-01")})
        now = scored(measures={"E1": gone}, coverage=0.8, assured=60.0)
        assert complaints(texts_of(now, scored(), language), language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("band", sorted(names.BANDS))
@pytest.mark.parametrize("profile", sorted(names.PROFILES))
def test_a_band_and_a_profile_are_said_in_words(band, profile, language):
    for other in (None, "red"):
        now = scored(band=band, profile=profile, coverage=0.5, assured=50.0, candidate_band=other)
        assert complaints(texts_of(now, scored(profile="growth"), language), language) == []
    assert complaints([brief.score_is(49.0, band, language)], language) == []
    assert complaints([brief.score_went(80.0, band, 49.0, band, language)], language) == []


def test_the_names_are_those_of_the_model():
    assert set(names.MEASURES) == set(MEASURES)
    assert set(names.SIGNALS) == set(names.PHRASES) == {*model.Code.__args__, "OVERRIDE"}
    assert set(names.PROFILES) == set(model.Profile.__args__)
    assert set(names.BANDS) == set(model.Band.__args__)
    assert set(names.REASONS) >= model.NOT_APPLICABLE
    assert set(EVIDENCE) == {*PLAYBOOKS, *names.SIGNALS}


def test_only_what_counts_people_is_written_with_the_word_for_people():
    of_people = {key for key, said in names.MEASURES.items() if said.counts_people}
    assert of_people == {"D2"}
    assert {key for key in names.MEASURES if "人" in names.written(key, 0.5, "zh")} == of_people


def test_a_closed_bill_and_a_fault_that_is_over_are_two_words():
    words = pages.Words("zh")
    assert words("bills_closed") != words("closed")
    assert "恢复" not in words("bills_closed")
