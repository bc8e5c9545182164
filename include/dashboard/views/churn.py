"""Churn: when customers left, which ones, and whether the window that says so fits."""

from decimal import Decimal

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Column, Figure, Kind
from include.dashboard.visit import Visit

PERIODS = {
    "week": ("weekly_churn", "week_starts_on"),
    "month": ("monthly_churn", "month_starts_on"),
}
_MOVES = """
    select
        {on} as starts_on, new_customers, reactivated_customers, churned_customers,
        active_customers_at_end, churn_rate, revenue_churn_rate
    from {{marts}}.{mart}
    where {ends_on} < (select as_of_on from {{shop}}.as_of)
    order by {on} desc
    limit 53
"""
_SEGMENTS = """
    select segment, active_customers_at_start, churned_from_start, churn_rate
    from {marts}.churn_by_segment
    where
        period = %(period)s
        and dimension = %(dimension)s
        and active_customers_at_start > 0
        and starts_on = (
            select max(starts_on) from {marts}.churn_by_segment
            where period = %(period)s and ends_on < (select as_of_on from {shop}.as_of)
        )
    order by churned_from_start desc, segment
"""
# not of cohorts: the window itself makes those churn who first ordered as long ago as it is wide
_DIMENSIONS = """
    select distinct dimension
    from {marts}.churn_by_segment
    where dimension <> 'cohort'
    order by dimension
"""
_WINDOWS = "select * from {marts}.churn_windows"
_SURVIVAL = """
    select gap_days, survival from {marts}.order_gap_survival
    where gap_days <= 400 order by gap_days
"""
COLUMNS = (
    Column("starts_on", "begins_on", Kind.DAY),
    Column("active_customers_at_end", "active", Kind.COUNT),
    Column("new_customers", "new", Kind.COUNT),
    Column("reactivated_customers", "reactivated", Kind.COUNT),
    Column("churned_customers", "churned", Kind.COUNT),
    Column("churn_rate", "churn_rate", Kind.RATE),
    Column("revenue_churn_rate", "revenue_churn_rate", Kind.RATE),
)
SEGMENT_COLUMNS = (
    Column("segment", "segment"),
    Column("active_customers_at_start", "active_at_start", Kind.COUNT),
    Column("churned_from_start", "churned", Kind.COUNT),
    Column("churn_rate", "churn_rate", Kind.RATE),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "churn")
    period = show.switch(visit, "period", list(PERIODS))
    mart, on = PERIODS[period]
    query = _MOVES.format(mart=mart, on=on, ends_on=on.replace("starts", "ends"))
    moves = visit.rows(query)[::-1]
    if not moves:
        show.nothing(visit, "no_week")
        return
    show.chart(
        visit,
        charts.movement(
            moves,
            "starts_on",
            {
                "new_customers": words.text("new"),
                "reactivated_customers": words.text("reactivated"),
                "churned_customers": words.text("churned"),
            },
        ),
        words.text("says_movement"),
    )
    show.table(visit, moves[::-1], COLUMNS, f"churn_by_{period}")
    st.subheader(words.text("who_left"), anchor=False)
    dimensions = [row["dimension"] for row in visit.rows(_DIMENSIONS)]
    if dimensions:
        dimension = show.switch(visit, "dimension", dimensions)
        left = visit.rows(_SEGMENTS, period=period, dimension=dimension)
        show.table(visit, left, SEGMENT_COLUMNS, f"churn_by_{dimension}")
    _window(visit)


def _window(visit: Visit) -> None:
    words, found = visit.words, visit.row(_WINDOWS)
    if not found:
        return
    st.subheader(words.text("does_window_fit"), anchor=False)

    def days(value: Decimal | int | None) -> str:
        return words.plural("bot_days", int(value)) if value is not None else "–"

    show.figures(
        [
            Figure(words.text("window_fixed"), days(found["fixed_window_days"])),
            Figure(
                words.text("window_percentile"),
                days(found["percentile_window_days"]),
                means=words.text("means_window_percentile"),
            ),
            Figure(
                words.text("window_kaplan_meier"),
                days(found["kaplan_meier_window_days"]),
                means=words.text("means_window_kaplan_meier"),
            ),
        ]
    )
    show.chart(
        visit,
        charts.survival(
            visit.rows(_SURVIVAL),
            window_days=found["fixed_window_days"],
            title=words.text("not_back_yet"),
            days=words.text("days"),
        ),
        words.text("says_survival"),
    )
