"""Words the report: figures of `read.py` become the message as data, for every output the same.

A pure function of the rows and the language, without a clock. How a message looks in Telegram, in a
terminal or in a browser is `render.py`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass
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
from include.report.read import Driver, Outcomes, Report, Signal, WeekFigures
from include.report.text import plain
from include.report.wording import Wording
from include.sync.behind import Behind

_LONGEST_NAME = 40
_LONGEST_REASON = 40
_LONGEST_SEGMENT = 32
_UNREAD_NAMED = 3
_UPWARDS = ("above", "long_above", "rising")
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
    """What a signal means for the shop; a figure that is as usual is EVEN."""

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

    judged = {one.figure: one for one in report.signals}

    def fact(
        label: str, name: str, write: Callable[[Decimal], str], change: str, up: Mark, detail: str
    ) -> Fact:
        signal = judged.get(name)
        # what is usual stands beside the churn rate; of the others only what is not
        says = ""
        if signal is not None and (name == "churn_rate" or signal.signal != "usual"):
            says = in_words(signal, write, words)
        details = " · ".join(part for part in (says, detail) if part)
        value = write(getattr(now, name))
        return Fact(words.text(label), value, change, _mark(signal, up), details)

    def count(label: str, name: str, up: Mark = Mark.EVEN) -> Fact:
        value, old = getattr(now, name), getattr(before, name)
        change = _change(value, old, words.count(old), words)
        return fact(label, name, words.count, change, up, "")

    def rate(label: str, name: str, up: Mark = Mark.EVEN, detail: str = "") -> Fact:
        change = _change_of_rate(getattr(now, name), getattr(before, name), words)
        return fact(label, name, words.rate, change, up, detail)

    def money(label: str, name: str, up: Mark = Mark.EVEN, detail: str = "") -> Fact:
        def write(amount: Decimal | None) -> str:
            return words.money(amount, report.currency)

        value, old = getattr(now, name), getattr(before, name)
        return fact(label, name, write, _change(value, old, write(old), words), up, detail)

    churn_rate = rate("churn_rate", "churn_rate", Mark.BAD)
    return Message(
        lang=lang,
        title=words.text("title"),
        period=week if is_compared else words.text("first_week", week=week),
        as_of=words.day(report.as_of_on),
        verdict=_verdict(report, judged.get("churn_rate"), words),
        mark=churn_rate.mark,
        figures=(
            churn_rate,
            count("churned", "churned_customers", Mark.BAD),
            count("active", "active_customers_at_end", Mark.GOOD),
            money("revenue", "revenue", Mark.GOOD, _after_refunds(report, now.net_revenue, words)),
        ),
        drivers_heading=_drivers_heading(report, words),
        drivers=tuple(_driver(driver, words) for driver in report.drivers),
        at_risk=_at_risk(report, words),
        outcome=_outcome(report.outcomes, words),
        details_heading=words.text("details"),
        details=(
            (
                count("new", "new_customers", Mark.GOOD),
                count("reactivated", "reactivated_customers", Mark.GOOD),
                rate("inactive_share", "inactive_share"),
            ),
            (
                count("all_orders", "orders"),
                count("cancelled", "cancelled_orders"),
                rate("cancellation_rate", "cancellation_rate", Mark.BAD, _reason(now, words)),
            ),
            (
                money(
                    "dearest",
                    "dearest_product_price",
                    detail=plain(now.dearest_product_name or "", _LONGEST_NAME),
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


def in_words(signal: Signal, write: Callable[[Decimal], str], words: Wording) -> str:
    """What is usual of a figure, or in which way it is not."""
    return words.text(
        f"signal_{signal.signal}",
        low=write(signal.usual_low),
        high=write(signal.usual_high),
    )


def _mark(signal: Signal | None, up: Mark) -> Mark:
    """Good or bad is a signal only, never a change that chance explains."""
    if signal is None or signal.signal == "usual":
        return Mark.EVEN
    opposite = {Mark.GOOD: Mark.BAD, Mark.BAD: Mark.GOOD, Mark.EVEN: Mark.EVEN}
    return up if signal.signal in _UPWARDS else opposite[up]


def _change(
    now: int | Decimal | None, before: int | Decimal | None, written: str, words: Wording
) -> str:
    """The change of a count or an amount: in percent, or "was …" where a percentage misleads."""
    if now is None or before is None:
        return ""
    if now == before:
        return "="
    is_few = isinstance(before, int) and before < _FEWEST_FOR_PERCENT
    growth = abs(Decimal(now) / Decimal(before) - 1) if before > 0 else None
    if is_few or growth is None or growth > _MOST_FOR_PERCENT:
        return f"{_arrow(now > before)} {words.text('was', value=written)}"
    if growth < _SMALLEST_CHANGE:
        return "≈"
    return f"{_arrow(now > before)} {words.growth(growth)}"


def _change_of_rate(now: Decimal | None, before: Decimal | None, words: Wording) -> str:
    """The change of a rate in percentage points."""
    if now is None or before is None:
        return ""
    if now == before:
        return "="
    difference = abs(now - before)
    if difference < _SMALLEST_CHANGE:
        return "≈"
    return f"{_arrow(now > before)} {words.points(difference)}"


def _arrow(is_up: bool) -> str:
    return "▲" if is_up else "▼"


def _reason(now: WeekFigures, words: Wording) -> str:
    reason = plain(now.top_cancellation_reason or "", _LONGEST_REASON)
    return words.text("top_reason", reason=reason) if reason else ""


def _verdict(report: Report, signal: Signal | None, words: Wording) -> str:
    """The week in a sentence: how high churn is, and whether that is as usual."""
    now, before = report.week.churn_rate, report.week_before.churn_rate
    if now is None:
        key = "verdict_all_gone" if _all_had_left(report.week) else "verdict_nobody"
    elif before is None:
        key = "verdict_pause" if _all_had_left(report.week_before) else "verdict_first"
    else:
        key = "verdict_unjudged" if signal is None else f"verdict_{signal.signal}"
    sentence = words.text(key, rate=words.rate(now))
    if report.week.orders == 0:
        sentence = f"{sentence}. {words.text('verdict_no_orders')}"
    return sentence


def _all_had_left(week: WeekFigures) -> bool:
    """Whether nobody was active when a week began although there had been customers."""
    had_customers = bool(week.inactive_share or week.reactivated_customers)
    return week.active_customers_at_start == 0 and had_customers


def _drivers_heading(report: Report, words: Wording) -> str:
    """Who stands out, or that nobody does; "" where there is nobody to look at."""
    if report.drivers:
        return words.text("drivers")
    are_compared = None not in (report.week.churn_rate, report.week_before.churn_rate)
    return words.text("no_drivers") if are_compared else ""


def _driver(driver: Driver, words: Wording) -> str:
    """The customers of a segment, how many of them left, and how many of those too many."""
    segment = plain(driver.segment, _LONGEST_SEGMENT)
    return words.text(
        "driver_more" if driver.excess_churned > 0 else "driver_fewer",
        who=words.text(f"driver_{driver.dimension}", segment=segment),
        churned=words.count(driver.churned_from_start),
        active=words.count(driver.active_customers_at_start),
        rate=words.rate(driver.churn_rate),
        excess=words.count(round(abs(driver.excess_churned))),
        others=words.rate(driver.churn_rate_of_others),
    )


def _at_risk(report: Report, words: Wording) -> str:
    """How many are about to leave, and with whom to begin."""
    foreseen = report.prediction
    line = words.plural("customers_at_risk", foreseen.at_risk_customers)
    if foreseen.value_at_stake is None or not foreseen.at_risk_customers:
        return line
    at_stake = words.money(foreseen.value_at_stake, report.totals.currency)
    line = f"{line} · {words.text('at_stake', value=at_stake)}"
    if foreseen.first_customers == foreseen.at_risk_customers or foreseen.first_share is None:
        return line
    first = words.text(
        "contact_first",
        count=words.count(foreseen.first_customers),
        share=words.growth(foreseen.first_share),
        minutes=words.count(foreseen.first_minutes),
    )
    return f"{line}. {first}"


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
