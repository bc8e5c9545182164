"""CRM: where deals stick, and which companies are worth their cost."""

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Column, Kind
from include.dashboard.visit import Visit

_STAGES = """
    select
        conversions.pipeline_name,
        conversions.stage_name,
        conversions.entered_deals,
        conversions.moved_on_deals,
        conversions.conversion_rate,
        times.median_days,
        deals.open_deals,
        deals.open_amount
    from (
        select
            source_name, pipeline_id, stage_id, pipeline_name, stage_name, display_order,
            sum(entered_deals) as entered_deals,
            sum(moved_on_deals) as moved_on_deals,
            sum(moved_on_deals) * 1.0 / nullif(sum(entered_deals), 0) as conversion_rate
        from {marts}.stage_conversion
        group by source_name, pipeline_id, stage_id, pipeline_name, stage_name, display_order
    ) as conversions
    left join {marts}.time_in_stage as times using (source_name, pipeline_id, stage_id)
    left join (
        select
            source_name, pipeline_id, stage_id,
            sum(open_deals) as open_deals, sum(open_amount) as open_amount
        from {marts}.deals_by_stage
        group by source_name, pipeline_id, stage_id
    ) as deals using (source_name, pipeline_id, stage_id)
    order by conversions.pipeline_name, conversions.display_order
"""
COLUMNS = (
    Column("pipeline_name", "pipeline"),
    Column("stage_name", "stage"),
    Column("entered_deals", "entered_deals", Kind.COUNT),
    Column("moved_on_deals", "moved_on_deals", Kind.COUNT),
    Column("conversion_rate", "conversion_rate", Kind.RATE),
    Column("median_days", "median_days", Kind.NUMBER),
    Column("open_deals", "open_deals", Kind.COUNT),
    Column("open_amount", "open_amount", Kind.MONEY),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "crm")
    stages = visit.rows(_STAGES)
    if not stages:
        show.nothing(visit, "no_deals")
        return
    pipeline = show.choose(
        visit, "pipeline", list(dict.fromkeys(row["pipeline_name"] for row in stages))
    )
    shown = [row for row in stages if row["pipeline_name"] == pipeline]
    st.subheader(words.text("entered_deals"), anchor=False)
    show.chart(
        visit,
        charts.across(shown, "stage_name", "entered_deals", title=words.text("entered_deals")),
        words.text("says_stages"),
    )
    show.table(visit, shown, COLUMNS, "stages")
