"""What the message says about the figures: changes, marks, and what is left out."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from include.churn_model.reasons import Code
from include.paths import DBT_PROJECT
from include.report.message import WARNED, Fact, Mark, Message, build_message
from include.report.read import (
    Driver,
    Outcomes,
    Prediction,
    Report,
    ShopTotals,
    Signal,
    TrendWeek,
    WeekFigures,
)
from include.report.text import masked, plain
from include.sync.behind import Behind

NO_WEEK = WeekFigures(*[None] * 15)

WEEK = WeekFigures(
    orders=231,
    cancelled_orders=12,
    cancellation_rate=Decimal("0.0519"),
    top_cancellation_reason="changed their mind",
    revenue=Decimal("48213.50"),
    net_revenue=Decimal("48213.50"),
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
    repeat_rate=Decimal("0.6557"),
    orders=25897,
    cancelled_orders=3836,
    cancellation_rate=Decimal("0.1481"),
    revenue=Decimal("10655622.48"),
    net_revenue=Decimal("10655622.48"),
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
    first_customers=212,
    first_share=Decimal("0.800500"),
    first_minutes=636,
    holdout_weeks=13,
    holdout_correlation=Decimal("0.597"),
)
NO_PREDICTION = Prediction(date(2026, 11, 16), None, None, 57, None, 57, None, 171, None, None)

LAST_WEEK = TrendWeek(
    date(2026, 11, 9), 418, 21, 4, 9, Decimal("0.0224"), Decimal("0.0100"), Decimal("0.0400"), False
)
DRIVER = Driver("state", "SP", 100, 15, Decimal("0.15"), Decimal("0.0500"), Decimal("10.0"))
USUAL = Signal("churn_rate", "usual", Decimal("0.0100"), Decimal("0.0400"))

OLD = Behind("pipedrive", date(2026, 10, 30), None, None)
PAUSED = Behind("pipedrive", date(2026, 10, 30), "The token is refused.", date(2026, 10, 31))
NEVER = Behind("pipedrive", None, None, None)

OUTCOMES = Outcomes(
    listed_on=date(2026, 10, 19),
    horizon_weeks=4,
    told_customers=1052,
    told_returned=9,
    told_expected=Decimal("6.18"),
    control_customers=0,
    control_returned=0,
    effect=None,
    predicted_weeks=13,
    predicted_returns=Decimal("1300.40"),
    actual_returns=1420,
    is_model_off=False,
)
NO_OUTCOMES = Outcomes(
    None, None, None, None, None, None, None, None, None, None, None, is_model_off=False
)

REPORT = Report(
    as_of_on=date(2026, 11, 16),
    week_starts_on=date(2026, 11, 9),
    week_ends_on=date(2026, 11, 15),
    currency="GBP",
    week=WEEK,
    week_before=WEEK,
    totals=TOTALS,
    prediction=PREDICTION,
    signals=(USUAL,),
    trend=(LAST_WEEK,),
    drivers=(DRIVER,),
    customers_at_risk=(),
    failed_tests=0,
    warned_tests={},
    sources_behind=(),
    sources_without_history=(),
    unread_files=(),
    outcomes=NO_OUTCOMES,
)


def facts(message: Message) -> list[Fact]:
    """Every figure of a message, those that are folded away too."""
    return [*message.figures, *(fact for line in message.details for fact in line)]


def fact(label: str, *, lang: str = "en", before: WeekFigures = WEEK, **figures: object) -> Fact:
    """The one fact with this label in a report whose week has these figures."""
    week = replace(WEEK, **figures)  # type: ignore[arg-type]
    message = build_message(replace(REPORT, week=week, week_before=before), lang, 90)
    [found] = [f for f in facts(message) if f.label == label]
    return found


def worded(lang: str = "en", before: WeekFigures = WEEK, **more: object) -> Message:
    """The message of a report in which some is different."""
    report = replace(REPORT, week_before=before, **more)  # type: ignore[arg-type]
    return build_message(report, lang, 90)


def test_the_message_has_every_figure_of_the_week() -> None:
    assert {f.label: f.value for f in facts(worded())} == {
        "Churn rate": "2.2%",
        "Churned": "9",
        "Active": "418",
        "Revenue": "£48,213.50",
        "New": "21",
        "Reactivated": "4",
        "Inactive share": "33.4%",
        "Orders": "231",
        "Cancelled": "12",
        "Cancellation rate": "5.2%",
        "Dearest product": "£2,499.90",
    }


def test_it_begins_with_the_four_figures_that_matter_most() -> None:
    labels = [f.label for f in worded().figures]
    assert labels == ["Churn rate", "Churned", "Active", "Revenue"]


def test_the_week_is_named() -> None:
    assert worded().title == "Weekly churn report"
    assert worded().period == "Nov 9\u2009–\u200915, 2026"


def test_the_shop_so_far_is_one_line() -> None:
    assert worded().so_far == ("So far: 4,339 customers, repeat rate 65.6%, revenue £10,655,622.48")


# --- the verdict


@pytest.mark.parametrize(
    ("lang", "verdicts"),
    [
        (
            "en",
            [
                "Nobody was left who could leave",
                "Churn after the pause is 25.0%",
                "Nobody could leave yet",
                "Churn of the first weeks is 25.0%",
            ],
        ),
        (
            "pt_BR",
            [
                "Já não havia quem perder",
                "O churn depois da pausa é 25,0%",
                "Ainda não havia quem perder",
                "O churn das primeiras semanas é 25,0%",
            ],
        ),
    ],
)
def test_a_shop_after_a_pause_is_not_in_its_first_weeks(lang: str, verdicts: list[str]) -> None:
    # the 300 of three years had all left; 4 came back in the first week after the pause
    opened = replace(
        WEEK,
        active_customers_at_start=0,
        active_customers_at_end=4,
        new_customers=0,
        reactivated_customers=4,
        churned_customers=0,
        churn_rate=None,
        inactive_share=Decimal("0.986667"),
    )
    # a new shop's 4 are all there are
    founded = replace(opened, new_customers=4, reactivated_customers=0, inactive_share=Decimal(0))
    second = replace(
        WEEK,
        active_customers_at_start=4,
        active_customers_at_end=3,
        churned_customers=1,
        churn_rate=Decimal("0.25"),
    )
    quiet = replace(opened, reactivated_customers=0, inactive_share=Decimal(1))
    assert verdicts == [
        worded(lang, before=quiet, week=opened).verdict,
        worded(lang, before=opened, week=second).verdict,
        worded(lang, before=NO_WEEK, week=founded).verdict,
        worded(lang, before=founded, week=second).verdict,
    ]


@pytest.mark.parametrize(
    ("now", "before", "signal", "english", "portuguese", "mark"),
    [
        (
            "0.0410",
            "0.0224",
            "usual",
            "Churn 4.1%, as usual",
            "Churn de 4,1%, dentro do normal",
            Mark.EVEN,
        ),
        (
            "0.0410",
            "0.0224",
            "above",
            "Churn 4.1%, unusually high",
            "Churn de 4,1%, acima do normal",
            Mark.BAD,
        ),
        (
            "0.0090",
            "0.0224",
            "below",
            "Churn 0.9%, unusually low",
            "Churn de 0,9%, abaixo do normal",
            Mark.GOOD,
        ),
        (
            "0.0390",
            "0.0390",
            "long_above",
            "Churn 3.9%, high for eight weeks",
            "Churn de 3,9%, alto há oito semanas",
            Mark.BAD,
        ),
        (
            "0.0390",
            "0.0390",
            "long_below",
            "Churn 3.9%, low for eight weeks",
            "Churn de 3,9%, baixo há oito semanas",
            Mark.GOOD,
        ),
        (
            "0.0390",
            "0.0390",
            "rising",
            "Churn 3.9%, rising for six weeks",
            "Churn de 3,9%, subindo há seis semanas",
            Mark.BAD,
        ),
        (
            "0.0390",
            "0.0390",
            "falling",
            "Churn 3.9%, falling for six weeks",
            "Churn de 3,9%, caindo há seis semanas",
            Mark.GOOD,
        ),
        (
            "0.0410",
            "0.0224",
            None,
            "Churn 4.1%, too few weeks to say whether that is usual",
            "Churn de 4,1%, ainda há poucas semanas para dizer o que é normal",
            Mark.EVEN,
        ),
        (
            "0.0224",
            None,
            None,
            "Churn of the first weeks is 2.2%",
            "O churn das primeiras semanas é 2,2%",
            Mark.EVEN,
        ),
        (None, None, None, "Nobody could leave yet", "Ainda não havia quem perder", Mark.EVEN),
    ],
)
def test_the_verdict_tells_whether_churn_is_as_usual_and_has_a_colour_only_where_not(
    now: str | None,
    before: str | None,
    signal: str | None,
    english: str,
    portuguese: str,
    mark: Mark,
) -> None:
    for lang, verdict in (("en", english), ("pt_BR", portuguese)):
        message = worded(
            lang,
            week=replace(WEEK, churn_rate=Decimal(now) if now else None),
            before=replace(WEEK, churn_rate=Decimal(before) if before else None),
            signals=(replace(USUAL, signal=signal),) if signal else (),
        )
        assert (message.verdict, message.mark) == (verdict, mark)


def test_a_week_without_orders_is_told_first_of_all() -> None:
    message = worded(week=replace(WEEK, orders=0))
    assert message.verdict == "Churn 2.2%, as usual. No orders this week"


@pytest.mark.parametrize(
    ("dimension", "english", "portuguese"),
    [
        ("state", "Customers from SP", "Clientes de SP"),
        ("category", "Buyers of SP", "Compradores de SP"),
        ("channel", "Customers who came through SP", "Clientes vindos de SP"),
        ("first_product", "Customers who began with SP", "Clientes que começaram com SP"),
    ],
)
def test_who_stands_out_is_named_with_how_many_they_are_and_the_difference_they_made(
    dimension: str, english: str, portuguese: str
) -> None:
    driver = replace(DRIVER, dimension=dimension)
    message = worded(drivers=(driver,))
    assert message.drivers_heading == "Who stands out"
    assert message.drivers == (f"{english}: 15 of 100 left (15.0%, the others 5.0%): 10 more",)
    assert worded("pt_BR", drivers=(driver,)).drivers == (
        f"{portuguese}: 15 de 100 perdidos (15,0%, os outros 5,0%): 10 a mais",
    )


def test_who_stays_more_than_others_is_named_as_such() -> None:
    driver = replace(
        DRIVER, churned_from_start=0, churn_rate=Decimal(0), excess_churned=Decimal("-5.3")
    )
    assert worded(drivers=(driver,)).drivers == (
        "Customers from SP: 0 of 100 left (0.0%, the others 5.0%): 5 fewer",
    )


def test_where_no_group_stands_out_the_report_says_so() -> None:
    assert worded(drivers=()).drivers_heading == "No group stands out"
    assert worded("pt_BR", drivers=()).drivers_heading == "Nenhum grupo se destaca"
    # without a week before none was looked at
    assert worded(before=NO_WEEK, drivers=()).drivers_heading == ""


def test_the_usual_range_stands_beside_the_churn_rate() -> None:
    assert fact("Churn rate").detail == "usual 1.0% – 4.0%"
    outside = replace(USUAL, signal="above")
    assert worded(signals=(outside,)).figures[0].detail == "above its usual 1.0% – 4.0%"
    assert worded(signals=()).figures[0].detail == ""


# --- changes


@pytest.mark.parametrize(
    ("label", "figure", "says", "mark"),
    [
        ("Active", "active_customers_at_end", "above its usual 400 – 420", Mark.GOOD),
        ("New", "new_customers", "above its usual 400 – 420", Mark.GOOD),
        ("Churned", "churned_customers", "above its usual 400 – 420", Mark.BAD),
        ("Reactivated", "reactivated_customers", "above its usual 400 – 420", Mark.GOOD),
        ("Revenue", "revenue", "above its usual £400.00 – £420.00", Mark.GOOD),
    ],
)
def test_a_signal_is_good_or_bad_depending_on_the_figure_and_the_opposite_one_the_opposite(
    label: str, figure: str, says: str, mark: Mark
) -> None:
    opposite = {Mark.GOOD: Mark.BAD, Mark.BAD: Mark.GOOD}[mark]
    above = Signal(figure, "above", Decimal("400.000000"), Decimal("420.000000"))
    for signal, expected, detail in (
        (above, mark, says),
        (replace(above, signal="falling"), opposite, "falling for six weeks"),
        (replace(above, signal="usual"), Mark.EVEN, ""),
    ):
        [found] = [one for one in facts(worded(signals=(signal,))) if one.label == label]
        assert (found.mark, found.detail) == (expected, detail)


def test_the_cancellation_rate_tells_its_signal_before_its_reason() -> None:
    signal = Signal("cancellation_rate", "above", Decimal("0.01"), Decimal("0.04"))
    [found] = [one for one in facts(worded(signals=(signal,))) if one.label == "Cancellation rate"]
    assert found.mark == Mark.BAD
    assert found.detail == "above its usual 1.0% – 4.0% · mostly: changed their mind"


@pytest.mark.parametrize(
    ("label", "figure"),
    [
        ("Active", "active_customers_at_end"),
        ("New", "new_customers"),
        ("Churned", "churned_customers"),
        ("Churn rate", "churn_rate"),
        ("Inactive share", "inactive_share"),
        ("Orders", "orders"),
        ("Cancelled", "cancelled_orders"),
        ("Revenue", "revenue"),
        ("Dearest product", "dearest_product_price"),
    ],
)
def test_a_change_alone_is_neither_good_nor_bad(label: str, figure: str) -> None:
    more = {figure: getattr(WEEK, figure) * 2}
    assert (fact(label, **more).change[0], fact(label, **more).mark) == ("▲", Mark.EVEN)
    before = replace(WEEK, **more)
    assert (fact(label, before=before).change[0], fact(label, before=before).mark) == (
        "▼",
        Mark.EVEN,
    )


def test_counts_and_money_change_in_percent() -> None:
    assert fact("Orders", orders=231 * 2).change == "▲ 100%"
    assert fact("Revenue", revenue=Decimal("49659.91")).change == "▲ 3%"
    assert fact("Revenue", revenue=Decimal("44356.42")).change == "▼ 8%"
    assert fact("Revenue", lang="en", revenue=Decimal("50142.04")).change == "▲ 4%"
    assert fact("Receita", lang="pt_BR", revenue=Decimal("49418.84")).change == "▲ 2,5%"


def test_rates_change_in_percentage_points() -> None:
    assert fact("Churn rate", churn_rate=Decimal("0.0264")).change == "▲ 0.4 pp"
    assert fact("Churn rate", churn_rate=Decimal("0.0124")).change == "▼ 1.0 pp"


def test_a_small_count_is_compared_with_what_it_was() -> None:
    assert fact("Churned", churned_customers=19).change == "▲ was 9"
    assert fact("Reactivated", reactivated_customers=0).change == "▼ was 4"
    twenty = replace(WEEK, churned_customers=20)
    assert fact("Churned", before=twenty, churned_customers=22).change == "▲ 10%"


def test_a_growth_that_no_percentage_tells_well_is_compared_with_what_it_was() -> None:
    empty = replace(WEEK, orders=0, revenue=Decimal("0.00"))
    assert fact("Orders", before=empty).change == "▲ was 0"
    assert fact("Revenue", before=empty).change == "▲ was £0.00"
    assert fact("Revenue", revenue=Decimal("9999999.99")).change == "▲ was £48,213.50"


def test_what_did_not_change_or_hardly_is_told_as_the_same() -> None:
    assert fact("Revenue").change == "="
    assert fact("Revenue", revenue=WEEK.revenue + Decimal("0.01")).change == "≈"  # type: ignore[operator]
    assert fact("Inactive share", inactive_share=Decimal("0.3342")).change == "≈"


def test_the_first_week_is_compared_with_nothing() -> None:
    message = worded(before=NO_WEEK, signals=())
    assert message.period.endswith("the first week, nothing to compare yet")
    assert {f.change for f in facts(message)} == {""}
    assert {f.mark for f in facts(message)} == {Mark.EVEN}


def test_a_shop_without_orders_or_customers_still_has_a_report() -> None:
    totals = replace(
        TOTALS,
        customers=0,
        inactive_share=None,
        repeat_rate=None,
        revenue=Decimal(0),
        net_revenue=Decimal(0),
        currency=None,
    )
    message = worded(
        before=NO_WEEK,
        currency=None,
        week=NO_WEEK,
        totals=totals,
        prediction=replace(NO_PREDICTION, at_risk_customers=0),
        signals=(),
        trend=(),
        drivers=(),
    )
    assert {f.value for f in facts(message)} == {"–"}
    assert message.verdict == "Nobody could leave yet"
    assert message.so_far == "So far: 0 customers, revenue 0.00"
    assert message.at_risk == "0 customers at risk"


@pytest.mark.parametrize(
    ("lang", "of_the_week", "so_far"),
    [
        ("en", "after refunds £47,000.00", "revenue £10,655,622.48, after refunds £10,600,000.00"),
        (
            "pt_BR",
            "após reembolsos £\xa047.000,00",
            "receita £\xa010.655.622,48, após reembolsos £\xa010.600.000,00",
        ),
    ],
)
def test_where_a_shop_has_refunds_what_they_leave_stands_beside_the_revenue(
    lang: str, of_the_week: str, so_far: str
) -> None:
    message = worded(
        lang,
        week=replace(WEEK, net_revenue=Decimal("47000.00")),
        totals=replace(TOTALS, net_revenue=Decimal("10600000.00")),
    )
    assert message.figures[-1].detail == of_the_week
    assert message.so_far.endswith(so_far)


def test_where_a_shop_has_no_refunds_nothing_is_said_of_them() -> None:
    assert worded().figures[-1].detail == ""
    assert "refund" not in worded().so_far


def test_the_most_frequent_reason_stands_below_the_cancellation_rate() -> None:
    assert fact("Cancellation rate").detail == "mostly: changed their mind"
    assert fact("Cancellation rate", top_cancellation_reason=None).detail == ""


def test_the_dearest_product_is_named() -> None:
    assert fact("Dearest product").detail == "Espresso machine"
    assert fact("Dearest product", dearest_product_name=None).detail == ""


def test_the_notes_tell_the_date_and_what_churned_and_at_risk_mean() -> None:
    assert build_message(REPORT, "en", window_days=60).notes == (
        "As of Nov 16, 2026.",
        "Churned: no valid order for more than 60 days.",
        "At risk: silent for longer than usual for them, or more likely gone than not.",
    )


# --- what is foreseen


def test_with_those_at_risk_stands_with_whom_to_begin_and_how_long_it_takes() -> None:
    assert worded().at_risk == (
        "1,057 customers at risk · £3,210.50 at stake. Begin with 212: 80% of it, 636 minutes"
    )
    assert worded("pt_BR").at_risk == (
        "1.057 clientes em risco · £\u00a03.210,50 em jogo. Comece por 212: 80% disso, 636 minutos"
    )


def test_where_all_are_to_be_contacted_nobody_is_first() -> None:
    all_of_them = replace(PREDICTION, first_customers=1057, first_share=Decimal(1))
    assert worded(prediction=all_of_them).at_risk == (
        "1,057 customers at risk · £3,210.50 at stake"
    )


def test_what_stands_to_be_lost_is_left_out_where_spend_is_not_predicted() -> None:
    unpredicted = replace(PREDICTION, value_at_stake=None, first_share=None)
    assert worded(prediction=unpredicted).at_risk == "1,057 customers at risk"


def test_a_prediction_tells_what_it_rests_on_and_how_good_it_was() -> None:
    assert worded().prediction == (
        "Prediction: from orders until Nov 8, 2026, correlation over 13 weeks 0.60."
    )
    assert worded("pt_BR").prediction.endswith("correlação em 13 semanas 0,60.")


def test_a_prediction_that_was_never_measured_says_nothing_of_it() -> None:
    never = replace(PREDICTION, holdout_weeks=None, holdout_correlation=None)
    assert worded(prediction=never).prediction == "Prediction: from orders until Nov 8, 2026."


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
    message = worded(prediction=replace(NO_PREDICTION, declined_because=code))
    assert message.warnings == (note,)
    assert message.prediction == ""
    assert message.at_risk == "57 customers at risk"  # by their own rhythm


@pytest.mark.parametrize("lang", ["en", "pt_BR"])
@pytest.mark.parametrize("code", [code for code in Code if not code.startswith("spend_")])
def test_every_reason_not_to_predict_has_its_words(code: Code, lang: str) -> None:
    declined = replace(NO_PREDICTION, declined_because=code.value)
    [note] = worded(lang, prediction=declined).warnings
    assert note.startswith(("No prediction: ", "Sem previsão: "))
    assert "–" not in note  # no threshold is missing


# --- what is wrong with the data


@pytest.mark.parametrize(
    ("lang", "behind", "says"),
    [
        ("en", OLD, "pipedrive was last loaded on Oct 30, 2026: what happened since is"),
        (
            "en",
            PAUSED,
            "pipedrive is paused, as it could not be loaded. Last loaded on Oct 30, 2026:",
        ),
        ("en", NEVER, "pipedrive was never loaded: nothing of it is in the figures."),
        ("pt_BR", OLD, "pipedrive foi carregada pela última vez em 30 de out. de 2026: o que"),
        (
            "pt_BR",
            PAUSED,
            "pipedrive está em pausa, pois não pôde ser carregada. Última carga em 30",
        ),
    ],
)
def test_a_source_that_is_behind_is_told_before_anything_else(
    lang: str, behind: Behind, says: str
) -> None:
    first, second = worded(lang, failed_tests=2, sources_behind=(behind,)).warnings
    assert first.startswith(says)
    assert "2" in second


def test_a_shop_of_which_only_the_last_days_are_known_is_named() -> None:
    assert worded(sources_without_history=("shopify",)).warnings == (
        "Of shopify only the orders of the last 60 days are known, so that older customers look"
        " new: its export has the others.",
    )
    [said] = worded("pt_BR", sources_without_history=("shopify",)).warnings
    assert said.startswith("De shopify só são conhecidos os pedidos dos últimos 60 dias")


def test_files_that_no_model_reads_are_named_the_first_three() -> None:
    files = ("orders.xls", "orders_2.csv", "prices.csv", "returns.csv")
    assert worded("pt_BR", unread_files=files[:3]).warnings == (
        "Nenhum modelo lê orders.xls, orders_2.csv, prices.csv: o que há ali não está nos números.",
    )
    assert worded(unread_files=files).warnings == (
        "No model reads orders.xls, orders_2.csv, prices.csv, …: what is in there is not in the"
        " figures.",
    )


@pytest.mark.parametrize(
    ("test", "says"),
    [
        (
            "assert_no_order_is_in_a_hub_and_its_shop",
            "12 pedidos do hub vieram também da loja: contam em dobro.",
        ),
        (
            "assert_no_typed_sale_is_in_its_shop",
            "12 vendas digitadas parecem pedidos da loja: podem contar em dobro.",
        ),
        (
            "assert_no_shopify_orders_are_left_out",
            "Entre o primeiro e o último pedido da Shopify faltam 12 números: a exportação foi"
            " feita com filtro?",
        ),
        (
            "assert_export_and_api_are_of_one_shop",
            "12 pedidos da exportação têm os números de outros da API: a exportação e a API são da"
            " mesma loja?",
        ),
        (
            "products_of_lines_are_listed",
            "12 itens são de produtos fora do cadastro: ficam sem categoria.",
        ),
        (
            "a_test_of_ones_own",
            "1 conferência dos dados avisa: o log diz de quê.",
        ),
    ],
)
def test_what_a_data_test_warns_of_is_told_in_words_and_as_no_failure(test: str, says: str) -> None:
    assert worded("pt_BR", warned_tests={test: 12}).warnings == (says,)


def test_warnings_with_words_are_of_tests_that_there_are() -> None:
    tests = DBT_PROJECT / "tests"
    described = (DBT_PROJECT / "models/marts/core/fct_order_items.yml").read_text()
    for test in WARNED:
        path = tests / f"{test}.sql"
        is_one = path.exists() and "severity='warn'" in path.read_text()
        assert is_one or f"name: {test}\n" in described, test


def test_data_tests_that_failed_are_told() -> None:
    assert worded(failed_tests=2).warnings == ("2 data tests failed: take the figures with care.",)


def test_rejected_rows_are_told_only_where_there_are_some() -> None:
    assert build_message(REPORT, "en", 90).warnings == ()
    totals = replace(TOTALS, rejected_rows=1)
    assert build_message(replace(REPORT, totals=totals), "en", 90).warnings == (
        "1 row of the data could not be used.",
    )


def test_amounts_of_several_currencies_are_marked_as_such() -> None:
    message = build_message(replace(REPORT, currency="mixed"), "en", 90)
    assert message.warnings == ("Amounts in several currencies are added and ranked unconverted.",)


# --- text from data


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


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Souza", "A••• S•••"),
        ("  Zoë ", "Z•••"),
        ("É\u0301lodie", "É\u0301•••"),
        ("👩\u200d👧 Maria", "👩\u200d👧••• M•••"),
        ("قهوة", "ق•••"),
        ("", ""),
    ],
)
def test_a_masked_name_keeps_first_letters_only(name: str, shown: str) -> None:
    assert masked(name) == shown


def test_what_became_of_the_list_of_four_weeks_ago_is_told_in_one_line() -> None:
    assert worded(outcomes=OUTCOMES).outcome == (
        "Of 1,052 told on Oct 19, 2026, 9 came back within 4 weeks, 6 were expected"
    )
    assert worded("pt_BR", outcomes=OUTCOMES).outcome == (
        "De 1.052 na lista de 19 de out. de 2026, 9 voltaram em 4 semanas; esperava-se 6"
    )
    unpredicted = replace(OUTCOMES, told_expected=None)
    assert worded(outcomes=unpredicted).outcome == (
        "Of 1,052 told on Oct 19, 2026, 9 came back within 4 weeks"
    )
    assert worded().outcome == ""


@pytest.mark.parametrize(
    ("effect", "says"),
    [
        ("more_return", "the list helps"),
        ("fewer_return", "the list harms"),
        ("too_few_to_say", "too few to say"),
    ],
)
def test_those_who_were_kept_from_the_list_are_told_beside_it(effect: str, says: str) -> None:
    compared = replace(OUTCOMES, control_customers=120, control_returned=1, effect=effect)
    assert worded(outcomes=compared).outcome == (
        "Of 1,052 told on Oct 19, 2026, 9 came back within 4 weeks, 6 were expected."
        f" Of 120 not told, 1 did: {says}"
    )


def test_a_prediction_that_is_off_is_warned_of() -> None:
    off = replace(OUTCOMES, is_model_off=True)
    assert worded(outcomes=off).warnings == (
        "The prediction is off: 1,300 customers were expected in 13 weeks, 1,420 came.",
    )
    assert worded(outcomes=OUTCOMES).warnings == ()
