"""The charts of the week's page: what is known is drawn, what is not leaves a gap."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from include.report.svg import Week, bars, line_in_range
from include.report.wording import Wording

EN = Wording("en")


def weeks(*rates: str | None, unusual: int | None = None) -> list[Week]:
    """Weeks from Monday, September 7, on; each usual between 1% and 4%, but for the first."""
    return [
        Week(
            date(2026, 9, 7) + timedelta(weeks=number),
            None if rate is None else Decimal(rate),
            f"week <{number}>",
            Decimal("0.01") if number else None,
            Decimal("0.04") if number else None,
            number == unusual,
        )
        for number, rate in enumerate(rates)
    ]


def line(*rates: str | None, unusual: int | None = None) -> str:
    return line_in_range("churn", weeks(*rates, unusual=unusual), "A & B", "…", EN.growth, EN)


def drawn(svg: str, name: str) -> list[str]:
    return re.findall(rf'class="{name}" d="([^"]*)"', svg)


def test_a_week_without_a_rate_leaves_a_gap_in_the_line() -> None:
    two = drawn(line("0.02", "0.03", None, "0.02", "0.01"), "line")
    assert [path.count("L") + 1 for path in two] == [2, 2]


def test_a_single_week_is_a_dot_of_the_line() -> None:
    [dot] = drawn(line("0.02"), "line")
    there, again = dot[1:].split(" L")
    assert there == again


def test_the_range_has_a_step_a_week_and_none_where_it_is_not_known() -> None:
    [usual] = drawn(line("0.02", "0.03", "0.02"), "range")
    assert usual.count("L") + 1 == 2 * 2 * 2  # an edge above and one below, each of two weeks


def test_only_unusual_weeks_have_a_mark() -> None:
    assert drawn(line("0.02", "0.03"), "unusual") == []
    assert len(drawn(line("0.02", "0.09", unusual=1), "unusual")) == 1


def test_what_is_written_is_escaped() -> None:
    svg = line("0.02")
    assert ">A &amp; B</title>" in svg
    assert "<title>week &lt;0&gt;</title>" in svg


@pytest.mark.parametrize(
    ("highest", "at_the_axis"),
    [
        ("0", ["0", "0.5", "1"]),
        ("1", ["0", "0.5", "1"]),
        ("48213.50", ["0", "20000", "40000"]),
        ("9999999.99", ["0", "5000000", "10000000"]),
    ],
)
def test_the_axis_has_round_values(highest: str, at_the_axis: list[str]) -> None:
    svg = bars("revenue", weeks(highest)[:1], "", "", lambda value: f"{value.normalize():f}", EN)
    assert re.findall(r'class="end">([^<]*)<', svg) == at_the_axis


def test_a_year_has_at_most_six_months_named_the_latest_among_them() -> None:
    svg = bars("revenue", weeks(*["1"] * 53), "", "", str, EN)
    months = re.findall(r'class="middle">([^<]*)<', svg)
    assert len(months) <= 6
    assert months[0] == "Sep"
