"""The chart shows what the rows say, in both languages, whatever the shop looks like."""

import struct
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import isnan

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from include.report import chart
from include.report.chart import churn_chart
from include.report.read import TrendWeek
from include.report.wording import LANGUAGES, Wording

LATEST = date(2026, 11, 9)


def weeks(count: int) -> tuple[TrendWeek, ...]:
    """Weeks up to that of 9 November 2026, each with a customer more and an ordinary rate."""
    return tuple(
        TrendWeek(
            week_starts_on=LATEST - timedelta(weeks=count - 1 - n),
            active_customers_at_end=400 + n,
            new_customers=4,
            reactivated_customers=3,
            churned_customers=6,
            churn_rate=Decimal("0.049351"),
            usual_churn_rate_low=Decimal("0.014272"),
            usual_churn_rate_high=Decimal("0.074557"),
            is_churn_rate_unusual=False,
        )
        for n in range(count)
    )


HALF_A_YEAR = weeks(26)
NO_RANGE = tuple(
    replace(week, usual_churn_rate_low=None, usual_churn_rate_high=None) for week in HALF_A_YEAR
)
NOBODY = tuple(
    replace(
        week,
        active_customers_at_end=0,
        new_customers=0,
        reactivated_customers=0,
        churned_customers=0,
        churn_rate=None,
    )
    for week in NO_RANGE
)
MILLIONS = tuple(
    replace(
        week,
        active_customers_at_end=week.active_customers_at_end * 24_887,
        new_customers=week.new_customers * 24_887,
        reactivated_customers=week.reactivated_customers * 24_887,
        churned_customers=week.churned_customers * 24_887,
    )
    for week in HALF_A_YEAR
)
SHOPS = {
    "half a year": HALF_A_YEAR,
    "no usual range": NO_RANGE,
    "nobody": NOBODY,
    "ten million customers": MILLIONS,
    "one week": HALF_A_YEAR[-1:],
    "one week without a range": NO_RANGE[-1:],
    "the last week alone has a range": NO_RANGE[:-1] + HALF_A_YEAR[-1:],
    "everybody left": (*HALF_A_YEAR[:-1], replace(HALF_A_YEAR[-1], churn_rate=Decimal(1))),
    "no week": (),
}


def drawn(trend: tuple[TrendWeek, ...], lang: str = "en") -> Figure:
    figure = chart._figure(trend, Wording(lang))
    figure.draw_without_rendering()  # or there are no tick labels, and nothing has its place
    return figure


def texts(figure: Figure) -> list[str]:
    return [
        text.get_text()
        for text in figure.findobj(Text)
        if isinstance(text, Text) and text.get_visible() and text.get_text()
    ]


def lines(figure: Figure, label: str) -> list[Line2D]:
    return [line for axes in figure.axes for line in axes.lines if line.get_label() == label]


def heights(line: Line2D) -> list[float]:
    return [float(height) for height in np.asarray(line.get_ydata(), dtype=float)]


def bars(panel: Axes, label: str) -> list[float]:
    return [
        bar.get_height()
        for container in panel.containers
        if isinstance(container, BarContainer) and container.get_label() == label
        for bar in container.patches
    ]


@pytest.mark.parametrize("shop", SHOPS)
def test_any_shop_has_a_png_of_1600_by_900_that_is_always_the_same(shop: str) -> None:
    png = churn_chart(SHOPS[shop], Wording("pt_BR"))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (1600, 900)
    assert len(png) < 300_000
    assert png == churn_chart(SHOPS[shop], Wording("pt_BR"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shop", SHOPS)
def test_every_text_lies_within_the_picture_and_can_be_read_on_a_phone(
    shop: str, lang: str
) -> None:
    figure = drawn(SHOPS[shop], lang)
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if not text.get_visible() or not text.get_text():
            continue
        box = text.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= 1600, text.get_text()
        assert 0 <= box.y0 < box.y1 <= 900, text.get_text()
        assert float(text.get_fontsize()) >= 30, text.get_text()
        assert text.get_fontname() == "DejaVu Sans"


def test_the_chart_shows_what_the_rows_say() -> None:
    figure = drawn(HALF_A_YEAR)
    _, movement, rate = figure.axes
    [active] = lines(figure, "active")
    assert heights(active) == list(range(400, 426))
    assert bars(movement, "new") == [4] * 26
    assert bars(movement, "reactivated") == [3] * 26
    assert bars(movement, "churned") == [-6] * 26
    [rates] = lines(figure, "churn rate")
    assert heights(rates) == [0.049351] * 26
    [band] = [part for part in rate.collections if part.get_label() == "usual range"]
    box = band.get_datalim(rate.transData)
    assert (round(box.y0, 6), round(box.y1, 6)) == (0.014272, 0.074557)


def test_the_chart_is_worded_in_english() -> None:
    assert {
        "Customers, week by week",
        "Nov 9\u2009–\u200915, 2026",
        "Active customers",
        "425",
        "New",
        "Reactivated",
        "Churned",
        "+7",
        "−6",
        "Churn rate",
        "usual range",
        "4.9%",
        "5%",
        "Jun",  # its week ends on the 7th
        "Oct",
        "Nov",
    } <= set(texts(drawn(HALF_A_YEAR)))


def test_the_chart_is_worded_in_portuguese() -> None:
    assert {
        "Clientes, semana a semana",
        "9\u2009–\u200915 de nov. de 2026",
        "Clientes ativos",
        "Novos",
        "Reativados",
        "Perdidos (churn)",
        "Taxa de churn",
        "faixa habitual",
        "4,9%",
        "out.",
        "nov.",
    } <= set(texts(drawn(HALF_A_YEAR, "pt_BR")))


def test_millions_are_written_short() -> None:
    assert {"10.6M", "+174K", "−149K"} <= set(texts(drawn(MILLIONS)))
    assert {"10,6\u00a0mi", "+174\u00a0mil", "−149\u00a0mil"} <= set(
        texts(drawn(MILLIONS, "pt_BR"))
    )


@pytest.mark.parametrize("rate", ["0.074558", "0.014271"])
def test_a_rate_outside_its_range_is_marked_by_colour_and_shape(rate: str) -> None:
    usual = (replace(week, churn_rate=Decimal("0.074557")) for week in HALF_A_YEAR[:-2])
    unusual = [
        replace(week, churn_rate=Decimal(rate), is_churn_rate_unusual=True)
        for week in HALF_A_YEAR[-2:]
    ]
    figure = drawn((*usual, *unusual))
    [marks] = lines(figure, "unusual")
    assert list(np.asarray(marks.get_xdata())) == [-1, 0]
    assert heights(marks) == [float(rate)] * 2
    [plain] = lines(drawn(HALF_A_YEAR), "churn rate")
    assert marks.get_color() != plain.get_color()
    assert marks.get_marker() == "D"
    assert "unusual" in texts(figure)


def test_a_week_without_a_range_or_within_it_is_not_marked() -> None:
    for trend in (HALF_A_YEAR, NO_RANGE, NOBODY):
        assert lines(drawn(trend), "unusual") == []
        assert "unusual" not in texts(drawn(trend))
    assert "usual range" not in texts(drawn(NO_RANGE))


def test_a_missing_rate_is_a_gap_and_not_zero() -> None:
    trend = (*HALF_A_YEAR[:3], replace(HALF_A_YEAR[3], churn_rate=None), *HALF_A_YEAR[4:])
    [rates] = lines(drawn(trend), "churn rate")
    assert [place for place, rate in enumerate(heights(rates)) if isnan(rate)] == [3]


def test_where_there_is_nothing_to_show_the_chart_says_so() -> None:
    assert texts(drawn(())) == ["Customers, week by week", "There is no complete week yet."]
    assert "No churn rate: nobody was active when a week began." in texts(drawn(NOBODY))
    assert "0.0%" not in texts(drawn(NOBODY))


def test_colours_that_meet_differ_in_lightness_too() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = to_rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for one, other in (
        (chart._GREEN, chart._SKY),
        (chart._BLUE, chart._PALE_BLUE),
        (chart._SLATE, chart._GREY),
        (chart._WARNING, chart._GREY),
        (chart._WARNING, chart._SLATE),
    ):
        assert abs(lightness(one) - lightness(other)) > 0.15
