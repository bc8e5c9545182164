"""Cohorts: do customers who came later come back more, and what are they worth by now?"""

import streamlit as st

from include.dashboard import charts, show
from include.dashboard.show import Column, Kind
from include.dashboard.visit import Visit

MEASURES = {
    "retention": ("retention_rate", ".0%", Kind.RATE),
    "ltv_revenue": ("ltv_revenue", ",.0f", Kind.MONEY),
    "ltv_margin": ("ltv_margin", ",.0f", Kind.MONEY),
}
MONTHS = 12
_ALL = "all"
_CELLS = """
    select cohort_month, months_since, cohort_customers, {measure} as value, is_partial
    from {{marts}}.monthly_cohorts
    where
        {measure} is not null and months_since <= %(months)s
        and cohort_month >= (
            select max(cohort_month) - make_interval(months => %(cohorts)s)
            from {{marts}}.monthly_cohorts
        )
    order by cohort_month, months_since
"""
_CELLS_OF_SEGMENT = """
    select cohort_month, months_since, cohort_customers, {measure} as value, is_partial
    from {{marts}}.monthly_cohorts_by_segment
    where
        {measure} is not null and months_since <= %(months)s
        and dimension = %(dimension)s and segment = %(segment)s
        and cohort_month >= (
            select max(cohort_month) - make_interval(months => %(cohorts)s)
            from {{marts}}.monthly_cohorts
        )
    order by cohort_month, months_since
"""
_SEGMENTS = """
    select dimension, segment, sum(customers) as customers
    from {marts}.monthly_cohorts_by_segment
    where months_since = 0
    group by dimension, segment
    order by dimension, customers desc, segment
"""
_SECOND = """
    select cohort_month, horizon_days, cohort_customers, observed_customers, conversion_rate
    from {marts}.second_order_conversion
    where conversion_rate is not null and observed_customers = cohort_customers
    order by cohort_month desc, horizon_days
"""
SECOND_COLUMNS = (
    Column("cohort_month", "cohort", Kind.DAY),
    Column("cohort_customers", "new", Kind.COUNT),
    Column("horizon_days", "within_days", Kind.COUNT),
    Column("conversion_rate", "second_order", Kind.RATE),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "cohorts")
    measure = show.switch(visit, "measure", list(MEASURES))
    column, form, kind = MEASURES[measure]
    dimension, segment = _segment(visit)
    query = (_CELLS if dimension == _ALL else _CELLS_OF_SEGMENT).format(measure=column)
    cells = visit.rows(query, months=MONTHS, cohorts=17, dimension=dimension, segment=segment)
    if measure == "retention":
        cells = [cell for cell in cells if cell["months_since"] > 0]
    if not cells:
        show.nothing(visit, "no_cohorts")
        return
    _best(visit, cells, kind)
    show.chart(
        visit,
        charts.heat_map(
            cells, form=form, titles=(words.text("months_since"), words.text("cohort"))
        ),
        words.text("says_cohorts"),
    )
    st.caption(words.text("partial_is_pale"))
    show.download(
        visit,
        cells,
        (
            Column("cohort_month", "cohort", Kind.DAY),
            Column("months_since", "months_since", Kind.COUNT),
            Column("cohort_customers", "new", Kind.COUNT),
            Column("value", f"measure_{measure}", kind),
        ),
        f"cohorts_{measure}",
        "cells",
    )
    st.subheader(words.text("second_order_title"), anchor=False)
    show.table(visit, visit.rows(_SECOND), SECOND_COLUMNS, "second_orders")


def _best(visit: Visit, cells: list, kind: Kind) -> None:  # type: ignore[type-arg]
    """The best cohort at an age that at least three cohorts have reached, in a sentence."""
    of_age: dict[int, list] = {}  # type: ignore[type-arg]
    for cell in cells:
        if not cell["is_partial"]:
            of_age.setdefault(cell["months_since"], []).append(cell)
    age = max((age for age, them in of_age.items() if age <= 3 and len(them) >= 3), default=None)
    if age is None:
        return
    best = max(of_age[age], key=lambda cell: cell["value"])
    value = visit.words.rate(best["value"]) if kind is Kind.RATE else visit.money(best["value"])
    st.markdown(
        visit.words.text(
            "best_cohort",
            cohort=visit.words.month_of_year(best["cohort_month"]),
            months=visit.words.plural("months", age),
            value=show.escaped(value),
            customers=visit.words.count(best["cohort_customers"]),
        )
    )


def _segment(visit: Visit) -> tuple[str, str]:
    found = visit.rows(_SEGMENTS)
    dimensions = [_ALL, *dict.fromkeys(row["dimension"] for row in found)]
    dimension = show.switch(visit, "dimension", dimensions)
    if dimension == _ALL:
        return dimension, ""
    segments = [row["segment"] for row in found if row["dimension"] == dimension]
    return dimension, show.choose(visit, "segment", segments)
