"""Value: who is worth it, what may a customer cost, and is the revenue in few hands?"""

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Column, Figure, Kind
from include.dashboard.visit import Visit

_RFM = """
    select rfm_segment, count(*) as customers, sum(revenue) as revenue
    from {marts}.customer_rfm
    group by rfm_segment
    order by revenue desc
"""
_MOVES = """
    select from_segment, to_segment, customers, revenue
    from {marts}.rfm_segment_moves
    where from_segment <> to_segment
    order by revenue desc
    limit 30
"""
_COSTS = """
    select
        cohort_month, acquisition_channel, cohort_customers, cac, margin_12_months, ltv_to_cac,
        payback_month
    from {marts}.ltv_to_cac
    order by cohort_month desc, acquisition_channel
"""
_ABC = """
    select abc_class, count(*) as customers, sum(revenue_share) as revenue_share
    from {marts}.customer_abc
    group by abc_class
    order by abc_class
"""
RFM_COLUMNS = (
    Column("segment", "segment"),
    Column("customers", "customers", Kind.COUNT),
    Column("revenue", "revenue", Kind.MONEY),
)
MOVE_COLUMNS = (
    Column("was", "segment_before"),
    Column("segment", "segment_now"),
    Column("customers", "customers", Kind.COUNT),
    Column("revenue", "revenue", Kind.MONEY),
)
COST_COLUMNS = (
    Column("cohort_month", "cohort", Kind.DAY),
    Column("acquisition_channel", "channel"),
    Column("cohort_customers", "new", Kind.COUNT),
    Column("cac", "cac", Kind.MONEY),
    Column("margin_12_months", "margin_12_months", Kind.MONEY),
    Column("ltv_to_cac", "ltv_to_cac", Kind.NUMBER),
    Column("payback_month", "payback_month", Kind.COUNT),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "value")
    segments = [
        {**row, "segment": words.text(f"rfm_{row['rfm_segment']}")} for row in visit.rows(_RFM)
    ]
    if not segments:
        show.nothing(visit, "no_customers")
        return
    show.figures(
        [
            Figure(
                words.text("abc_class", name=row["abc_class"].upper()),
                words.plural("so_far_customers", row["customers"]),
                words.text("of_revenue", share=words.rate(row["revenue_share"])),
            )
            for row in visit.rows(_ABC)
        ]
    )
    show.chart(
        visit,
        charts.across(segments, "segment", "revenue", title=visit.in_currency("revenue")),
        words.text("says_segments"),
    )
    show.table(visit, segments, RFM_COLUMNS, "segments")
    st.subheader(words.text("segment_moves"), anchor=False)
    moves = [
        {
            **row,
            "was": words.text(f"rfm_{row['from_segment']}"),
            "segment": words.text(f"rfm_{row['to_segment']}"),
        }
        for row in visit.rows(_MOVES)
    ]
    show.table(visit, moves, MOVE_COLUMNS, "segment_moves")
    st.subheader(words.text("what_may_they_cost"), anchor=False)
    costs = visit.rows(_COSTS)
    if costs:
        show.table(visit, costs, COST_COLUMNS, "ltv_to_cac")
    else:
        show.nothing(visit, "no_spend")
