"""Overview: the weekly report's own message, with its history as lines.

Is churn unusual, who stands out, how much is at risk, can the figures be trusted?
"""

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Figure
from include.dashboard.visit import Visit
from include.report.message import Mark

_SALES = """
    select week_starts_on, revenue
    from {marts}.weekly_sales
    where week_ends_on < (select as_of_on from {shop}.as_of)
    order by week_starts_on desc
    limit 53
"""


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "overview")
    report, message = visit.report()
    for warning in message.warnings:
        st.warning(warning)
    st.subheader(message.verdict, anchor=False)
    st.caption(message.period)
    show.figures(
        [
            Figure(
                fact.label,
                fact.value,
                " · ".join(filter(None, (fact.change, fact.detail))),
                is_unusual=fact.mark is not Mark.EVEN,
            )
            for fact in message.figures
        ]
    )
    st.page_link(visit.pages["at_risk"], label=message.at_risk, icon=":material/hourglass_top:")
    if message.outcome:
        st.markdown(show.escaped(message.outcome))
    drivers, chart = st.columns((1, 2))
    with drivers:
        if message.drivers_heading:
            st.subheader(message.drivers_heading, anchor=False)
        st.markdown("\n".join(f"- {show.escaped(line)}" for line in message.drivers))
        st.caption("  \n".join(show.escaped(note) for note in message.notes))
    with chart:
        st.subheader(words.text("churn_rate"), anchor=False)
        show.usual_line(
            visit,
            [vars(week) for week in report.trend],
            "churn_rate",
            low="usual_churn_rate_low",
            high="usual_churn_rate_high",
            unusual="is_churn_rate_unusual",
        )
    st.subheader(words.text("revenue"), anchor=False)
    sales = visit.rows(_SALES)
    show.chart(
        visit,
        charts.bars(sales, "week_starts_on", "revenue", title=visit.in_currency("revenue")),
        words.text("says_revenue"),
    )
