"""Data: can the figures be trusted? What failed comes first."""

import streamlit as st

from include.dashboard import show
from include.dashboard.show import Column, Figure, Kind
from include.dashboard.visit import Visit
from include.settings import PersonalData

_TESTS = """
    select test_name, status, failures
    from {ops}.data_tests
    where status <> 'pass'
    order by status, test_name
"""
_REJECTED = """
    select source_name, landing_table, rejected_because, count(*) as rows
    from {shop}.rejected_rows
    group by source_name, landing_table, rejected_because
    order by count(*) desc
"""
_REJECTED_ROWS = """
    select source_name, landing_table, rejected_because, source_row
    from {shop}.rejected_rows
    order by source_name, landing_table, rejected_because
    limit 10000
"""
_LOADS = """
    select distinct on (source_name, landing_table)
        source_name, landing_table, status, started_at, loaded_rows, rejected_rows, seconds
    from {ops}.loads
    order by source_name, landing_table, load_number desc
"""
_REPORTS = """
    select period_starts_on, part, state, changed_at
    from {ops}.report_deliveries
    order by changed_at desc
    limit 20
"""
TEST_COLUMNS = (
    Column("test_name", "test"),
    Column("status", "state"),
    Column("failures", "rows", Kind.COUNT),
)
REJECTED_COLUMNS = (
    Column("source_name", "source"),
    Column("landing_table", "table"),
    Column("rejected_because", "reason"),
    Column("rows", "rows", Kind.COUNT),
)
REJECTED_ROW_COLUMNS = (
    Column("source_name", "source"),
    Column("landing_table", "table"),
    Column("rejected_because", "reason"),
    Column("source_row", "source_row"),
)
LOAD_COLUMNS = (
    Column("source_name", "source"),
    Column("landing_table", "table"),
    Column("status", "state"),
    Column("day", "loaded_on", Kind.DAY),
    Column("loaded_rows", "rows", Kind.COUNT),
    Column("rejected_rows", "set_aside", Kind.COUNT),
)
REPORT_COLUMNS = (
    Column("period_starts_on", "begins_on", Kind.DAY),
    Column("part", "part"),
    Column("state", "state"),
    Column("day", "sent_on", Kind.DAY),
)


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "data")
    tests, rejected = visit.rows(_TESTS), visit.rows(_REJECTED)
    set_aside = sum(row["rows"] for row in rejected)
    show.figures(
        [
            Figure(words.text("tests_not_passed"), words.count(len(tests))),
            Figure(words.text("set_aside"), words.count(set_aside)),
        ]
    )
    if tests:
        show.table(visit, tests, TEST_COLUMNS, "tests")
    else:
        st.success(words.text("all_tests_passed"))
    for warning in visit.report()[1].warnings:
        st.warning(show.escaped(warning))
    if rejected:
        st.subheader(words.text("set_aside"), anchor=False)
        show.table(visit, rejected, REJECTED_COLUMNS, "rejected")
        if visit.visitor.personal_data is PersonalData.FULL:  # a row as it came tells who it is
            rows = visit.personal_rows(_REJECTED_ROWS)
            show.download(visit, rows, REJECTED_ROW_COLUMNS, "rejected_rows", "rejected_rows")
    _when(visit, "last_loads", "{ops}.loads", _LOADS, "started_at", LOAD_COLUMNS)
    _when(visit, "last_reports", "{ops}.report_deliveries", _REPORTS, "changed_at", REPORT_COLUMNS)


def _when(
    visit: Visit, title: str, table: str, query: str, when: str, columns: tuple[Column, ...]
) -> None:
    """What happened when, as a table; these change without a build, so they are read anew."""
    st.subheader(visit.words.text(title), anchor=False)
    rows = visit.rows_now(query) if visit.has(table) else []
    found = [{**row, "day": row[when] and row[when].date()} for row in rows]
    if found:
        show.table(visit, found, columns, title)
    else:
        show.nothing(visit, f"no_{title}")
