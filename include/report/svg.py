"""Draws weeks as SVG: a line in its usual range, or bars. Colours are those of the page around it.

Pure functions: the same weeks give the same text. A unit is a pixel on a phone of 390 pixels.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import escape
from itertools import groupby

from include.report.wording import Wording

WIDTH, HEIGHT = 358, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 354, 10, 166
_FEWEST_WEEKS = 8  # a shop of one week gets no bar as wide as the picture
_MOST_MONTHS = 6  # named below
_STEPS = tuple(map(Decimal, ("1", "2", "5", "10")))


@dataclass(frozen=True)
class Week:
    """One week of a chart; what is None is not drawn. `says` is shown where it is pointed at."""

    starts_on: date
    value: Decimal | None
    says: str
    low: Decimal | None = None
    high: Decimal | None = None
    is_unusual: bool = False


@dataclass(frozen=True)
class _Frame:
    """Where weeks and values are in the picture."""

    first: date
    width: float
    highest: Decimal

    def left(self, week: Week) -> float:
        return _LEFT + (week.starts_on - self.first).days / 7 * self.width

    def middle(self, week: Week) -> float:
        return self.left(week) + self.width / 2

    def height(self, value: Decimal) -> float:
        part = max(Decimal(0), value) / self.highest
        return float(_BOTTOM - (_BOTTOM - _TOP) * part)


def line_in_range(
    name: str, weeks: Sequence[Week], title: str, says: str, axis: Callable[[Decimal], str],
    words: Wording,
) -> str:  # fmt: skip
    """A line over weeks in its usual range; weeks outside of it have a mark of another shape.

    Args:
        name: of the picture, unlike that of any other on the page.
        weeks: the latest last; at least one.
        title: what it shows, in a word.
        says: the same in a sentence, for who does not see it.
        axis: how a value is written at the axis.
    """
    frame = _frame(weeks)
    drawn = []
    for run in _runs(weeks, lambda week: week.high is not None):
        edges = [frame.left(run[0]), *(frame.left(week) + frame.width for week in run)]
        there, back = _steps(frame, edges, run, "high"), _steps(frame, edges, run, "low")
        drawn.append(f'<path class="range" d="M{" L".join([*there, *reversed(back)])}Z"/>')
    for run in _runs(weeks, lambda week: week.value is not None):
        points = [f"{frame.middle(week):.1f},{_height(frame, week.value)}" for week in run]
        if len(points) == 1:  # a line of one point is none
            points.append(points[0])
        drawn.append(f'<path class="line" d="M{" L".join(points)}"/>')
    drawn += [
        f'<path class="unusual" d="M{frame.middle(week):.1f},{_height(frame, week.value)}'
        'm0,-6 l5,6 l-5,6 l-5,-6Z"/>'
        for week in weeks
        if week.is_unusual and week.value is not None
    ]
    return _picture(name, title, says, [*_around(frame, weeks, axis, words), *drawn], weeks)


def bars(
    name: str, weeks: Sequence[Week], title: str, says: str, axis: Callable[[Decimal], str],
    words: Wording,
) -> str:  # fmt: skip
    """A bar a week; the arguments are those of `line_in_range`."""
    frame = _frame(weeks)
    drawn = [
        f'<rect class="bar" x="{frame.left(week) + frame.width * 0.1:.1f}"'
        f' y="{_height(frame, week.value)}" width="{frame.width * 0.8:.1f}"'
        f' height="{_BOTTOM - frame.height(week.value):.1f}"/>'
        for week in weeks
        if week.value is not None
    ]
    return _picture(name, title, says, [*_around(frame, weeks, axis, words), *drawn], weeks)


def _frame(weeks: Sequence[Week]) -> _Frame:
    span = (weeks[-1].starts_on - weeks[0].starts_on).days // 7 + 1
    shown = max(span, _FEWEST_WEEKS)
    first = weeks[-1].starts_on - timedelta(weeks=shown - 1)
    known = [value for week in weeks for value in (week.value, week.high) if value is not None]
    highest = max([*known, Decimal(0)]) or Decimal(1)
    return _Frame(first, (_RIGHT - _LEFT) / shown, highest * Decimal("1.06"))


def _ticks(highest: Decimal) -> Iterator[Decimal]:
    """Round values from nothing to the highest, five at most."""
    power = Decimal(10) ** (highest / 4).adjusted()
    step = next(step * power for step in _STEPS if highest / (step * power) <= 4)
    for number in range(int(highest / step) + 1):
        yield step * number


def _around(
    frame: _Frame, weeks: Sequence[Week], axis: Callable[[Decimal], str], words: Wording
) -> Iterator[str]:
    """The lines behind the weeks with their values, and the months below them."""
    for tick in _ticks(frame.highest):
        at = _height(frame, tick)
        yield f'<path class="grid" d="M{_LEFT},{at}H{_RIGHT}"/>'
        yield f'<text x="{_LEFT - 5}" y="{at}" dy="3.5" class="end">{escape(axis(tick))}</text>'
    begin = [week for week in weeks if (week.starts_on + timedelta(days=6)).day <= 7]
    every = -(-len(begin) // _MOST_MONTHS) or 1
    for week in begin[::-1][::every]:
        month = escape(words.month(week.starts_on + timedelta(days=6)))
        yield f'<text x="{frame.middle(week):.1f}" y="{_BOTTOM + 16}" class="middle">{month}</text>'


def _picture(name: str, title: str, says: str, drawn: Iterable[str], weeks: Sequence[Week]) -> str:
    frame = _frame(weeks)
    told = [
        f'<rect class="week" x="{frame.left(week):.1f}" y="{_TOP}" width="{frame.width:.1f}"'
        f' height="{_BOTTOM - _TOP}"><title>{escape(week.says)}</title></rect>'
        for week in weeks
    ]
    return "\n".join(
        [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-labelledby="{name}-title {name}-says">',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-says">{escape(says)}</desc>',
            *drawn,
            *told,
            "</svg>",
        ]
    )


def _runs(weeks: Sequence[Week], is_known: Callable[[Week], bool]) -> Iterator[list[Week]]:
    """Weeks that follow one another and are known."""
    for known, run in groupby(weeks, is_known):
        if known:
            yield list(run)


def _steps(frame: _Frame, edges: list[float], run: list[Week], name: str) -> list[str]:
    """The corners of an edge of the usual range, a step a week."""
    return [
        f"{edge:.1f},{_height(frame, getattr(week, name))}"
        for number, week in enumerate(run)
        for edge in edges[number : number + 2]
    ]


def _height(frame: _Frame, value: Decimal | None) -> str:
    return f"{frame.height(value or Decimal(0)):.1f}"
