"""Words the report: figures of `read.py` become the message as data, for every output the same.

A pure function of the rows and the language, without a clock. How a message looks in Telegram, in a
terminal or in a browser is `render.py`'s.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from include.churn_model.reasons import (
    LEAST_CUSTOMERS,
    LEAST_HISTORY,
    LEAST_LOYAL_CUSTOMERS,
    LONGEST_SILENCE,
    LOYAL_FROM,
    Code,
)
from include.report.read import Driver, Outcomes, Report, WeekFigures
from include.report.text import plain
from include.report.wording import Wording
from include.sync.behind import Behind

_LONGEST_NAME = 40
_LONGEST_REASON = 40
_LONGEST_SEGMENT = 32
_UNREAD_NAMED = 3
_WARNED_NAMED = 1  # what a caption has room for
_FEWEST_FOR_PERCENT = 20  # 2 customers instead of 1 are not "▲ 100%" to anyone
_MOST_FOR_PERCENT = 10  # as a fraction: beyond +1000% the old figure says more
_SMALLEST_CHANGE = Decimal("0.0005")  # of a rate or a growth: less is written as the same
_LEAST_TO_PREDICT = {
    Code.TOO_FEW_CUSTOMERS: LEAST_CUSTOMERS,
    Code.HISTORY_TOO_SHORT: LEAST_HISTORY,
    Code.SILENT_TOO_LONG: LONGEST_SILENCE,
    Code.TOO_FEW_LOYAL_CUSTOMERS: LEAST_LOYAL_CUSTOMERS,
}

WARNED = {
    "assert_no_order_is_in_a_hub_and_its_shop": "orders_twice",
    "assert_no_typed_sale_is_in_its_shop": "sales_twice",
    "assert_export_and_api_are_of_one_shop": "orders_of_two_shops",
    "assert_no_shopify_orders_are_left_out": "orders_left_out",
    "assert_bling_lines_add_up": "lines_do_not_add_up",
    "assert_refunds_can_be_true": "refunds_that_cannot_be",
    "products_of_lines_are_listed": "lines_of_unlisted_products",
}
"""What a data test's warning is called, where it has words of its own; the gravest first."""


class Mark(Enum):
    """What a change means for the shop."""

    GOOD = "good"
    BAD = "bad"
    EVEN = "even"


@dataclass(frozen=True)
class Fact:
    """One figure: "Churned 9, ▲ was 6", and perhaps a detail: "mostly: too late"."""

    label: str
    value: str
    change: str = ""
    mark: Mark = Mark.EVEN
    detail: str = ""


@dataclass(frozen=True)
class Message:
    """The report as its reader meets it, from top to bottom; nothing in it is escaped yet.

    What a reader has to see comes first; `details` and `notes` are there to be unfolded.
    """

    lang: str
    title: str
    period: str
    as_of: str
    verdict: str
    mark: Mark
    figures: tuple[Fact, ...]
    drivers_heading: str
    drivers: tuple[str, ...]
    at_risk: str
    """One line on who is about to leave."""
    outcome: str
    """One line on what became of an earlier list; empty where there is none to tell of."""
    details_heading: str
    details: tuple[tuple[Fact, ...], ...]
    """Further figures, those of a line together."""
    so_far: str
    notes: tuple[str, ...]
    prediction: str
    """What the prediction rests on; empty where there is none."""
    warnings: tuple[str, ...]
    """What is wrong with the data, or missing."""


def build_message(report: Report, lang: str, window_days: int) -> Message:
    """Word the report in `lang`; a customer churned after `window_days` without a valid order."""
    words = Wording(lang)
    now, before = report.week, report.week_before
    week = words.days(report.week_starts_on, report.week_ends_on)
    is_compared = any(value is not None for value in vars(before).values())

    def count(label: str, name: str, up: Mark) -> Fact:
        value, old = getattr(now, name), getattr(before, name)
        change, mark = _change(value, old, words.count(old), up, words)
        return Fact(words.text(label), words.count(value), change, mark)

    def rate(label: str, name: str, up: Mark, detail: str = "") -> Fact:
        value, old = getattr(now, name), getattr(before, name)
        change, mark = _change_of_rate(value, old, up, words)
        return Fact(words.text(label), words.rate(value), change, mark, detail)

    def money(label: str, name: str, up: Mark, detail: str = "") -> Fact:
        value, old = getattr(now, name), getattr(before, name)
        written = words.money(old, report.currency)
        change, mark = _change(value, old, written, up, words)
        return Fact(words.text(label), words.money(value, report.currency), change, mark, detail)

    churn_rate = rate("churn_rate", "churn_rate", Mark.BAD, _usual_range(report, words))
    return Message(
        lang=lang,
        title=words.text("title"),
        period=week if is_compared else words.text("first_week", week=week),
        as_of=words.day(report.as_of_on),
        verdict=_verdict(report, words),
        mark=churn_rate.mark,
        figures=(
            churn_rate,
            count("churned", "churned_customers", Mark.BAD),
            count("active", "active_customers_at_end", Mark.GOOD),
            money("revenue", "revenue", Mark.GOOD, _after_refunds(report, now.net_revenue, words)),
        ),
        drivers_heading=words.text("drivers"),
        drivers=tuple(_driver(driver, words) for driver in report.drivers),
        at_risk=_at_risk(report, words),
        outcome=_outcome(report.outcomes, words),
        details_heading=words.text("details"),
        details=(
            (
                count("new", "new_customers", Mark.GOOD),
                count("reactivated", "reactivated_customers", Mark.GOOD),
                rate("inactive_share", "inactive_share", Mark.BAD),
            ),
            (
                count("all_orders", "orders", Mark.GOOD),
                count("cancelled", "cancelled_orders", Mark.BAD),
                rate("cancellation_rate", "cancellation_rate", Mark.BAD, _reason(now, words)),
            ),
            (
                money(
                    "dearest",
                    "dearest_product_price",
                    Mark.EVEN,
                    plain(now.dearest_product_name or "", _LONGEST_NAME),
                ),
            ),
        ),
        so_far=_so_far(report, words),
        notes=(
            words.text("as_of", day=words.day(report.as_of_on)),
            words.plural("churned_means", window_days),
            words.text("at_risk_means"),
        ),
        prediction=_how_predicted(report, words),
        warnings=_warnings(report, words),
    )


def _change(
    now: int | Decimal | None, before: int | Decimal | None, written: str, up: Mark, words: Wording
) -> tuple[str, Mark]:
    """The change of a count or an amount: in percent, or "was …" where a percentage misleads."""
    if now is None or before is None:
        return "", Mark.EVEN
    if now == before:
        return "=", Mark.EVEN
    arrow, mark = _direction(now > before, up)
    is_few = isinstance(before, int) and before < _FEWEST_FOR_PERCENT
    growth = abs(Decimal(now) / Decimal(before) - 1) if before > 0 else None
    if is_few or growth is None or growth > _MOST_FOR_PERCENT:
        return f"{arrow} {words.text('was', value=written)}", mark
    if growth < _SMALLEST_CHANGE:
        return "≈", Mark.EVEN
    return f"{arrow} {words.growth(growth)}", mark


def _change_of_rate(
    now: Decimal | None, before: Decimal | None, up: Mark, words: Wording
) -> tuple[str, Mark]:
    """The change of a rate in percentage points."""
    if now is None or before is None:
        return "", Mark.EVEN
    if now == before:
        return "=", Mark.EVEN
    difference = abs(now - before)
    if difference < _SMALLEST_CHANGE:
        return "≈", Mark.EVEN
    arrow, mark = _direction(now > before, up)
    return f"{arrow} {words.points(difference)}", mark


def _direction(is_up: bool, up: Mark) -> tuple[str, Mark]:
    opposite = {Mark.GOOD: Mark.BAD, Mark.BAD: Mark.GOOD, Mark.EVEN: Mark.EVEN}
    return ("▲", up) if is_up else ("▼", opposite[up])


def _reason(now: WeekFigures, words: Wording) -> str:
    reason = plain(now.top_cancellation_reason or "", _LONGEST_REASON)
    return words.text("top_reason", reason=reason) if reason else ""


def _verdict(report: Report, words: Wording) -> str:
    """The week in a sentence: how churn moved, and whose churn most of all."""
    now, before = report.week.churn_rate, report.week_before.churn_rate
    if now is None:
        key = "verdict_all_gone" if _all_had_left(report.week) else "verdict_nobody"
    elif before is None:
        key = "verdict_pause" if _all_had_left(report.week_before) else "verdict_first"
    elif abs(now - before) < _SMALLEST_CHANGE:
        key = "verdict_same"
    else:
        key = "verdict_rose" if now > before else "verdict_fell"
    sentence = words.text(key, rate=words.rate(now))
    if key in ("verdict_rose", "verdict_fell") and report.drivers:
        sentence = words.text(
            "verdict_mostly", verdict=sentence, who=_who(report.drivers[0], words)
        )
    if report.week.orders == 0:
        sentence = f"{sentence}. {words.text('verdict_no_orders')}"
    return sentence


def _all_had_left(week: WeekFigures) -> bool:
    """Whether nobody was active when a week began although there had been customers."""
    had_customers = bool(week.inactive_share or week.reactivated_customers)
    return week.active_customers_at_start == 0 and had_customers


def usual_range(
    low: Decimal | None, high: Decimal | None, is_unusual: bool | None, words: Wording
) -> str:
    """The range a churn rate moves in, and whether it is outside; "" where none is known."""
    if low is None or high is None:
        return ""
    key = "unusual" if is_unusual else "usual"
    return words.text(key, low=words.rate(low), high=words.rate(high))


def _usual_range(report: Report, words: Wording) -> str:
    if not report.trend:
        return ""
    week = report.trend[-1]
    low, high = week.usual_churn_rate_low, week.usual_churn_rate_high
    return usual_range(low, high, week.is_churn_rate_unusual, words)


def _who(driver: Driver, words: Wording) -> str:
    """The customers of a segment: "buyers of Lamps", "customers of May 2026"."""
    segment = plain(driver.segment, _LONGEST_SEGMENT)
    if driver.dimension == "cohort":
        segment = words.month_of_year(date.fromisoformat(f"{driver.segment}-01"))
    return words.text(f"driver_{driver.dimension}", segment=segment)


def _driver(driver: Driver, words: Wording) -> str:
    who = _who(driver, words)
    return words.text(
        "driver",
        who=who[:1].upper() + who[1:],
        churned=words.count(driver.churned_from_start),
        before=words.count(driver.churned_from_start_before),
        rate=words.rate(driver.churn_rate),
    )


def _at_risk(report: Report, words: Wording) -> str:
    foreseen = report.prediction
    line = words.plural("customers_at_risk", foreseen.at_risk_customers)
    if foreseen.value_at_stake is None or not foreseen.at_risk_customers:
        return line
    at_stake = words.money(foreseen.value_at_stake, report.totals.currency)
    return f"{line} · {words.text('at_stake', value=at_stake)}"


def _outcome(outcomes: Outcomes, words: Wording) -> str:
    """How many of a list came back, how many were expected to, and how many of those kept from it.

    What is expected is written in whole customers.
    """
    if outcomes.listed_on is None:
        return ""
    expected = outcomes.told_expected
    line = words.text(
        "outcome" if expected is None else "outcome_and_expected",
        told=words.count(outcomes.told_customers),
        day=words.day(outcomes.listed_on),
        returned=words.count(outcomes.told_returned),
        weeks=words.count(outcomes.horizon_weeks),
        expected=words.count(None if expected is None else round(expected)),
    )
    if outcomes.effect is None:
        return line
    control = words.text(
        "outcome_of_control",
        returned=words.count(outcomes.control_returned),
        customers=words.count(outcomes.control_customers),
        effect=words.text(f"effect_{outcomes.effect}"),
    )
    return f"{line}. {control}"


def _how_predicted(report: Report, words: Wording) -> str:
    """What the prediction rests on and how good it was."""
    foreseen = report.prediction
    if foreseen.parameters_as_of_on is None:
        return ""
    day = words.day(foreseen.parameters_as_of_on)
    if foreseen.holdout_correlation is None:
        return words.text("predicted", day=day)
    return words.text(
        "predicted_and_checked",
        day=day,
        weeks=words.count(foreseen.holdout_weeks),
        correlation=words.correlation(foreseen.holdout_correlation),
    )


def _after_refunds(report: Report, net_revenue: Decimal | None, words: Wording) -> str:
    """What refunds left of a revenue; "" in a shop without refunds.

    It is not compared with the week before: of a younger week fewer refunds are known yet.
    """
    if report.totals.net_revenue == report.totals.revenue:
        return ""
    return words.text("after_refunds", revenue=words.money(net_revenue, report.totals.currency))


def _so_far(report: Report, words: Wording) -> str:
    totals = report.totals
    parts = [words.plural("so_far_customers", totals.customers)]
    if totals.repeat_rate is not None:
        parts.append(words.text("so_far_repeat", rate=words.rate(totals.repeat_rate)))
    revenue = words.money(totals.revenue, totals.currency)
    parts.append(words.text("so_far_revenue", revenue=revenue))
    if after_refunds := _after_refunds(report, totals.net_revenue, words):
        parts.append(after_refunds)
    return words.text("so_far", figures=", ".join(parts))


def _warnings(report: Report, words: Wording) -> tuple[str, ...]:
    warnings = [_behind(source, words) for source in report.sources_behind]
    warnings += [
        words.text("without_history", source=source) for source in report.sources_without_history
    ]
    if report.unread_files:
        named = [plain(file, _LONGEST_NAME) for file in report.unread_files[:_UNREAD_NAMED]]
        more = ["…"] if len(report.unread_files) > _UNREAD_NAMED else []
        warnings.append(words.text("unread_files", files=", ".join(named + more)))
    told = [test for test in WARNED if test in report.warned_tests][:_WARNED_NAMED]
    warnings += [words.plural(WARNED[test], report.warned_tests[test]) for test in told]
    others = len(report.warned_tests) - len(told)
    if report.failed_tests > 0:
        warnings.append(words.plural("failed_tests", report.failed_tests))
    elif others > 0:
        warnings.append(words.plural("warned_tests", others))
    if report.totals.rejected_rows > 0:
        warnings.append(words.plural("rejected", report.totals.rejected_rows))
    if "mixed" in (report.currency, report.totals.currency):
        warnings.append(words.text("mixed_currencies"))
    outcomes = report.outcomes
    if outcomes.is_model_off:
        warnings.append(
            words.text(
                "model_off",
                weeks=words.count(outcomes.predicted_weeks),
                expected=words.short_count(round(outcomes.predicted_returns or 0)),
                returned=words.short_count(outcomes.actual_returns or 0),
            )
        )
    if report.prediction.parameters_as_of_on is None:
        warnings.append(_why_not_predicted(report.prediction.declined_because, words))
    return tuple(warnings)


def _behind(behind: Behind, words: Wording) -> str:
    if behind.last_loaded_on is None:
        return words.text("source_never", source=behind.source)
    key = "source_old" if behind.paused_because is None else "source_paused"
    return words.text(key, source=behind.source, day=words.day(behind.last_loaded_on))


def _why_not_predicted(declined_because: str | None, words: Wording) -> str:
    if declined_because is None:
        return words.text("not_fitted")
    least = _LEAST_TO_PREDICT.get(Code(declined_because))
    return words.text(declined_because, least=words.count(least), days=words.count(LOYAL_FROM))
