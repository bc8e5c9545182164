"""What pages are made of: a head, figures, charts, tables with their CSV, choices."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import streamlit as st

from include.dashboard import charts
from include.dashboard.readers import Rows
from include.dashboard.visit import Visit
from include.report.customers import Cell, as_csv


class Kind(Enum):
    """How the values of a column are written."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    RATE = "rate"
    MONEY = "money"
    DAY = "day"


@dataclass(frozen=True)
class Column:
    """One column of a table: a key of its rows, its heading's words, its values' kind."""

    key: str
    label: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Figure:
    """One number of a page's first row; `beside` is what it was, and what is usual."""

    label: str
    value: str
    beside: str = ""
    means: str = ""
    is_unusual: bool = False


def head(visit: Visit, page: str) -> None:
    """The page's title, the question that it answers, and of when its figures are."""
    words = visit.words
    st.title(words.text(f"page_{page}"), anchor=False)
    st.caption(f"{words.text(f'question_{page}')} {fresh(visit)}")


def fresh(visit: Visit) -> str:
    """Of when the figures are, and when what they are made of was last loaded."""
    as_of = visit.words.text("as_of", day=visit.words.day(visit.build.as_of_on))
    if not visit.has("{ops}.loads"):
        return as_of
    [loaded] = visit.rows_now(
        "select max(started_at) as at from {ops}.loads where status = 'loaded'"
    )
    if loaded["at"] is None:
        return as_of
    day = visit.words.day(loaded["at"].date())
    return f"{as_of} {visit.words.text('last_loaded', day=day)}"


def figures(shown: Sequence[Figure]) -> None:
    """Up to four numbers side by side; on a phone one below the other."""
    for column, figure in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            st.metric(
                f":orange[▲] {figure.label}" if figure.is_unusual else figure.label,
                figure.value,
                help=figure.means or None,
                border=True,
            )
            if figure.beside:
                st.caption(figure.beside)


def switch(visit: Visit, key: str, options: list[str]) -> str:
    """A choice of few, side by side; their words are `<key>_<option>`."""
    chosen = st.segmented_control(
        visit.words.text(key),
        options,
        default=_asked(key, options) or options[0],
        format_func=lambda option: visit.words.text(f"{key}_{option}"),
        key=f"chosen_{key}",
        on_change=_keep,
        args=[key],
        required=True,
    )
    return chosen or options[0]


def choose(visit: Visit, key: str, options: list[str]) -> str:
    """A choice of one of many."""
    chosen = st.selectbox(
        visit.words.text(key),
        options,
        index=options.index(_asked(key, options) or options[0]),
        key=f"chosen_{key}",
        on_change=_keep,
        args=[key],
    )
    return chosen or options[0]


def choose_some(visit: Visit, key: str, label: str, options: dict[str, str]) -> list[str]:
    """A choice of any of many, by their words; none chosen is all of them."""
    return st.multiselect(
        visit.words.text(label),
        list(options),
        default=[option for option in st.query_params.get_all(key) if option in options],
        format_func=options.__getitem__,
        key=f"chosen_{key}",
        on_change=_keep,
        args=[key],
        placeholder=visit.words.text("all"),
    )


def _asked(key: str, options: list[str]) -> str | None:
    """What the address asks for, whichever the language: not a word, but what it stands for."""
    asked = st.query_params.get(key)
    return asked if asked in options else None


def _keep(key: str) -> None:
    """Keep a choice in the address, so that it can be sent to somebody."""
    st.query_params[key] = st.session_state[f"chosen_{key}"]


def usual_line(visit: Visit, rows: Rows, value: str, *, low: str, high: str, unusual: str) -> None:
    """A rate over the weeks in its usual range; weeks outside of it stand out."""
    words = visit.words
    drawn = charts.in_range(
        rows, value=value, low=low, high=high, unusual=unusual, title=words.text(value)
    )
    chart(visit, drawn, words.text("says_trend"))


def escaped(text: str) -> str:
    """Text of the shop's data as it stands, where Markdown is written."""
    return re.sub(r"([\\`*_{}\[\]<>()#+\-.!|$~:])", r"\\\1", text)


def nothing(visit: Visit, key: str) -> None:
    """Says why there is nothing to see: a shop need not tell everything."""
    st.info(visit.words.text(key))


def chart(visit: Visit, drawn: charts.Chart, says: str) -> None:
    """A chart in the visitor's language; `says` tells in words what it shows."""
    st.altair_chart(drawn.configure(locale=visit.words.vega_locale()), width="stretch", alt=says)


def table(
    visit: Visit,
    rows: Rows,
    columns: Sequence[Column],
    file: str,
    *,
    key: str | None = None,
) -> int | None:
    """A table with its CSV; with a `key` its rows can be chosen: the number of the chosen one."""
    labels = {column.key: visit.words.text(column.label) for column in columns}
    chosen: Any = st.dataframe(
        [{labels[c.key]: _shown(row[c.key], c.kind) for c in columns} for row in rows],
        hide_index=True,
        column_config={labels[c.key]: _config(visit, c.kind) for c in columns},
        key=key,
        on_select="rerun" if key else "ignore",
        selection_mode="single-row",
        alt=visit.words.text("table_of", columns=", ".join(labels.values())),
    )
    download(visit, rows, columns, file, key or file)
    selected = chosen["selection"]["rows"] if key else []
    # what was chosen may have been filtered away since
    return selected[0] if selected and selected[0] < len(rows) else None


def download(visit: Visit, rows: Rows, columns: Sequence[Column], file: str, key: str) -> None:
    """A button that gives what is shown as CSV, for a spreadsheet that speaks the language."""
    cells: list[list[Cell]] = [[visit.words.text(column.label) for column in columns]]
    cells += [[row[column.key] for column in columns] for row in rows]
    st.download_button(
        visit.words.text("as_csv"),
        lambda: as_csv(cells, visit.words),
        f"{file}_{visit.build.as_of_on}.csv",
        "text/csv",
        key=f"csv_{key}",
        on_click="ignore",
        type="tertiary",
    )


def _shown(value: Any, kind: Kind) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if kind is Kind.TEXT and value is not None else value


def _config(visit: Visit, kind: Kind) -> Any:
    match kind:
        case Kind.TEXT:
            return st.column_config.TextColumn()
        case Kind.DAY:
            return st.column_config.DateColumn(format=visit.words.text("day_format"))
        case Kind.RATE:
            return st.column_config.NumberColumn(format="percent")
        case Kind.COUNT | Kind.NUMBER | Kind.MONEY:
            return st.column_config.NumberColumn(format="localized")
