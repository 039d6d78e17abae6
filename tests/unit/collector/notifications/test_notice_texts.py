"""What a notice of a call to action says: which contract it is about, where its account has a call for another too."""

from collector.notifications.notice_texts import of_cta, of_waiting
from tests.calls import a_call


def test_two_calls_of_one_account_are_told_apart_by_their_contracts():
    one, other = (a_call(rule="RENEWAL", reason=key, evidence={"contract": key}) for key in ("C-1", "C-2"))
    assert of_cta(one, None, "en")[0] != of_cta(other, None, "en")[0]
    assert of_cta(one, None, "en")[0].endswith(" (C-1)")
    assert of_cta(one, None, "zh")[0].endswith("（C-1）")
    assert of_cta(one, None, "en")[0].startswith("Acme Museum: "), "the account's name, not its id"
    assert "For Ana." in of_cta(one, None, "en")[1]
    assert "(C-1)" in of_waiting([one, other], "en")[1]


def test_a_call_whose_reason_is_no_fact_names_none():
    of_model = a_call(rule="ZOMBIE", reason="ZOMBIE", evidence={"contract": "C-1"})
    assert "C-1" not in of_cta(of_model, None, "en")[0]
