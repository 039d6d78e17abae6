"""Why there is a call to action, as the command prints it."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from collector.built_in import PLAYBOOKS
from collector.language import cta as words_of_ctas
from collector.language import cta_evidence
from tests.waiting import DEADLINE_S

EVIDENCE = {
    "ZOMBIE": {"cap": 40.0, "signs": ["competitor", "data_export"]},
    "SILENT": {"messages": 5, "since_day": "2026-04-01"},
    "SINGLE": {"contacts": ["P-1"], "robots_n": 12},
    "REF_REFUSE": {"references": ["R-1"], "since_day": "2026-04-01"},
    "DARK": {"robots": ["r1", "r2", "r3", "r4", "r5"], "of": 8, "from_day": "2026-04-01", "to_day": "2026-04-03"},
    "FAULT": {"robots": ["r1"], "of": 8, "day": "2026-04-01", "open_h": 72},
    "DROP": {"ratio": 0.4, "since_day": "2026-04-01", "demand": None, "fault_before": "power"},
    "STALL": {"since_day": "2026-04-01", "active_days": 1, "onboarding": []},
    "CHAMPION_LEFT": {"since_day": "2026-04-01", "contacts": ["li"], "roles": ["sponsor"], "unanswered": []},
    "NO_DATA": {"days": 9, "of_days": 28, "from_day": "2026-04-01", "to_day": "2026-04-09", "robots_n": 2},
    "OVERDUE": {"invoices": ["I-1"], "days": 70},
    "LAPSED": {"contracts": ["C-1"], "grace_days": 30},
    "RENEWAL": {"contract": "C-1", "due_day": "2026-06-01"},
    "NOTICE": {"contract": "C-1", "due_day": "2026-06-01", "notice_day": None},
    "PROMISE": {"promise": "P-1", "due_day": "2026-04-01", "text": "Train them"},
    "REVIEW": {"review": "R-1", "kind": "quarterly", "due_day": "2026-04-01"},
    "OBJECTIVE": {
        "objective": "O-1", "counter": "wake_up", "reached": 3.0, "expected": None, "target": 9.5,
        "to_day": "2026-06-01",
    },
    "TICKET": {"ticket": "T-1", "sla_day": "2026-04-01", "subject": "It stands still"},
    "LOW_USE": {"measures": {"B1": {"value": 2.0, "score": 10.0, "peer_median": 8.0}}, "peer_group": "mall"},
    "RED": {"final": 30.0, "lost": {"E1": 8.25, "D1": 0.0}},
}  # fmt: skip


def cta(rule, evidence, reason=""):
    return {"rule": rule, "reason": reason, "evidence": evidence}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_rule_that_the_collector_finds_says_why_in_one_line_with_readable_labels(lang):
    assert set(EVIDENCE) == set(PLAYBOOKS) - {"MANUAL"}
    for rule, evidence in EVIDENCE.items():
        text = cta_evidence.clause(cta(rule, evidence), lang)
        assert text, rule
        assert "\n" not in text
        lines = cta_evidence.lines(evidence, lang)
        assert len(lines) == len(evidence)
        assert not any("_" in line.replace("：", ":").split(":")[0] for line in lines), lines
        assert lang == "en" or all(not line[0].isascii() for line in lines), lines


def test_long_lists_are_cut_and_counted():
    assert cta_evidence.lines({"touches": [f"T-{n}" for n in range(7)]}, "en") == ["touches: T-0, T-1, T-2 +4"]
    assert cta_evidence.lines({"onboarding": []}, "zh") == ["未完成的里程碑：无"]


def test_evidence_that_nobody_knows_is_shown_and_gives_no_clause():
    assert cta_evidence.clause(cta("PROMISE", {}), "en") == ""
    assert cta_evidence.clause(cta("RULE_OF_TOMORROW", {"a_b": 1}), "en") == ""
    assert cta_evidence.clause(cta("MANUAL", {"by": "Li Wei"}), "en") == ""
    assert cta_evidence.lines({"a_b": 1}, "en") == ["a b: 1"]


def test_the_command_starts_without_statistics():
    code = "import sys, collector.commands.cta; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=DEADLINE_S).returncode == 0


def test_what_the_health_model_says_beside_a_cap_is_told_in_chinese():
    evidence = {"cap": 40.0, "tag": "watermelon", "usage": 89.1}
    assert cta_evidence.lines(evidence, "zh")[1:] == ["标签：外绿内红", "使用得分：89.1"]
    assert cta_evidence.lines({"unheard_of": 1}, "zh") == ["unheard of：1"], "the control: a key without a label"


def test_the_history_of_a_call_to_action_names_the_collector_in_chinese():
    shown = {
        "cta": {
            "id": 1, "account": "ACME", "account_name": "ACME",
            "title": {"en": "Visit", "zh": "拜访"}, "state": "open", "rule": "RED",
            "evidence": {}, "reason": "", "priority": 1.0, "due_day": None, "owner": "", "owner_name": "",
        },
        "tasks": [],
        "history": [
            {"at": "2026-05-01T00:00:00Z", "author": "collector", "event": "opened"},
            {"at": "2026-05-02T00:00:00Z", "author": "anna", "event": "closed"},
        ],
    }  # fmt: skip
    *_, first, last = words_of_ctas.of_one(shown, "zh", ZoneInfo("Asia/Shanghai")).splitlines()
    assert first.startswith("  2026年5月1日 08:00 平台：已")
    assert last.startswith("  2026年5月2日 08:00 anna："), "the control: a person is called as that person is"
