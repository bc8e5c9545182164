"""The weekly DAG run by Airflow: one report where all goes well, one alert where it does not."""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from scripts.demo import STEPS
from tests.end_to_end.conftest import MONDAY, Run
from tests.support.fake_telegram import CHAT, TOKEN, WRONG_TOKEN

pytestmark = pytest.mark.timeout(900)  # the first test waits for the runs

Runs = Callable[[str], Run]


def number(value: int) -> str:
    """1234 as Brazilians write it."""
    return f"{value:,}".replace(",", ".")


def percent(fraction: Decimal) -> str:
    """A fraction as a percentage, as Brazilians write it."""
    rounded = (fraction * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    return f"{rounded}%".replace(".", ",")


def reais(amount: Decimal) -> str:
    """An amount in reais, as Brazilians write it."""
    return "R$\xa0" + f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


# --- a run that goes well


def test_one_report_reaches_the_channel_the_list_answering_the_chart(runs: Runs) -> None:
    run = runs("sent")
    assert run.returncode == 0, run.stdout + run.stderr
    chart, listed = run.delivered
    assert (chart.chat_id, listed.chat_id) == (CHAT, CHAT)
    assert (chart.kind, listed.kind, listed.reply_to) == ("photo", "document", chart.message_id)


def test_the_demo_shows_each_step_and_each_node_that_dbt_built(runs: Runs) -> None:
    said = runs("sent").stdout
    for step in STEPS.values():
        assert re.search(rf"^  {step} …\n(.+\n)*?  {step} +\d+\.\d s$", said, re.MULTILINE), step
    nodes = re.findall(
        r"^ +(\d+)/(\d+) OK +(?:sql (?:table|view) model|seed|marts)", said, re.MULTILINE
    )
    totals = {int(total) for _, total in nodes}
    assert len(totals) == 2  # the two builds
    assert sorted(int(number) for number, _ in nodes) == sorted(
        number for total in totals for number in range(1, total + 1)
    )


def test_the_ledger_knows_of_it(runs: Runs) -> None:
    rows = runs("sent").warehouse.rows(
        "select report, period_starts_on, chat, part, state, reason, message_id"
        " from ops.report_deliveries order by part"
    )
    week = {"report": "weekly_churn", "period_starts_on": date(2026, 11, 2), "chat": CHAT}
    assert rows == [
        {**week, "part": part, "state": "sent", "reason": "first", "message_id": number}
        for part, number in (("chart", 1), ("list", 2))
    ]


def test_the_message_holds_the_figures_of_the_weekly_report(runs: Runs) -> None:
    run = runs("sent")
    week, totals = (
        run.warehouse.row(f"marts.{table}") for table in ("rpt_weekly_report", "rpt_shop_totals")
    )
    assert week["as_of_on"] == totals["as_of_on"] == date.fromisoformat(MONDAY)
    text = run.delivered[0].text.replace("\u2009", " ")  # thin spaces around a dash
    figures = [
        "2 – 8 de nov. de 2026",
        f"Taxa de churn {percent(week['churn_rate'])}",
        f"Perdidos (churn) {number(week['churned_customers'])}",
        f"Ativos {number(week['active_customers_at_end'])}",
        f"Receita {reais(week['revenue'])}",
        f"Novos {number(week['new_customers'])}",
        f"Reativados {number(week['reactivated_customers'])}",
        f"Inativos {percent(week['inactive_share'])}",
        f"Pedidos {number(week['orders'])}",
        f"Cancelados {number(week['cancelled_orders'])}",
        f"Cancelamento {percent(week['cancellation_rate'])}",
        f"Produto mais caro {reais(week['dearest_product_price'])}",
        f"({week['dearest_product_name']})",
        f"{number(totals['customers'])} clientes",
        f"receita {reais(totals['revenue'])}",
        f"{totals['rejected_rows']} linhas dos dados",
        "Posição em 9 de nov. de 2026",
        "Sem previsão: menos de 500 clientes até agora.",
    ]
    assert [figure for figure in figures if figure not in text] == []


def test_the_list_names_every_customer_to_contact_first_by_id_only(runs: Runs) -> None:
    run = runs("sent")
    at_risk = run.warehouse.rows(
        "select customer_id, customer_name from marts.customers_at_risk"
        " where is_to_contact_first order by risk_rank"
    )
    file = run.delivered[1].file
    assert file is not None
    listed = file.content.decode("utf-8-sig")
    assert [line.split(";")[0] for line in listed.splitlines()[1:]] == [
        customer["customer_id"] for customer in at_risk
    ]
    assert [c["customer_name"] for c in at_risk if c["customer_name"] in listed] == []


def test_a_small_shop_of_the_asked_size_was_generated(runs: Runs) -> None:
    totals = runs("sent").warehouse.row("marts.rpt_shop_totals")
    assert 40 < totals["customers"] <= 60


def test_the_demo_says_that_the_report_was_sent_and_shows_no_old_one(runs: Runs) -> None:
    run = runs("sent")
    assert "The report was sent to Telegram" in run.stdout
    assert not (run.project / "out" / "report.txt").exists()
    assert not (run.project / "out" / "alert.txt").exists()


def test_the_model_is_fitted_to_the_days_before_the_week(runs: Runs) -> None:
    fits = runs("sent").warehouse.rows(
        "select as_of_on, declined_because from ops.churn_model_parameters"
        " where model = 'mbg_nbd' order by as_of_on"
    )
    assert fits == [
        {"as_of_on": date(2026, 8, 9), "declined_because": "too_few_customers"},
        {"as_of_on": date(2026, 11, 1), "declined_because": "too_few_customers"},
    ]


# --- a data test that fails


@pytest.mark.nightly
def test_a_data_test_that_fails_fails_the_run(runs: Runs) -> None:
    run = runs("failing_test")
    assert run.returncode == 1
    assert "DagRun failed" in run.stderr


@pytest.mark.nightly
def test_no_report_is_sent_of_data_that_a_test_rejects(runs: Runs) -> None:
    run = runs("failing_test")
    assert "starting task_id=marts.dbt_ecommerce_test" in run.stdout
    assert "starting task_id=send_report" not in run.stdout
    assert [message.text for message in run.delivered if message.kind != "text message"] == []


@pytest.mark.nightly
def test_one_alert_names_the_dag_the_task_the_date_and_the_log(runs: Runs) -> None:
    [alert] = runs("failing_test").delivered
    lines = alert.text.splitlines()
    assert lines[:3] == [
        "🚨 Data tests failed, no report was sent",
        "DAG: ecommerce_churn",
        "Task: marts.dbt_ecommerce_test",
    ]
    assert "As of: Nov 9, 2026" in lines
    assert "▸ assert_that_fails" in lines
    assert lines[-1].startswith("Log: http://")
    assert "/ecommerce_churn/" in lines[-1]
    assert "/marts.dbt_ecommerce_test" in lines[-1]


@pytest.mark.nightly
def test_a_run_of_a_monday_is_as_of_the_end_of_its_interval(runs: Runs) -> None:
    week = runs("failing_test").warehouse.row("marts.rpt_weekly_report")
    assert week["as_of_on"] == date.fromisoformat(MONDAY)


# --- a token that Telegram does not know


@pytest.mark.nightly
def test_a_report_that_cannot_be_sent_fails_the_run(runs: Runs) -> None:
    run = runs("wrong_token")
    assert run.returncode == 1
    assert "DagRun failed" in run.stderr
    assert run.delivered == []


@pytest.mark.nightly
def test_an_alert_that_cannot_be_sent_is_kept_and_hides_nothing(runs: Runs) -> None:
    run = runs("wrong_token")
    sentence = "Telegram refuses the token of the bot: get a valid one from @BotFather"
    for part in ("DAG: ecommerce_churn", "Task: send_report", sentence, "Log: http://"):
        assert part in run.alert
    assert f"AirflowFailException: {sentence}" in run.stdout + run.stderr
    assert "An alert was not sent" in run.stdout + run.stderr


@pytest.mark.nightly
def test_it_is_not_tried_again(runs: Runs) -> None:
    assert runs("wrong_token").stdout.count("[DAG TEST] starting task_id=send_report") == 1


# --- a model that fails once


@pytest.mark.nightly
def test_a_model_that_failed_is_tried_again_by_its_own_task(runs: Runs) -> None:
    run = runs("wrong_token")
    tries = run.stdout.count("[DAG TEST] starting task_id=marts.models.marts.churn.fails_once_run")
    assert tries == 2
    assert run.stdout.count("[DAG TEST] starting task_id=marts.dbt_build") == 1
    assert run.warehouse.rows("select tries from marts.fails_once") == [{"tries": 1}]


@pytest.mark.nightly
def test_what_was_skipped_for_it_is_built_too_before_anything_is_tested(runs: Runs) -> None:
    run = runs("wrong_token")
    assert run.warehouse.rows("select tries from marts.after_it") == [{"tries": 1}]
    built = run.stdout.index("end task task_id=marts.models.marts.churn.after_it_run")
    assert built < run.stdout.index("starting task_id=marts.dbt_ecommerce_test")


# --- every run


@pytest.mark.parametrize(
    "name",
    [
        "sent",
        pytest.param("failing_test", marks=pytest.mark.nightly),
        pytest.param("wrong_token", marks=pytest.mark.nightly),
    ],
)
def test_no_token_or_password_is_in_any_log_xcom_or_template(name: str, runs: Runs) -> None:
    run = runs(name)
    said, noted = run.everything_said(), run.everything_noted()
    assert "ecommerce_churn" in said
    assert "ecommerce_churn" in noted
    password = run.warehouse.url.split("@")[0].split(":")[-1]
    for secret in (TOKEN, WRONG_TOKEN, TOKEN.split(":")[1], WRONG_TOKEN.split(":")[1], password):
        assert secret not in said
        assert secret not in noted
