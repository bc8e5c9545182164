"""Words the report: figures of `read.py` become the message as data, for every output the same.

A pure function of the rows and the language, without a clock. How a message looks in Telegram, in a
terminal or in a browser is `render.py`'s.
"""

import unicodedata
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
from include.report.read import Report, WeekFigures
from include.report.wording import Wording

_LONGEST_NAME = 60
_LONGEST_REASON = 80
_FEWEST_FOR_PERCENT = 20  # 2 customers instead of 1 are not "▲ 100%" to anyone
_MOST_FOR_PERCENT = 10  # as a fraction: beyond +1000% the old figure says more
_LEAST_TO_PREDICT = {
    Code.TOO_FEW_CUSTOMERS: LEAST_CUSTOMERS,
    Code.HISTORY_TOO_SHORT: LEAST_HISTORY,
    Code.SILENT_TOO_LONG: LONGEST_SILENCE,
    Code.TOO_FEW_LOYAL_CUSTOMERS: LEAST_LOYAL_CUSTOMERS,
}


class Mark(Enum):
    """What a change means for the shop."""

    GOOD = "good"
    BAD = "bad"
    EVEN = "even"


@dataclass(frozen=True)
class Fact:
    """One figure: "Churned 9, ▲ was 6", and perhaps a line of detail below."""

    label: str
    value: str
    change: str = ""
    mark: Mark = Mark.EVEN
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """Figures that belong together."""

    heading: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Message:
    """The report as its reader meets it, from top to bottom; nothing in it is escaped yet."""

    lang: str
    as_of: str
    title: str
    subtitle: str
    sections: tuple[Section, ...]
    so_far_heading: str
    so_far: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def build_message(report: Report, lang: str, window_days: int) -> Message:
    """Word the report in `lang`; a customer churned after `window_days` without a valid order."""
    words = Wording(lang)
    now, before = report.week, report.week_before
    compared = any(value is not None for value in vars(before).values())
    week = words.days(report.week_starts_on, report.week_ends_on)

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

    return Message(
        lang=lang,
        as_of=words.day(report.as_of_on),
        title=words.text("title"),
        subtitle=words.text("against_week_before" if compared else "first_week", week=week),
        sections=(
            Section(
                words.text("customers"),
                (
                    count("active", "active_customers_at_end", Mark.GOOD),
                    count("new", "new_customers", Mark.GOOD),
                    count("churned", "churned_customers", Mark.BAD),
                    count("reactivated", "reactivated_customers", Mark.GOOD),
                    rate("churn_rate", "churn_rate", Mark.BAD),
                    rate("inactive_share", "inactive_share", Mark.BAD),
                    *_at_risk(report, words),
                ),
            ),
            Section(
                words.text("orders"),
                (
                    count("all_orders", "orders", Mark.GOOD),
                    count("cancelled", "cancelled_orders", Mark.BAD),
                    rate("cancellation_rate", "cancellation_rate", Mark.BAD, _reason(now, words)),
                ),
            ),
            Section(
                words.text("sales"),
                (
                    money("revenue", "revenue", Mark.GOOD),
                    money(
                        "dearest",
                        "dearest_product_price",
                        Mark.EVEN,
                        _dearest_product(now, before, words),
                    ),
                ),
            ),
        ),
        so_far_heading=words.text("so_far"),
        so_far=_so_far(report, words),
        notes=(
            words.text("as_of", day=words.day(report.as_of_on)),
            words.plural("churned_means", window_days),
            *_how_predicted(report, words),
        ),
        warnings=_warnings(report, words),
    )


def plain(text: str, longest: int) -> str:
    """Data as it can stand in a line: one line, no control characters, at most `longest` long.

    Text written from right to left is isolated, so that it does not turn the figures around it.
    """
    # Emoji are joined by U+200D, Persian words by U+200C; all other format characters are invisible
    # at best and turn the line around at worst.
    kept = "".join(
        char
        for char in " ".join(text.split())
        if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs") or char in "\u200c\u200d"
    )
    if len(kept) > longest:
        cut = longest - 1
        while cut and (unicodedata.combining(kept[cut]) or kept[cut] in "\u200d\ufe0f"):
            cut -= 1  # not through the middle of a letter with its accents
        kept = kept[:cut].rstrip(" \u200d,;:-–") + "…"
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in kept):
        return f"\u2068{kept}\u2069"
    return kept


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
    if growth < Decimal("0.0005"):
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
    if difference < Decimal("0.0005"):
        return "≈", Mark.EVEN
    arrow, mark = _direction(now > before, up)
    return f"{arrow} {words.points(difference)}", mark


def _direction(is_up: bool, up: Mark) -> tuple[str, Mark]:
    opposite = {Mark.GOOD: Mark.BAD, Mark.BAD: Mark.GOOD, Mark.EVEN: Mark.EVEN}
    return ("▲", up) if is_up else ("▼", opposite[up])


def _reason(now: WeekFigures, words: Wording) -> str:
    reason = plain(now.top_cancellation_reason or "", _LONGEST_REASON)
    return words.text("top_reason", reason=reason) if reason else ""


def _dearest_product(now: WeekFigures, before: WeekFigures, words: Wording) -> str:
    name = plain(now.dearest_product_name or "", _LONGEST_NAME)
    old = plain(before.dearest_product_name or "", _LONGEST_NAME)
    if not name or not old or name == old:
        return name
    return words.text("before", value=name, before=old)


def _at_risk(report: Report, words: Wording) -> tuple[Fact, ...]:
    foreseen = report.prediction
    if foreseen.at_risk_customers is None:
        return ()
    detail = ""
    if foreseen.value_at_stake is not None:
        at_stake = words.money(foreseen.value_at_stake, report.totals.currency)
        detail = words.text("at_stake", value=at_stake)
    count = words.count(foreseen.at_risk_customers)
    return (Fact(words.text("at_risk"), count, detail=detail),)


def _how_predicted(report: Report, words: Wording) -> tuple[str, ...]:
    """What the prediction rests on and how good it was, or why there is none."""
    foreseen = report.prediction
    if foreseen.declined_because is not None:
        least = _LEAST_TO_PREDICT.get(Code(foreseen.declined_because))
        return (
            words.text(
                foreseen.declined_because, least=words.count(least), days=words.count(LOYAL_FROM)
            ),
        )
    if foreseen.parameters_as_of_on is None:
        return (words.text("not_fitted"),)
    if foreseen.at_risk_customers is None:
        return ()
    day = words.day(foreseen.parameters_as_of_on)
    if foreseen.holdout_correlation is None:
        return (words.text("predicted", day=day),)
    return (
        words.text(
            "predicted_and_checked",
            day=day,
            weeks=words.count(foreseen.holdout_weeks),
            correlation=words.correlation(foreseen.holdout_correlation),
        ),
    )


def _so_far(report: Report, words: Wording) -> str:
    totals = report.totals
    parts = [words.plural("so_far_customers", totals.customers)]
    if totals.inactive_share is not None:
        parts.append(words.text("so_far_inactive", share=words.rate(totals.inactive_share)))
    if totals.repeat_rate is not None:
        parts.append(words.text("so_far_repeat", rate=words.rate(totals.repeat_rate)))
    revenue = words.money(totals.revenue, totals.currency)
    parts.append(words.text("so_far_revenue", revenue=revenue))
    return " · ".join(parts)


def _warnings(report: Report, words: Wording) -> tuple[str, ...]:
    warnings = []
    if report.totals.rejected_rows > 0:
        warnings.append(words.plural("rejected", report.totals.rejected_rows))
    if "mixed" in (report.currency, report.totals.currency):
        warnings.append(words.text("mixed_currencies"))
    return tuple(warnings)
