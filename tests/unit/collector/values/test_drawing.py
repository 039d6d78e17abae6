"""Marks as SVG: texts are escaped, nothing has a style attribute on a page, a picture in a file stands alone."""

import xml.etree.ElementTree as ET

import pytest

from collector.values.drawing import Label, Layer, Marker, Polyline, Rectangle, Scale, svg

EVERY_MARK = (
    Rectangle(0, 0, 10, 5, "bar", "a <hint>", radius=1.5),
    Polyline(((0, 0), (3.25, 4)), "grid"),
    Marker(1, 2, 3, "ours"),
    Marker(1, 2, 3, "ours", square=True),
    Label(1, 2, "R&D", "end", "soft"),
    Layer((Label(0, 0, "in"),), "together", x=10),
)


def test_a_drawing_on_a_page_is_well_formed_and_has_no_style():
    drawn = svg('a "title"', 100, 50, EVERY_MARK)
    root = ET.fromstring(drawn)
    assert root.get("aria-label") == 'a "title"'
    assert [each.tag for each in root] == ["rect", "polyline", "circle", "rect", "text", "g"]
    assert root.find("text").text == "R&D"
    assert [each.text for each in root.iter("title")] == ["a <hint>", "together"]
    assert "style" not in drawn


def test_a_picture_in_a_file_brings_its_styles_and_its_size():
    drawn = svg("t", 100, 50, EVERY_MARK, {".bar": "fill:red"})
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height")) == ("100", "50")
    assert "<style>.bar{fill:red}</style>" in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.4, 1, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        (0.29, 1, [0.4, 0.6, 0.8, 1]),
        (0, 0.055, [0, 0.01, 0.02, 0.03, 0.04, 0.05]),
        (0, 12_000, [0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000]),
    ],
)
def test_ticks_are_round_and_reach_both_ends(low, high, ticks):
    assert Scale(low, high, 0, 100).ticks(7) == pytest.approx(ticks)


def test_a_scale_may_run_upwards():
    up = Scale(0, 2, 100, 0)
    assert [up(value) for value in (0, 1, 2)] == [100, 50, 0]
