"""Bars on a logarithmic scale, as SVG: a person sees at a glance what a table only tells."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _LABEL, _ROW, _TOP = 860, 210, 30, 78
_COLOURS = {"ours": "#2563eb", "floor": "#16a34a", "other": "#9ca3af"}


class Bar(NamedTuple):
    """One contender.

    Attributes:
        name: What stands left of the bar.
        median: Where the bar ends; positive.
        low: Where its whisker begins.
        high: Where its whisker ends.
        role: ``"ours"``, ``"floor"`` or ``"other"``.
    """

    name: str
    median: float
    low: float
    high: float
    role: str = "other"


def svg(title: str, unit: str, bars: Sequence[Bar], facts: Mapping[str, str]) -> str:
    """Return a picture of the bars, with facts in words below."""
    low = 10 ** math.floor(math.log10(min(bar.low for bar in bars)))
    high = 10 ** math.ceil(math.log10(max(bar.high for bar in bars)))
    decades = math.log10(high / low)

    def x(value: float) -> float:
        return _LABEL + (_WIDTH - _LABEL - 130) * math.log10(max(value, low) / low) / decades

    bottom = _TOP + _ROW * len(bars)
    height = bottom + 50 + 20 * len(facts)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            ' font-family="system-ui, sans-serif" font-size="13">'
        ),
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="20" y="30" font-size="18" font-weight="600">{escape(title)}</text>',
        (
            f'<text x="20" y="52" fill="#555">{escape(unit)}; logarithmic; whiskers from the 25th'
            " to the 99th percentile</text>"
        ),
    ]
    for step in range(round(decades) + 1):
        value = low * 10**step
        parts.append(_line(x(value), _TOP - 8, x(value), bottom, "#e5e7eb"))
        parts.append(_text(x(value), bottom + 16, f"{value:g}", anchor="middle", fill="#555"))
    for row, bar in enumerate(bars):
        middle = _TOP + _ROW * row + _ROW / 2
        width = max(1.0, x(bar.median) - _LABEL)
        parts.append(_text(_LABEL - 10, middle + 4, bar.name, anchor="end"))
        parts.append(
            f'<rect x="{_LABEL}" y="{middle - 9}" width="{width:.1f}" height="18" rx="3"'
            f' fill="{_COLOURS[bar.role]}"/>'
        )
        parts.append(_line(x(bar.low), middle, x(bar.high), middle, "#111"))
        end = max(x(bar.high), x(bar.median)) + 8
        number = f"{bar.median:.3g}" if bar.median < 1000 else f"{bar.median:.0f}"
        parts.append(_text(end, middle + 4, number))
    for row, (name, text) in enumerate(facts.items()):
        parts.append(_text(20, bottom + 46 + 20 * row, f"{name}: {text}", fill="#333"))
    return "\n".join([*parts, "</svg>\n"])


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        ' stroke-width="1.5"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = "#111") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'
    )
