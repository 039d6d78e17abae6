"""A chart as marks, and the marks as SVG: every chart on a page and in a report is drawn here. Pure.

No mark has a style attribute (the content security policy of the pages forbids them): how one looks is a class. The
classes of a page are in charts.css, those of a picture in a file stand in the picture (`styles`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

Anchor = Literal["start", "middle", "end"]
Width = Literal["100%", "7rem", "4.5rem", "10px"]
_CLOSE = 1e-9  # of a step: 0.6 / 0.2 is not 3


@dataclass(frozen=True, slots=True)
class Rectangle:
    x: float
    y: float
    width: float
    height: float
    look: str
    hint: str = ""
    radius: float = 0


@dataclass(frozen=True, slots=True)
class Polyline:
    points: Sequence[tuple[float, float]]
    look: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A dot, or a square of about the same size, around a point."""

    x: float
    y: float
    size: float
    look: str
    square: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    x: float
    y: float
    text: str
    anchor: Anchor = "start"
    look: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """Marks that lie together, moved by (x, y). `hint` is read by a pointer and by screen readers."""

    marks: Sequence["Mark"]
    hint: str = ""
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class Upright:
    """A line from top to bottom at x: an event, a cap. Only in a fluid drawing."""

    x: float
    y1: float
    y2: float
    look: str


Mark = Rectangle | Polyline | Marker | Label | Layer | Upright


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` as lengths from `begin` to `end`; `end` may be the smaller one."""

    low: float
    high: float
    begin: float
    end: float

    def __call__(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self, most: int = 7) -> list[float]:
        """Round values within the scale, at most so many."""
        for step in (m * 10.0**e for e in range(-6, 13) for m in (1, 2, 5)):
            first, last = math.ceil(self.low / step - _CLOSE), math.floor(self.high / step + _CLOSE)
            if last - first < most:
                return [round(n * step, 9) for n in range(first, last + 1)]
        return []


def svg(title: str, width: float, height: float, marks: Sequence[Mark], styles: Mapping[str, str] | None = None) -> str:
    """The drawing. `styles` (selector -> declarations) makes it a picture that stands alone, in a file."""
    alone = ""
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}"'
    if styles is not None:
        head += f' xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        alone = "<style>" + "".join(f"{selector}{{{rules}}}" for selector, rules in styles.items()) + "</style>"
    return f"{head}>{alone}{''.join(map(_drawn, marks))}</svg>"


def fluid_svg(title: str, height: float, marks: Sequence[Mark], *, width: Width, look: str = "chart") -> str:
    """A drawing as wide as its place: x and widths are 0..100 of it, y and heights are pixels.

    Words keep their form, lines are stretched: they stand in a drawing of their own inside.
    """
    head = f'<svg class="{look}" width="{width}" height="{height:g}" role="img" aria-label="{escape(title)}"'
    return f"{head}>{''.join(_fluid(mark, height) for mark in marks)}</svg>"


def _fluid(mark: Mark, height: float) -> str:
    match mark:
        case Rectangle():
            radius = f' rx="{mark.radius:g}"' if mark.radius else ""
            place = f'x="{mark.x:.2f}%" y="{mark.y:.1f}" width="{max(mark.width, 0):.2f}%" height="{mark.height:.1f}"'
            return f'<rect class="{mark.look}" {place}{radius}>{_hint(mark.hint)}</rect>'
        case Polyline():
            inner = f'width="100%" height="{height:g}" viewBox="0 0 100 {height:g}" preserveAspectRatio="none"'
            points = " ".join(f"{x:.2f},{y:.1f}" for x, y in mark.points)
            return f'<svg {inner} aria-hidden="true"><polyline class="{mark.look}" points="{points}"/></svg>'
        case Label():
            look = f' class="{mark.look}"' if mark.look else ""
            place = f'x="{mark.x:.2f}%" y="{mark.y:.1f}" text-anchor="{mark.anchor}"'
            return f"<text{look} {place}>{escape(mark.text)}</text>"
        case Upright():
            return (
                f'<line class="{mark.look}" x1="{mark.x:.2f}%" x2="{mark.x:.2f}%" y1="{mark.y1:g}" y2="{mark.y2:g}"/>'
            )
        case _:
            raise TypeError(f"{type(mark).__name__} has no place in a fluid drawing")


def _drawn(mark: Mark) -> str:
    drawn: str = _DRAWN[type(mark)](mark)
    return drawn


def _rectangle(mark: Rectangle) -> str:
    radius = f' rx="{mark.radius}"' if mark.radius else ""
    place = f'x="{mark.x:.1f}" y="{mark.y:.1f}" width="{mark.width:.1f}" height="{mark.height:.1f}"{radius}'
    hint = _hint(mark.hint)
    return f'<rect class="{mark.look}" {place}>{hint}</rect>' if hint else f'<rect class="{mark.look}" {place}/>'


def _polyline(mark: Polyline) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
    return f'<polyline class="{mark.look}" points="{points}"/>'


def _marker(mark: Marker) -> str:
    if mark.square:
        half = mark.size * 0.9
        return _rectangle(Rectangle(mark.x - half, mark.y - half, 2 * half, 2 * half, mark.look))
    return f'<circle class="{mark.look}" cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{mark.size:.1f}"/>'


def _label(mark: Label) -> str:
    look = f' class="{mark.look}"' if mark.look else ""
    return f'<text{look} x="{mark.x:.1f}" y="{mark.y:.1f}" text-anchor="{mark.anchor}">{escape(mark.text)}</text>'


def _layer(mark: Layer) -> str:
    moved = f' transform="translate({mark.x:.1f} {mark.y:.1f})"' if mark.x or mark.y else ""
    return f"<g{moved}>{_hint(mark.hint)}{''.join(map(_drawn, mark.marks))}</g>"


def _hint(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


_DRAWN: Mapping[type, Callable[..., str]] = {
    Rectangle: _rectangle, Polyline: _polyline, Marker: _marker, Label: _label, Layer: _layer,
}  # fmt: skip
