"""Pages call things by their names: contacts in evidence, counters and readings, what a price is for."""

from collector.language.pages import Words
from collector.success.ctas import Cta
from collector.web.pages import call_rows, skill_texts
from collector.web.pages.charts.columns import columns

EN, ZH = Words("en"), Words("zh")
WHO = {"acme-champion": "Li Wei"}


def a_call(**evidence):
    return Cta(
        id=1, account="ACME", account_name="Acme", rule="SINGLE", reason="one_contact", title={"en": "x", "zh": "x"},
        severity=1.0, priority=1.0, state="open", owner="", owner_name="", occasion="", opened_day="2026-05-01",
        seen_day="2026-05-01", due_day=None, snoozed_until=None, closed_day=None, outcome="", useful=None,
        evidence=evidence,
    )  # fmt: skip


def test_a_call_names_the_contact_and_not_its_id_and_ids_without_meaning_are_left_out():
    said = call_rows.said(a_call(contacts=["acme-champion", "no-name"], touches=["acme-o7"]), "en", 20_000, WHO)
    assert said.why == "Only Li Wei, no-name has been in touch for a quarter."
    assert said.rows == [("contacts", "Li Wei, no-name")]
    assert call_rows.said(a_call(contacts=["acme-champion"]), "en", 20_000, {}).rows[0][1] == "acme-champion"


def test_a_skills_own_counter_and_a_reading_have_names_in_both_languages():
    words = Words("zh")
    words.skills = {"guide": "导览讲解"}
    assert words.counter("guide.seconds") == "导览讲解：时长"
    assert EN.counter("workshop.page_bytes") == "workshop: page bytes"
    assert (ZH.gauge("cpu_ratio"), ZH.gauge_value("cpu_ratio", 0.31)) == ("处理器", "31 %")
    assert (EN.gauge("uptime_s"), EN.gauge_value("uptime_s", 7_260)) == ("Since start", "2 h 1 min")
    assert (EN.gauge("tray.weight_g"), EN.gauge_value("tray.weight_g", 12.5)) == ("", "12.5")


def test_a_price_by_use_says_what_is_counted_in_the_readers_language_and_never_hides_its_amount():
    def price(counter, *units, per=1):
        tiers = [{"up_to": None if unit == units[-1] else 10, "unit": unit, "flat": "0"} for unit in units]
        use = {"kind": "use", "name": "turns", "counter": counter, "per": per, "mode": "graduated", "tiers": tiers}
        return {"currency": "CNY", "trial_days": 0, "minimum": "0", "charges": [use]}

    assert skill_texts.price_of(price("guided_tour", "0.50"), EN) == "¥0.50 for each: guided tours"
    assert skill_texts.price_of(price("delivery", "0.10", "0.06"), ZH) == "递送：每次 ¥0.06 至 ¥0.10"
    assert skill_texts.price_of(price("advert.seconds", "1.50", per=3600), EN) == "¥1.50 an hour: advert: time"
    assert skill_texts.price_of(price("guided_tour", "3", per=100), EN) == "¥3 for 100: guided tours"


def test_the_number_of_a_column_at_an_edge_stands_inward():
    first = columns("x", [23, 1, *[2] * 26], "1 Nov", "28 Nov")
    last = columns("x", [*[2] * 27, 23], "1 Nov", "28 Nov")
    middle = columns("x", [*[2] * 10, 23, *[2] * 17], "1 Nov", "28 Nov")
    anchors = [text.split(">23<")[0].rsplit("<text", 1)[1] for text in (first, last, middle)]
    assert ["middle" in one for one in anchors] == [False, False, True]
    assert "end" in anchors[1]
