"""Makes the week one page: the report's message with its history as charts, in a file of its own.

For who has no dashboard, and for who wants to keep the week: it needs no script and nothing from
elsewhere. A pure function of the figures and the language: the same ones give the same bytes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from include.report import svg
from include.report.customers import Cell, Table
from include.report.history import CohortMonth, History
from include.report.message import Message
from include.report.read import Report
from include.report.render import MARKS
from include.report.wording import Wording

TEMPLATE = "week_page.html"
_MOST_CUSTOMERS = 25
"""Who is worth a message first; all of them are in the list beside the report."""
_DARKEST = Decimal("0.6")  # of a cohort's cell, where black letters can be read on it


@dataclass(frozen=True)
class _CohortCell:
    """A field of the heat map; `shade` from 0 to 1."""

    text: str
    shade: str
    is_partial: bool


@dataclass(frozen=True)
class _CohortLine:
    month: str
    customers: str
    cells: list[_CohortCell]


def week_page(
    report: Report, message: Message, history: History, customers: Table, dashboard_url: str = ""
) -> bytes:
    """The page as HTML.

    Args:
        report: the week's figures.
        message: the same in words; their language is the page's.
        history: what was before the week.
        customers: the list of who is at risk, headings first, as far as it may be shown.
        dashboard_url: where more can be seen; "" is nowhere.
    """
    # takes a twentieth of a second, and the bot makes no page
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    words = Wording(message.lang)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cohorts = _cohorts(history.cohorts, words)
    page = environment.get_template(TEMPLATE).render(
        lang=message.lang.replace("_", "-"),
        message=message,
        marks=MARKS,
        text=words.text,
        churn=_churn(report, words),
        revenue=_revenue(report, history, words),
        cohorts=cohorts,
        months=range(1, max((len(line.cells) for line in cohorts), default=0) + 1),
        has_partial=any(cell.is_partial for line in cohorts for cell in line.cells),
        list_title=words.text(
            "bot_first",
            shown=words.count(min(len(customers) - 1, _MOST_CUSTOMERS)),
            customers=words.count(report.prediction.at_risk_customers),
        ),
        headings=customers[0],
        customers=_listed(customers, words),
        dashboard_url=dashboard_url,
    )
    return page.encode()


def _churn(report: Report, words: Wording) -> str:
    """The churn rate of each week in its usual range; "" where there is no week yet."""
    weeks = []
    for week in report.trend:
        low, high = week.usual_churn_rate_low, week.usual_churn_rate_high
        says = words.rate(week.churn_rate)
        if low is not None and high is not None:
            usual = words.text("signal_usual", low=words.rate(low), high=words.rate(high))
            says = f"{says}, {usual}"
        weeks.append(
            svg.Week(
                week.week_starts_on,
                week.churn_rate,
                f"{_days(week.week_starts_on, words)}: {says}",
                low,
                high,
                bool(week.is_churn_rate_unusual),
            )
        )
    if not weeks:
        return ""
    says = f"{words.text('says_trend')} {weeks[-1].says}."
    return svg.line_in_range("churn", weeks, words.text("churn_rate"), says, words.growth, words)


def _revenue(report: Report, history: History, words: Wording) -> str:
    """Revenue of each week; "" where there is no week yet."""
    currency = report.totals.currency
    weeks = [
        svg.Week(
            week.week_starts_on,
            week.revenue,
            f"{_days(week.week_starts_on, words)}: {words.money(week.revenue, currency)}",
        )
        for week in history.sales
    ]
    if not weeks:
        return ""

    def amount(value: Decimal) -> str:
        return words.short_count(int(value)) if value == int(value) else words.decimal(value)

    says = f"{words.text('says_revenue')} {weeks[-1].says}."
    return svg.bars("revenue", weeks, words.text("revenue"), says, amount, words)


def _cohorts(months: tuple[CohortMonth, ...], words: Wording) -> list[_CohortLine]:
    """A line a month of first orders; what is not over yet is marked, what is to come missing."""
    later = [month for month in months if month.months_since > 0]
    highest = max((month.retention_rate for month in later), default=Decimal(0)) or Decimal(1)
    lines = []
    for cohort, of_cohort in groupby(months, key=lambda month: month.cohort_month):
        first, *rest = of_cohort
        lines.append(
            _CohortLine(
                words.short_month(cohort),
                words.count(first.cohort_customers),
                [
                    _CohortCell(
                        words.whole_rate(month.retention_rate) + "*" * month.is_partial,
                        f"{month.retention_rate / highest * _DARKEST:.2f}",
                        month.is_partial,
                    )
                    for month in rest
                ],
            )
        )
    return lines


def _days(starts_on: date, words: Wording) -> str:
    return words.days(starts_on, starts_on + timedelta(days=6))


def _listed(customers: Table, words: Wording) -> list[list[str]]:
    """The first of the list as they are read: money in full, days without a fraction of an hour."""
    headings, *rows = customers
    money = {words.text("list_value_at_stake"), words.text("list_revenue")}

    def written(cell: Cell, heading: Cell) -> str:
        match cell:
            case None:
                return ""
            case Decimal():
                return words.money(cell, None) if heading in money else words.decimal(cell)
            case date():
                return words.day(cell)
            case int():
                return words.count(cell)
            case _:
                return cell

    return [
        [written(cell, heading) for cell, heading in zip(row, headings, strict=True)]
        for row in rows[:_MOST_CUSTOMERS]
    ]
