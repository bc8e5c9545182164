"""Connect: how the figures get into a tool of one's own."""

from collections.abc import Sequence

import streamlit as st

from include.dashboard import bi_files, readers, show
from include.dashboard.bi_files import Address, Column
from include.dashboard.visit import Visit
from include.schemas import schema

# what the reader may see: neither tables nor columns that it may not
_COLUMNS = """
    select
        columns.table_name,
        columns.column_name,
        columns.data_type,
        coalesce(
            col_description(
                format('%%I.%%I', columns.table_schema, columns.table_name)::regclass,
                columns.ordinal_position
            ),
            ''
        ) as description
    from information_schema.columns
    where columns.table_schema = %(marts)s
    order by columns.table_name, columns.ordinal_position
"""


def page(visit: Visit) -> None:
    """Show the page."""
    words = visit.words
    show.head(visit, "connect")
    to = bi_files.address(str(readers.pool().conninfo), visit.settings.warehouse_address)
    st.subheader("SQL", anchor=False)
    st.markdown(words.text("connect_sql"))
    values = {
        "host": to.host,
        "port": to.port,
        "database": to.database,
        "user": to.user,
        "schemas": f"{schema('marts')}, {schema('shop')}",
    }
    st.markdown("\n".join(f"- {words.text(f'connect_{k}')}: `{v}`" for k, v in values.items()))
    _power_bi(visit, to)
    _tableau(visit, to)
    st.subheader("Metabase", anchor=False)
    st.markdown(words.text("connect_metabase"))
    st.subheader("Excel", anchor=False)
    st.markdown(words.text("connect_excel"))
    st.subheader("API", anchor=False)
    st.markdown(words.text("connect_api"))
    st.subheader(words.text("connect_docs_title"), anchor=False)
    st.markdown(_docs(visit))


def _power_bi(visit: Visit, to: Address) -> None:
    st.subheader("Power BI", anchor=False)
    st.markdown(visit.words.text("connect_power_bi"))
    st.download_button(
        visit.words.text("connect_file", file="shop.pbids"),
        bi_files.pbids(to),
        "shop.pbids",
        "application/json",
        on_click="ignore",
    )


def _tableau(visit: Visit, to: Address) -> None:
    st.subheader("Tableau", anchor=False)
    st.markdown(visit.words.text("connect_tableau"))
    tables: dict[str, list[Column]] = {}
    for row in visit.rows(_COLUMNS, marts=schema("marts")):
        column = Column(row["column_name"], row["data_type"], row["description"])
        tables.setdefault(row["table_name"], []).append(column)
    if not tables:
        return
    table = show.choose(visit, "table", list(tables))
    st.download_button(
        visit.words.text("connect_file", file=f"{table}.tds"),
        _tds(to, table, tables[table]),
        f"{table}.tds",
        "application/xml",
        on_click="ignore",
    )


def _tds(to: Address, table: str, columns: Sequence[Column]) -> bytes:
    return bi_files.tds(to, schema("marts"), table, columns)


def _docs(visit: Visit) -> str:
    """Where every model and column is told of: in Airflow, where others can open it."""
    address = visit.settings.report_airflow_url
    if not address:
        return visit.words.text("connect_docs")
    page = f"{address}/cosmos/ecommerce/dbt_docs_index.html"
    return visit.words.text("connect_docs_at", page=page)
