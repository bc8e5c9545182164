"""The churn model end to end: from dbt's order days through the fit to predictions in SQL.

CDNOW's sample has published figures (tests/unit/test_churn_model_cdnow.py names them); what SQL
predicts is compared with what the Python formulas say, which are tested against the model's story.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from include.churn_model.purchases import MbgNbd
from include.churn_model.spend import GammaGamma
from include.churn_model.store import fit_and_save, fit_for_the_week, read_customers
from include.errors import UserError
from include.report.message import build_message
from include.report.read import read_report
from include.settings import Settings
from scripts.fit_churn_model import app
from tests.support.gamma_gamma import expected_spend
from tests.support.scripts import call
from tests.support.warehouses import Row, Warehouse, demo_shop, new_warehouse

CALIBRATION = date(1997, 9, 30)
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")
PREDICTIONS = ("--select", "marts.value", "rpt_prediction")
FITS = "ops.churn_model_parameters"

pytestmark = pytest.mark.timeout(900)  # the first test waits for the builds


@contextmanager
def connected(warehouse: Warehouse) -> Iterator[Connection]:
    with closing(psycopg2.connect(warehouse.url)) as connection:
        yield connection


def script(warehouse: Warehouse, *arguments: str) -> str:
    """What `scripts/fit_churn_model.py` prints."""
    done = call(app, *arguments, AIRFLOW_CONN_WAREHOUSE=warehouse.url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fit_of(warehouse: Warehouse, model: str, as_of_on: date = CALIBRATION) -> Row:
    """The one row of a fit."""
    [row] = warehouse.rows(
        f"select * from {FITS} where model = '{model}' and as_of_on = '{as_of_on}'"
    )
    return row


# --- CDNOW: the published figures


@pytest.fixture(scope="module")
def cdnow(
    postgres: Path,
    shared_data: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Warehouse:
    """The sample built as of the day after its last order, and fitted by the script."""
    warehouse = new_warehouse(postgres, "model_cdnow", tmp_path_factory.mktemp("cdnow"))
    warehouse.load("cdnow", shared_data("cdnow_sample"))
    warehouse.dbt("build", *WITHOUT_TESTS, sources=["cdnow"])
    script(warehouse, "--as-of", str(CALIBRATION))
    return warehouse


def test_the_frequency_recency_table_made_by_dbt_has_the_published_bins(cdnow: Warehouse) -> None:
    bins = cdnow.rows(
        "select least(order_day_number - 1, 7) as repeats, count(*) as customers"
        " from marts.fct_order_days where ordered_on <= '1997-09-30'"
        " and (next_order_on is null or next_order_on > '1997-09-30') group by 1 order by 1"
    )

    assert [row["customers"] for row in bins] == [1411, 439, 214, 100, 62, 38, 29, 64]


def test_it_is_the_published_summary_of_every_customer(
    cdnow: Warehouse, shared_data: Callable[[str], Path]
) -> None:
    folder = shared_data("cdnow_sample")
    published = pd.read_csv(
        folder / "cdnow_customers_summary_with_transactions.csv", index_col="ID"
    )
    orders = pd.read_parquet(folder / "cdnow.parquet")
    id_in_sample = dict(zip(orders["customer_id"].astype(str), orders["sample_id"], strict=True))
    ids = {
        row["customer_key"]: id_in_sample[row["customer_id"]]
        for row in cdnow.rows("select customer_key, customer_id from marts.dim_customers")
    }
    with connected(cdnow) as connection:
        table = read_customers(connection, CALIBRATION)

    published = published.loc[[ids[key] for key in table.customer]]
    assert table.frequency.tolist() == published["x"].tolist()
    assert table.recency == pytest.approx(published["t_x"].to_numpy(), abs=0.0051)
    assert table.age == pytest.approx(published["T"].to_numpy(), abs=0.0051)
    assert np.nan_to_num(table.mean_repeat_spend) == pytest.approx(
        published["zbar"].to_numpy(), abs=0.0101
    )


@pytest.mark.parametrize(
    ("model", "published"),
    [
        ("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
        ("mbg_nbd", {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}),
        ("gamma_gamma", {"p": 6.25, "q": 3.74, "gamma": 15.44}),
    ],
)
def test_the_script_stores_the_published_parameters_to_the_digits_given(
    model: str, published: dict[str, float], cdnow: Warehouse
) -> None:
    row = fit_of(cdnow, model)

    digits = 2 if model == "gamma_gamma" else 3
    assert {name: round(row[name], digits) for name in published} == published
    others = {"r", "alpha", "a", "b", "p", "q", "gamma"} - published.keys()
    assert {row[name] for name in others} == {None}
    assert (row["sources"], row["customers"], row["declined_because"]) == ("cdnow", 2357, None)


def test_the_log_likelihoods_are_the_published_ones(cdnow: Warehouse) -> None:
    assert round(fit_of(cdnow, "bg_nbd")["log_likelihood"], 1) == -9582.4
    assert round(fit_of(cdnow, "gamma_gamma")["log_likelihood"], 4) == -4055.9177


def test_the_39_weeks_since_correlate_as_published(cdnow: Warehouse) -> None:
    row = fit_of(cdnow, "bg_nbd")

    assert row["holdout_weeks"] == 39
    assert row["holdout_correlation"] == pytest.approx(0.626, abs=0.002)
    assert fit_of(cdnow, "mbg_nbd")["holdout_correlation"] > 0.62
    assert fit_of(cdnow, "gamma_gamma")["holdout_weeks"] is None


def test_the_script_prints_parameters_likelihood_and_holdout(cdnow: Warehouse) -> None:
    said = script(cdnow, "--as-of", str(CALIBRATION))

    assert said.startswith("As of 1997-09-30, that day included: 2,357 customers of cdnow.\n")
    for part in ("r 0.2426", "alpha 6.1831", "gamma 15.4435", "log-likelihood -9582.4292"):
        assert part in said
    assert "39 weeks since: correlation 0.626" in said


def test_the_script_takes_the_sunday_before_the_week_that_the_marts_report_on(
    cdnow: Warehouse,
) -> None:
    # as of Wednesday 1998-07-01 that is the week from Monday 1998-06-22 on
    assert script(cdnow).startswith("As of 1998-06-21, that day included")
    row = fit_of(cdnow, "mbg_nbd", date(1998, 6, 21))
    assert (row["holdout_weeks"], row["holdout_correlation"]) == (None, None)


def test_a_day_that_the_marts_do_not_know_yet_is_refused(cdnow: Warehouse) -> None:
    with (
        connected(cdnow) as connection,
        pytest.raises(UserError, match="know the orders until 1998-06-30 only"),
    ):
        fit_and_save(connection, date(1998, 7, 1))


def test_fitting_again_replaces_the_fit_of_that_day(cdnow: Warehouse) -> None:
    fits = f"select * from {FITS} order by model, as_of_on"
    days = {row["as_of_on"] for row in cdnow.rows(fits)}

    def fit_all() -> list[Row]:
        with connected(cdnow) as connection:
            for day in days:
                fit_and_save(connection, day)
        return cdnow.rows(fits)

    # both in this process: what another one has in its environment may decide the last digit
    before = fit_all()
    with connected(cdnow) as connection, connection.cursor() as cursor:
        cursor.execute(f"update {FITS} set r = 99, declined_because = 'nobody_leaves'")
        connection.commit()
    assert fit_all() == before


# --- the predictions in SQL against Python


def predictions(warehouse: Warehouse) -> pd.DataFrame:
    table = pd.DataFrame(warehouse.rows("select * from marts.customer_predictions"))
    numbers = table.columns.drop(["customer_key", "as_of_on", "parameters_as_of_on"])
    return table.astype(dict.fromkeys(numbers, float))


def relative(actual: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """The greatest difference as a share of the expected."""
    return float(np.abs(np.asarray(actual) / np.asarray(expected) - 1).max())


def assert_same_as_python(warehouse: Warehouse, until: date) -> pd.DataFrame:
    """The table, after a comparison of every customer with what Python says."""
    table = predictions(warehouse)
    fit, spend = fit_of(warehouse, "mbg_nbd", until), fit_of(warehouse, "gamma_gamma", until)
    model = MbgNbd(*(fit[name] for name in ("r", "alpha", "a", "b")))
    known = table["frequency"], table["recency_weeks"], table["age_weeks"]
    assert set(table["parameters_as_of_on"]) == {until}

    alive = model.probability_alive(*known)
    assert np.abs(table["probability_alive"] - alive).max() < 1e-9
    for column, days in (("expected_order_days", 90), ("expected_order_days_ltv", 365)):
        assert relative(table[column], model.expected_purchases(days / 7, *known)) < 1e-6

    gamma_gamma = GammaGamma(*(spend[name] for name in ("p", "q", "gamma")))
    mean = expected_spend(gamma_gamma, table["frequency"], table["mean_repeat_spend"])
    assert np.abs(table["expected_spend"] - mean).max() < 0.0051
    assert np.abs(table["expected_revenue"] - table["expected_order_days"] * mean).max() < 0.0051
    return table


@pytest.fixture
def cdnow_scored(cdnow: Warehouse) -> Warehouse:
    """The sample scored anew with the published parameters, those of the calibration."""
    with connected(cdnow) as connection, connection, connection.cursor() as cursor:
        cursor.execute(f"delete from {FITS} where as_of_on > '{CALIBRATION}'")
    cdnow.dbt("run", *PREDICTIONS, sources=["cdnow"])
    return cdnow


def test_sql_predicts_what_python_says_for_every_customer_of_cdnow(
    cdnow_scored: Warehouse,
) -> None:
    table = assert_same_as_python(cdnow_scored, CALIBRATION)

    assert len(table) == 2357


def test_the_frequency_recency_table_that_is_scored_is_the_one_that_is_fitted(
    cdnow_scored: Warehouse,
) -> None:
    with connected(cdnow_scored) as connection:
        fitted = read_customers(connection, date(1998, 6, 30))

    scored = predictions(cdnow_scored).set_index("customer_key").loc[fitted.customer]
    assert scored["frequency"].tolist() == fitted.frequency.tolist()
    assert scored["recency_weeks"].to_numpy() == pytest.approx(fitted.recency, rel=1e-12)
    assert scored["age_weeks"].to_numpy() == pytest.approx(fitted.age, rel=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        MbgNbd(0.8, 8, 1, 2),  # a gap in the formula
        MbgNbd(0.5, 3, 7, 2),  # a - 1 is above r + x for some and below for others
    ],
    ids=str,
)
def test_sql_predicts_what_python_says_whatever_the_parameters(
    model: MbgNbd, cdnow_scored: Warehouse
) -> None:
    row = fit_of(cdnow_scored, "mbg_nbd")
    names = ("r", "alpha", "a", "b")
    update = f"update {FITS} set r = %s, alpha = %s, a = %s, b = %s where model = 'mbg_nbd'"
    with connected(cdnow_scored) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(update, [getattr(model, name) for name in names])
            connection.commit()
            cdnow_scored.dbt("run", *PREDICTIONS, sources=["cdnow"])
            assert_same_as_python(cdnow_scored, CALIBRATION)
        finally:
            cursor.execute(update, [row[name] for name in names])
            connection.commit()


# --- the weekly run on the demo shop


@pytest.fixture(scope="module")
def demo(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The committed demo shop, fitted and scored as the weekly run does it."""
    warehouse = demo_shop(postgres, "model_demo", tmp_path_factory.mktemp("demo"))
    warehouse.dbt("run")
    with connected(warehouse) as connection:
        fit_for_the_week(connection)
    warehouse.dbt("run", *PREDICTIONS)
    return warehouse


def test_before_the_first_fit_nothing_is_predicted_and_the_report_says_so(
    postgres: Path, tmp_path: Path
) -> None:
    (tmp_path / "cdnow.csv").write_text(
        "customer_id,order_date,cds,amount\n1,1997-01-06,1,10.00\n1,1997-05-06,2,20.00\n"
    )
    warehouse = new_warehouse(postgres, "model_tiny", tmp_path)
    warehouse.load("cdnow", tmp_path)
    warehouse.dbt("build", *WITHOUT_TESTS, sources=["cdnow"])
    assert note(warehouse) == "No prediction: the model was not fitted yet."
    nothing_is_predicted(warehouse)

    # and after it the shop is too small
    said = script(warehouse)
    assert "No prediction. Only 1 customers have bought so far; it takes 500 to predict." in said
    warehouse.dbt("run", *PREDICTIONS, sources=["cdnow"])
    assert note(warehouse) == "No prediction: fewer than 500 customers so far."
    nothing_is_predicted(warehouse)
    for row in warehouse.rows(f"select * from {FITS}"):
        assert row["declined_because"] == "too_few_customers"
        assert {row[name] for name in ("r", "alpha", "a", "b", "p", "q", "gamma")} == {None}


def note(warehouse: Warehouse) -> str:
    """What the report says of the prediction."""
    with connected(warehouse) as connection:
        return build_message(read_report(connection, Settings()), "en", 90).warnings[-1]


def nothing_is_predicted(warehouse: Warehouse) -> None:
    [row] = warehouse.rows("select * from marts.customer_predictions")
    assert row["frequency"] == 1
    expected = ("probability_alive", "parameters_as_of_on")
    assert {row[name] for name in row if name.startswith("expected_")} == {None}
    assert {row[name] for name in expected} == {None}


def test_the_demo_shop_is_predicted_with_parameters_from_before_its_week(demo: Warehouse) -> None:
    # as of Monday 2026-11-16 the week is that from 2026-11-09 on
    table = assert_same_as_python(demo, date(2026, 11, 8))

    assert len(table) > 900
    assert 0.2 < table["probability_alive"].mean() < 0.8


def test_how_good_the_prediction_is_is_known_from_the_quarter_before(demo: Warehouse) -> None:
    days = {row["as_of_on"]: row["holdout_weeks"] for row in demo.rows(f"select * from {FITS}")}
    assert set(days) == {date(2026, 8, 16), date(2026, 11, 8)}

    prediction = demo.row("marts.rpt_prediction")
    assert prediction["parameters_as_of_on"] == date(2026, 11, 8)
    assert prediction["declined_because"] is None
    assert prediction["holdout_weeks"] == 13
    assert prediction["holdout_correlation"] > 0.5


def test_an_earlier_week_is_not_predicted_with_what_was_fitted_later(demo: Warehouse) -> None:
    as_of_on = "2026-11-09"  # its week begins on 2026-11-02, before the fit of 2026-11-08
    demo.dbt("run", "--select", "+rpt_prediction", as_of=as_of_on)
    try:
        assert demo.row("marts.rpt_prediction")["parameters_as_of_on"] == date(2026, 8, 16)
        # and the quarter that it was measured on was not over
        assert demo.row("marts.rpt_prediction")["holdout_weeks"] is None
    finally:
        demo.dbt("run", "--select", "+rpt_prediction")


# --- reading


def test_a_day_in_between_knows_no_later_order(demo: Warehouse) -> None:
    until = date(2026, 8, 16)
    expected = demo.rows(
        "select customer_key, count(distinct ordered_on) - 1 as frequency,"
        " max(ordered_on) - min(ordered_on) as recency, date '2026-08-16' - min(ordered_on) as age"
        " from marts.fct_orders where is_valid and customer_key is not null"
        " and ordered_on <= '2026-08-16' group by customer_key order by customer_key"
    )
    with connected(demo) as connection:
        table = read_customers(connection, until)

    assert table.customer.tolist() == [row["customer_key"] for row in expected]
    assert table.frequency.tolist() == [row["frequency"] for row in expected]
    assert (table.recency * 7).round().tolist() == [row["recency"] for row in expected]
    assert (table.age * 7).round().tolist() == [row["age"] for row in expected]


def test_where_the_marts_are_not_built_one_sentence_says_so(warehouse: Warehouse) -> None:
    with (
        closing(psycopg2.connect(warehouse.url)) as connection,
        pytest.raises(UserError, match=r"^The marts are not built yet: "),
    ):
        fit_and_save(connection)


def test_before_the_first_order_there_are_no_customers(demo: Warehouse) -> None:
    with connected(demo) as connection:
        table = read_customers(connection, date(2000, 1, 1))

    assert [len(values) for values in vars(table).values()] == [0, 0, 0, 0, 0]
