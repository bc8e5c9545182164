"""What the message says about the figures: changes, marks, and what is left out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from include.churn_model.reasons import Code
from include.report.message import Fact, Mark, build_message, plain
from include.report.read import Prediction, Report, ShopTotals, WeekFigures

NO_WEEK = WeekFigures(*[None] * 14)

WEEK = WeekFigures(
    orders=231,
    cancelled_orders=12,
    cancellation_rate=Decimal("0.0519"),
    top_cancellation_reason="changed their mind",
    revenue=Decimal("48213.50"),
    new_customers=21,
    churned_customers=9,
    reactivated_customers=4,
    active_customers_at_start=402,
    active_customers_at_end=418,
    churn_rate=Decimal("0.0224"),
    inactive_share=Decimal("0.3339"),
    dearest_product_name="Espresso machine",
    dearest_product_price=Decimal("2499.90"),
)

TOTALS = ShopTotals(
    as_of_on=date(2026, 11, 16),
    customers=4339,
    churned_customers=1449,
    inactive_share=Decimal("0.3339"),
    repeat_customers=2845,
    repeat_rate=Decimal("0.6557"),
    orders=25897,
    cancelled_orders=3836,
    cancellation_rate=Decimal("0.1481"),
    revenue=Decimal("10655622.48"),
    dearest_product_name="Television",
    dearest_product_price=Decimal("3199.00"),
    currency="GBP",
    rejected_rows=0,
)

PREDICTION = Prediction(
    as_of_on=date(2026, 11, 16),
    parameters_as_of_on=date(2026, 11, 8),
    declined_because=None,
    at_risk_customers=1057,
    value_at_stake=Decimal("3210.50"),
    holdout_weeks=13,
    holdout_correlation=Decimal("0.597"),
)
NO_PREDICTION = Prediction(date(2026, 11, 16), None, None, None, None, None, None)

REPORT = Report(
    as_of_on=date(2026, 11, 16),
    week_starts_on=date(2026, 11, 9),
    week_ends_on=date(2026, 11, 15),
    currency="GBP",
    week=WEEK,
    week_before=WEEK,
    totals=TOTALS,
    prediction=PREDICTION,
)


def fact(label: str, *, lang: str = "en", before: WeekFigures = WEEK, **figures: object) -> Fact:
    """The one fact with this label in a report whose week has these figures."""
    week = replace(WEEK, **figures)  # type: ignore[arg-type]
    message = build_message(replace(REPORT, week=week, week_before=before), lang, 90)
    [found] = [f for section in message.sections for f in section.facts if f.label == label]
    return found


def test_the_message_has_every_figure_of_the_week() -> None:
    message = build_message(REPORT, "en", 90)
    facts = {f.label: f.value for section in message.sections for f in section.facts}
    assert facts == {
        "Active": "418",
        "New": "21",
        "Churned": "9",
        "Reactivated": "4",
        "Churn rate of the week": "2.2%",
        "Inactive share": "33.4%",
        "At risk": "1,057",
        "Total orders": "231",
        "Cancelled": "12",
        "Cancellation rate": "5.2%",
        "Revenue": "£48,213.50",
        "Dearest product": "£2,499.90",
    }


def test_the_title_names_the_week() -> None:
    message = build_message(REPORT, "en", 90)
    assert message.title == "Weekly churn report"
    assert message.subtitle == "Nov 9\u2009–\u200915, 2026 · vs. the week before"


def test_the_shop_so_far_is_one_line() -> None:
    assert build_message(REPORT, "en", 90).so_far == (
        "4,339 customers · 33.4% inactive · repeat rate 65.6% · revenue £10,655,622.48"
    )


@pytest.mark.parametrize(
    ("label", "figure", "mark"),
    [
        ("Active", "active_customers_at_end", Mark.GOOD),
        ("New", "new_customers", Mark.GOOD),
        ("Churned", "churned_customers", Mark.BAD),
        ("Reactivated", "reactivated_customers", Mark.GOOD),
        ("Churn rate of the week", "churn_rate", Mark.BAD),
        ("Inactive share", "inactive_share", Mark.BAD),
        ("Total orders", "orders", Mark.GOOD),
        ("Cancelled", "cancelled_orders", Mark.BAD),
        ("Cancellation rate", "cancellation_rate", Mark.BAD),
        ("Revenue", "revenue", Mark.GOOD),
        ("Dearest product", "dearest_product_price", Mark.EVEN),
    ],
)
def test_more_is_good_or_bad_depending_on_the_figure_and_less_the_opposite(
    label: str, figure: str, mark: Mark
) -> None:
    opposite = {Mark.GOOD: Mark.BAD, Mark.BAD: Mark.GOOD, Mark.EVEN: Mark.EVEN}[mark]
    more = {figure: getattr(WEEK, figure) * 2}
    assert fact(label, **more).mark == mark
    assert fact(label, **more).change.startswith("▲")
    before = replace(WEEK, **more)
    assert fact(label, before=before).mark == opposite
    assert fact(label, before=before).change.startswith("▼")


def test_counts_and_money_change_in_percent() -> None:
    assert fact("Total orders", orders=231 * 2).change == "▲ 100%"
    assert fact("Revenue", revenue=Decimal("49659.91")).change == "▲ 3%"
    assert fact("Revenue", revenue=Decimal("44356.42")).change == "▼ 8%"
    assert fact("Revenue", lang="en", revenue=Decimal("50142.04")).change == "▲ 4%"
    assert fact("Receita", lang="pt_BR", revenue=Decimal("49418.84")).change == "▲ 2,5%"


def test_rates_change_in_percentage_points() -> None:
    assert fact("Churn rate of the week", churn_rate=Decimal("0.0264")).change == "▲ 0.4 pp"
    assert fact("Churn rate of the week", churn_rate=Decimal("0.0124")).change == "▼ 1.0 pp"


def test_a_small_count_is_compared_with_what_it_was() -> None:
    assert fact("Churned", churned_customers=19).change == "▲ was 9"
    assert fact("Reactivated", reactivated_customers=0).change == "▼ was 4"


def test_a_growth_that_no_percentage_tells_well_is_compared_with_what_it_was() -> None:
    empty = replace(WEEK, orders=0, revenue=Decimal("0.00"))
    assert fact("Total orders", before=empty).change == "▲ was 0"
    assert fact("Revenue", before=empty).change == "▲ was £0.00"
    assert fact("Revenue", revenue=Decimal("9999999.99")).change == "▲ was £48,213.50"


def test_what_did_not_change_is_neither_good_nor_bad() -> None:
    same = fact("Revenue")
    assert (same.change, same.mark) == ("=", Mark.EVEN)
    nearly = fact("Revenue", revenue=WEEK.revenue + Decimal("0.01"))  # type: ignore[operator]
    assert (nearly.change, nearly.mark) == ("≈", Mark.EVEN)
    nearly = fact("Inactive share", inactive_share=Decimal("0.3342"))
    assert (nearly.change, nearly.mark) == ("≈", Mark.EVEN)


def test_the_first_week_is_compared_with_nothing() -> None:
    message = build_message(replace(REPORT, week_before=NO_WEEK), "en", 90)
    assert message.subtitle.endswith("the first week, nothing to compare yet")
    assert {f.change for section in message.sections for f in section.facts} == {""}
    assert {f.mark for section in message.sections for f in section.facts} == {Mark.EVEN}


def test_a_shop_without_orders_or_customers_still_has_a_report() -> None:
    totals = replace(
        TOTALS,
        customers=0,
        inactive_share=None,
        repeat_rate=None,
        revenue=Decimal(0),
        currency=None,
    )
    message = build_message(
        replace(
            REPORT,
            currency=None,
            week=NO_WEEK,
            week_before=NO_WEEK,
            totals=totals,
            prediction=NO_PREDICTION,
        ),
        "en",
        90,
    )
    assert {f.value for section in message.sections for f in section.facts} == {"–"}
    assert message.so_far == "0 customers · revenue 0.00"


def test_the_most_frequent_reason_stands_below_the_cancellation_rate() -> None:
    assert fact("Cancellation rate").detail == "mostly: changed their mind"
    assert fact("Cancellation rate", top_cancellation_reason=None).detail == ""


def test_the_dearest_product_is_named_with_the_one_before_where_it_is_another() -> None:
    before = replace(WEEK, dearest_product_name="Television")
    assert fact("Dearest product", before=before).detail == "Espresso machine (before: Television)"
    assert fact("Dearest product").detail == "Espresso machine"


def test_the_notes_tell_the_date_and_what_churned_means() -> None:
    assert build_message(REPORT, "en", window_days=60).notes[:2] == (
        "As of Nov 16, 2026.",
        "Churned: no valid order for more than 60 days.",
    )


def prediction_note(prediction: Prediction, lang: str = "en") -> str:
    """What is said below of the prediction."""
    [note] = build_message(replace(REPORT, prediction=prediction), lang, 90).notes[2:]
    return note


def test_what_stands_to_be_lost_is_told_below_those_at_risk() -> None:
    assert fact("At risk").detail == "£3,210.50 at stake"
    assert fact("Em risco", lang="pt_BR").detail == "£3.210,50 em jogo".replace("£", "£\u00a0")


def test_what_stands_to_be_lost_is_left_out_where_spend_is_not_predicted() -> None:
    report = replace(REPORT, prediction=replace(PREDICTION, value_at_stake=None))
    [customers, *_] = build_message(report, "en", 90).sections
    assert customers.facts[-1] == Fact("At risk", "1,057")


def test_a_prediction_tells_what_it_rests_on_and_how_good_it_was() -> None:
    assert prediction_note(PREDICTION) == (
        "Prediction: from the orders until Nov 8, 2026; correlation with the 13 weeks it was"
        " checked on: 0.60."
    )
    assert prediction_note(PREDICTION, "pt_BR").endswith(
        "correlação com as 13 semanas em que foi conferida: 0,60."
    )


def test_a_prediction_that_was_never_measured_says_nothing_of_it() -> None:
    never = replace(PREDICTION, holdout_weeks=None, holdout_correlation=None)
    assert prediction_note(never) == "Prediction: from the orders until Nov 8, 2026."


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("too_few_customers", "No prediction: fewer than 500 customers so far."),
        ("history_too_short", "No prediction: less than 180 days of orders so far."),
        ("silent_too_long", "No prediction: no order in the last 30 days."),
        (
            "too_few_loyal_customers",
            "No prediction: fewer than 50 customers have ordered on 3 days or more.",
        ),
        ("nobody_leaves", "No prediction: the model cannot tell who left from who pauses."),
        (None, "No prediction: the model was not fitted yet."),
    ],
)
def test_where_nothing_is_predicted_the_report_tells_why(code: str | None, note: str) -> None:
    declined = replace(NO_PREDICTION, declined_because=code)
    assert prediction_note(declined) == note
    assert "At risk" not in [
        f.label
        for section in build_message(replace(REPORT, prediction=declined), "en", 90).sections
        for f in section.facts
    ]


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("code", [code for code in Code if not code.startswith("spend_")])
def test_every_reason_not_to_predict_has_its_words(code: Code, lang: str) -> None:
    note = prediction_note(replace(NO_PREDICTION, declined_because=code.value), lang)
    assert note.startswith(("No prediction: ", "Sem previsão: "))
    assert "–" not in note  # no threshold is missing


def test_rejected_rows_are_told_only_where_there_are_some() -> None:
    assert build_message(REPORT, "en", 90).warnings == ()
    totals = replace(TOTALS, rejected_rows=1)
    assert build_message(replace(REPORT, totals=totals), "en", 90).warnings == (
        "1 row of the shop's data could not be used and was set aside.",
    )


def test_amounts_of_several_currencies_are_marked_as_such() -> None:
    message = build_message(replace(REPORT, currency="mixed"), "en", 90)
    assert message.warnings == ("Amounts in several currencies are added up unconverted.",)


def test_data_becomes_one_line_without_control_characters() -> None:
    assert plain("a\n b\t\x00c\u202egnp.exe\u2028d", 60) == "a b cgnp.exe d"


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    assert plain("n" * 300, 60) == "n" * 59 + "…"
    assert plain("n" * 60, 60) == "n" * 60
    assert plain("word " * 60, 10) == "word word…"


def test_a_name_is_not_cut_inside_a_letter_or_an_emoji() -> None:
    family = "👨\u200d👩\u200d👧"
    assert plain("ab" + family, 5) == "ab👨…"
    assert plain("abe\u0301 and more", 4) == "ab…"


def test_a_name_written_from_right_to_left_is_isolated() -> None:
    assert plain("قهوة", 60) == "\u2068قهوة\u2069"
    assert plain("Café", 60) == "Café"
