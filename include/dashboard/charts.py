"""The charts of the pages, as Vega-Lite; rows come as the marts have them, one mark a row.

Their colours are the report's, of Okabe and Ito, which colour-blind readers can tell apart, in
shades that stand on white and on black.
"""

from typing import Any

import altair as alt

from include.dashboard.readers import Rows

Chart = Any
"""One of Altair's; what its calls give, their types do not tell apart."""

BLUE, GREEN, ORANGE, RED = "#3d8fc4", "#2a9d78", "#d08700", "#d55e00"
HEIGHT = 260
_WEEK, _MONTH = "%d %b", "%b %Y"


def data(rows: Rows) -> Any:
    """Rows for Vega, which knows numbers and texts only."""
    values = [{key: _plain(value) for key, value in row.items()} for row in rows]
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def in_range(rows: Rows, *, value: str, low: str, high: str, unusual: str, title: str) -> Chart:
    """A line over weeks in its usual range; what is outside stands out by a mark of its own."""
    form = ".1%"
    base = alt.Chart(data(rows), height=HEIGHT).encode(x=weeks())
    axis = alt.Axis(format=form, title=title)
    return alt.layer(
        base.mark_area(color=BLUE, opacity=0.18, interpolate="step").encode(
            y=alt.Y(f"{low}:Q", axis=axis), y2=f"{high}:Q"
        ),
        base.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y(f"{value}:Q", axis=axis)),
        base.mark_point(color=RED, size=90, filled=True, shape="diamond", opacity=1, aria=False)
        .encode(y=f"{value}:Q", tooltip=[day(), alt.Tooltip(f"{value}:Q", format=form)])
        .transform_filter(alt.datum[unusual] == True),  # noqa: E712 - Vega's, which has null too
    )


def movement(rows: Rows, when: str, series: dict[str, str]) -> Chart:
    """Customers who came above the line, who went below it; `series`: column to name."""
    colours = dict(zip(series.values(), (GREEN, BLUE, RED), strict=True))
    went = list(series)[-1]
    long = [
        {"on": row[when], "n": -row[c] if c == went else row[c], "what": name}
        for row in rows
        for c, name in series.items()
    ]
    return (
        alt.Chart(data(long), height=HEIGHT)
        .mark_bar()
        .encode(
            x=weeks("on"),
            y=alt.Y("n:Q", title=None, axis=alt.Axis(format=",.0f")),
            color=alt.Color("what:N", title=None, legend=alt.Legend(orient="top")).scale(
                domain=list(colours), range=list(colours.values())
            ),
            tooltip=["what:N", alt.Tooltip("on:T", title=" "), alt.Tooltip("n:Q", title=" ")],
        )
    )


def bars(rows: Rows, when: str, value: str, *, title: str) -> Chart:
    """A bar a week."""
    return (
        alt.Chart(data(rows), height=HEIGHT)
        .mark_bar(color=BLUE)
        .encode(x=weeks(when), y=alt.Y(f"{value}:Q", title=title))
    )


def across(rows: Rows, name: str, value: str, *, title: str) -> Chart:
    """Lying bars, the longest first: what has names has room for them so."""
    return (
        alt.Chart(data(rows), height=alt.Step(26))
        .mark_bar(color=BLUE)
        .encode(
            x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=",.0f")),
            y=alt.Y(f"{name}:N", sort=None, title=None, axis=alt.Axis(labelLimit=180)),
            tooltip=[f"{name}:N", alt.Tooltip(f"{value}:Q", format=",.0f")],
        )
    )


def survival(rows: Rows, *, window_days: int, title: str, days: str) -> Chart:
    """The share of gaps between orders that are open after so many days, and the shop's window."""
    curve = (
        alt.Chart(data(rows), height=HEIGHT)
        .mark_line(color=BLUE, interpolate="step-after", strokeWidth=2)
        .encode(
            x=alt.X("gap_days:Q", title=days),
            y=alt.Y("survival:Q", title=title, axis=alt.Axis(format=".0%")),
        )
    )
    window = alt.Chart(data([{"days": window_days}])).mark_rule(color=RED, strokeDash=[4, 4])
    return alt.layer(curve, window.encode(x="days:Q"))


def with_forecast(rows: Rows, forecast: Rows, *, title: str) -> Chart:
    """Revenue by week, and that of the weeks to come as a range: how far it was off so far."""
    past = bars(rows, "week_starts_on", "revenue", title=title)
    ahead = alt.Chart(data(forecast), height=HEIGHT).encode(x=weeks())
    return alt.layer(
        past,
        ahead.mark_rule(color=ORANGE, strokeWidth=6, opacity=0.5).encode(y="low:Q", y2="high:Q"),
        ahead.mark_point(color=ORANGE, filled=True, size=70, opacity=1).encode(
            y="forecast_revenue:Q",
            tooltip=[day(), alt.Tooltip("forecast_revenue:Q", format=",.0f")],
        ),
    )


def heat_map(rows: Rows, *, form: str, titles: tuple[str, str]) -> Chart:
    """A cohort a line, its months since the first order across; a month that runs yet is pale."""
    base = alt.Chart(data(rows), height=alt.Step(24)).encode(
        x=alt.X(
            "months_since:O",
            title=titles[0],
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False),
        ),
        y=alt.Y("yearmonth(cohort_month):O", title=titles[1], axis=alt.Axis(format=_MONTH)),
    )
    highest = max((row["value"] for row in rows), default=1) or 1
    partial = alt.datum.is_partial == True  # noqa: E712 - Vega's
    is_dark = (alt.datum.value > float(highest) * 0.6) & (alt.datum.is_partial == False)  # noqa: E712
    return alt.layer(
        base.mark_rect().encode(
            color=alt.Color("value:Q", legend=None).scale(range=["#eef5fa", "#0a5a8c"]),
            opacity=alt.condition(partial, alt.value(0.55), alt.value(1)),
        ),
        base.mark_text(fontSize=11).encode(
            text=alt.Text("value:Q", format=form),
            color=alt.condition(is_dark, alt.value("#ffffff"), alt.value("#14202b")),
        ),
    )


def weeks(key: str = "week_starts_on") -> alt.X:
    """The axis of days."""
    return alt.X(f"{key}:T", title=None, axis=alt.Axis(format=_WEEK, labelOverlap=True))


def day(key: str = "week_starts_on") -> alt.Tooltip:
    """A day, where a mark is pointed at."""
    return alt.Tooltip(f"{key}:T", format="%d %b %Y", title=" ")


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        # with an hour, or Vega takes it for midnight in Greenwich and shows the day before
        return f"{value.isoformat()}T00:00:00" if not hasattr(value, "hour") else value.isoformat()
    return float(value) if hasattr(value, "as_tuple") else value
