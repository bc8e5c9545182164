"""Draws the report's chart: the customers of the last weeks, and the churn rate in its usual range.

A pure function of rows and words: the same ones give the same bytes. Sizes are pixels of the
picture; a phone shows it at a quarter of its width, and letters of 32 pixels can still be read.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from math import isnan, nan

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from include.report.read import TrendWeek
from include.report.wording import Wording

WIDTH, HEIGHT = 1600, 900
_EDGE = 40
_LEFT, _RIGHT = 150, 1385  # of the panels; right of them stand the latest week's figures
# from where to where, from below; its heading stands on a panel
_ACTIVE, _MOVEMENT, _RATE = (565, 745), (300, 480), (65, 215)
_FEWEST_WEEKS = 8  # a shop of one week gets no bar as wide as the picture

# From the colours of Okabe and Ito, which colour-blind readers can tell apart; some are lighter or
# darker, so that they differ in grey too.
_BLUE, _PALE_BLUE = "#0072b2", "#d6e8f3"
_GREEN, _SKY = "#00664b", "#6fbfee"
_ORANGE, _DARK_ORANGE = "#e69f00", "#946000"
_SLATE, _GREY, _WARNING = "#2f3b4a", "#dde2e8", "#d55e00"
_INK, _QUIET, _GRID = "#1b2430", "#5b6673", "#e6e9ee"

_FONT = "DejaVu Sans"  # comes with matplotlib
_LINE, _DOT, _DIAMOND = 6, 19, 21


def churn_chart(trend: tuple[TrendWeek, ...], words: Wording) -> bytes:
    """The chart as PNG, `WIDTH` by `HEIGHT` pixels; `trend` has the latest week last."""
    png = BytesIO()
    _figure(trend, words).savefig(png, format="png", dpi="figure", metadata={"Software": None})
    return png.getvalue()


def _figure(trend: tuple[TrendWeek, ...], words: Wording) -> Figure:
    # 72 dots an inch: a point, in which matplotlib measures letters and lines, is a pixel
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72, facecolor="white")
    title = FontProperties(family=_FONT, size=50, weight="bold")
    figure.text(_EDGE / WIDTH, 830 / HEIGHT, words.text("chart_title"), color=_INK, font=title)
    if not trend:
        note = FontProperties(family=_FONT, size=42)
        figure.text(_EDGE / WIDTH, 0.5, words.text("chart_no_week"), color=_QUIET, font=note)
        return figure

    latest = trend[-1].week_starts_on
    figure.text(
        1 - _EDGE / WIDTH,
        830 / HEIGHT,
        words.days(latest, latest + timedelta(days=6)),
        color=_QUIET,
        font=FontProperties(family=_FONT, size=38),
        horizontalalignment="right",
    )
    at = [(week.week_starts_on - latest).days // 7 for week in trend]
    active, movement, rate = (
        _panel(figure, bottom, top, at) for bottom, top in (_ACTIVE, _MOVEMENT, _RATE)
    )
    _draw_active(active, at, trend, words)
    _draw_movement(movement, at, trend, words)
    _draw_rate(rate, at, trend, words)
    _name_months(rate, at, trend, words)
    return figure


def _draw_active(panel: Axes, at: list[int], trend: tuple[TrendWeek, ...], words: Wording) -> None:
    active = [week.active_customers_at_end for week in trend]
    panel.fill_between(at, active, color=_PALE_BLUE, linewidth=0)
    panel.plot(at, active, color=_BLUE, linewidth=_LINE, label="active", clip_on=False)
    panel.plot(at[-1], active[-1], color=_BLUE, marker="o", markersize=_DOT, clip_on=False)
    panel.set_ylim(0, max(1, *active) * 1.12)
    _mark_counts(panel, words)
    _put_heading(panel, [Patch(color=_BLUE, label=words.text("chart_active"))])
    _put_figure(panel, active[-1], words.short_count(active[-1]), _BLUE)


def _draw_movement(
    panel: Axes, at: list[int], trend: tuple[TrendWeek, ...], words: Wording
) -> None:
    new = [week.new_customers for week in trend]
    back = [week.reactivated_customers for week in trend]
    gone = [week.churned_customers for week in trend]
    came = [week.new_customers + week.reactivated_customers for week in trend]
    panel.bar(at, new, width=0.78, color=_GREEN, label="new")
    panel.bar(at, back, width=0.78, bottom=new, color=_SKY, label="reactivated")
    panel.bar(at, [-count for count in gone], width=0.78, color=_ORANGE, label="churned")
    panel.axhline(0, color=_INK, linewidth=2.5)
    top, bottom = max(1, *came) * 1.08, -max(1, *gone) * 1.08
    panel.set_ylim(bottom, top)
    _mark_counts(panel, words)
    _put_heading(
        panel,
        [
            Patch(color=_GREEN, label=words.text("new")),
            Patch(color=_SKY, label=words.text("reactivated")),
            Patch(color=_ORANGE, label=words.text("churned")),
        ],
    )
    _put_figure(panel, top / 2, _signed("+", came[-1], words), _GREEN)
    _put_figure(panel, bottom / 2, _signed("−", gone[-1], words), _DARK_ORANGE)


def _signed(sign: str, count: int, words: Wording) -> str:
    return f"{sign}{words.short_count(count)}" if count else words.short_count(count)


def _draw_rate(panel: Axes, at: list[int], trend: tuple[TrendWeek, ...], words: Wording) -> None:
    heading: list[Artist] = [
        Line2D([], [], color=_SLATE, linewidth=_LINE, label=words.text("chart_churn_rate"))
    ]
    rates = _numbers([week.churn_rate for week in trend])
    lows = _numbers([week.usual_churn_rate_low for week in trend])
    highs = _numbers([week.usual_churn_rate_high for week in trend])
    known = [number for number in (*rates, *highs) if not isnan(number)]
    panel.set_ylim(0, max(0.01, *known, 0) * 1.12)
    panel.yaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10]))
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda rate, _: words.growth(Decimal(str(round(rate, 6)))))
    )
    if not all(map(isnan, highs)):
        # half a week further at both ends, or a single one could not be seen
        panel.fill_between(
            [at[0] - 0.5, *at, at[-1] + 0.5],
            [lows[0], *lows, lows[-1]],
            [highs[0], *highs, highs[-1]],
            color=_GREY,
            linewidth=0,
            label="usual range",
        )
        heading.append(Patch(color=_GREY, label=words.text("chart_usual")))
    panel.plot(at, rates, color=_SLATE, linewidth=_LINE, label="churn rate", clip_on=False)
    outside = {
        place: rate
        for place, rate, week in zip(at, rates, trend, strict=True)
        if week.is_churn_rate_unusual
    }
    if outside:
        heading.append(_mark_unusual(panel, outside, words))
    _put_heading(panel, heading)
    if trend[-1].churn_rate is not None:
        colour = _WARNING if at[-1] in outside else _SLATE
        if at[-1] not in outside:
            panel.plot(at[-1], rates[-1], color=colour, marker="o", markersize=_DOT, clip_on=False)
        _put_figure(panel, rates[-1], words.rate(trend[-1].churn_rate), colour)
    elif not known:
        note = FontProperties(family=_FONT, size=34)
        text = words.text("chart_no_rate")
        panel.text(0.01, 0.5, text, transform=panel.transAxes, color=_QUIET, font=note)


def _mark_unusual(panel: Axes, outside: dict[int, float], words: Wording) -> Line2D:
    """Mark the weeks outside of the usual range; the answer is the mark for the heading."""
    panel.plot(
        list(outside.keys()),
        list(outside.values()),
        linestyle="",
        color=_WARNING,
        marker="D",
        markersize=_DIAMOND,
        markeredgecolor="white",
        markeredgewidth=3,
        clip_on=False,
        zorder=3,
        label="unusual",
    )
    text = words.text("chart_unusual")
    return Line2D([], [], linestyle="", color=_WARNING, marker="D", markersize=_DIAMOND, label=text)


def _numbers(rates: list[Decimal | None]) -> list[float]:
    return [nan if rate is None else float(rate) for rate in rates]


def _panel(figure: Figure, bottom: int, top: int, at: list[int]) -> Axes:
    panel = figure.add_axes(
        (_LEFT / WIDTH, bottom / HEIGHT, (_RIGHT - _LEFT) / WIDTH, (top - bottom) / HEIGHT)
    )
    panel.set_xlim(min(at[0], 1 - _FEWEST_WEEKS) - 0.5, 0.5)
    panel.set_xticks([])
    panel.set_axisbelow(True)
    panel.spines[:].set_visible(False)
    panel.grid(axis="y", color=_GRID, linewidth=2)
    panel.tick_params(length=0, pad=14, labelsize=32, labelcolor=_QUIET, labelfontfamily=_FONT)
    return panel


def _mark_counts(panel: Axes, words: Wording) -> None:
    panel.yaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10], integer=True))
    panel.yaxis.set_major_formatter(
        FuncFormatter(lambda count, _: words.short_count(abs(round(count))))
    )


def _name_months(panel: Axes, at: list[int], trend: tuple[TrendWeek, ...], words: Wording) -> None:
    """Name the months below the weeks that they begin in; the latest week's where none does."""
    begin = [
        (place, week.week_starts_on + timedelta(days=6))
        for place, week in zip(at, trend, strict=True)
        if (week.week_starts_on + timedelta(days=6)).day <= 7
    ] or [(at[-1], trend[-1].week_starts_on)]
    panel.set_xticks([place for place, _ in begin], [words.month(day) for _, day in begin])


def _put_heading(panel: Axes, parts: Sequence[Artist]) -> None:
    """The names of what a panel shows, each with its colour, on top of it."""
    panel.legend(
        handles=parts,
        loc="lower left",
        bbox_to_anchor=((_EDGE - _LEFT) / (_RIGHT - _LEFT), 1.0),
        ncols=len(parts),
        frameon=False,
        borderpad=0,
        borderaxespad=0.3,
        handlelength=0.9,
        handleheight=0.8,
        handletextpad=0.4,
        columnspacing=1.2,
        prop=FontProperties(family=_FONT, size=36),
        labelcolor=_INK,
    )


def _put_figure(panel: Axes, height: float, text: str, colour: str) -> None:
    """The latest week's figure, to the right of a panel; smaller where it is long."""
    room = WIDTH - _EDGE / 2 - _RIGHT - 12
    size = min(50.0, room / (0.7 * len(text)))  # a bold digit is 0.7 as wide as it is high
    panel.annotate(
        text,
        (1, height),
        xycoords=("axes fraction", "data"),
        xytext=(12, 0),
        textcoords="offset points",
        verticalalignment="center",
        color=colour,
        font=FontProperties(family=_FONT, size=size, weight="bold"),
        annotation_clip=False,
    )
