"""Lists told of the demo shop and of a real one, and what became of them: recounted from orders.

A list is told as the report tells it; the weeks after it are recounted in pandas from the orders
that are valid in the end.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from scipy.stats import binomtest

from include.bot.question import AskAtRisk
from include.bot.rows import AtRisk
from include.bot.rows import read as read_for_bot
from include.churn_model.purchases import MbgNbd
from include.churn_model.store import fit_for_the_week, read_customers
from include.report.publish import publish_report
from include.report.told import note_told
from include.settings import PersonalData, Settings
from tests.support.warehouses import Warehouse, demo_shop, new_warehouse

FACTS = ("--select", "+fct_order_days", "+dim_customers")
LIST = ("--select", "+rpt_told_customers")
OUTCOMES = ("--select", "+rpt_outcomes")
WEEKS = (2, 4, 8, 13)
LAST = date(2026, 11, 16)
LISTS = (date(2026, 8, 10), date(2026, 9, 14), date(2026, 10, 19))
CONTROL_SHARE = 0.2

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(900)]


@contextmanager
def connected(warehouse: Warehouse) -> Iterator[Connection]:
    with closing(psycopg2.connect(warehouse.url)) as connection:
        yield connection


def make_list(warehouse: Warehouse, as_of: date, **dbt_vars: object) -> None:
    """Bring a warehouse to where the report would tell the list as of a date."""
    warehouse.dbt("run", *FACTS, as_of=str(as_of), **dbt_vars)
    with connected(warehouse) as connection:
        fit_for_the_week(connection)
    warehouse.dbt("run", *LIST, as_of=str(as_of), **dbt_vars)


def tell(warehouse: Warehouse, as_of: date) -> None:
    with connected(warehouse) as connection, connection:
        note_told(connection, "weekly_churn", as_of - timedelta(days=7), as_of, "-1")


def told(warehouse: Warehouse) -> pd.DataFrame:
    rows = warehouse.rows("select * from ops.told_customers order by as_of_on, customer_key")
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def shop(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo shop with a control group, three lists told, and what became of them."""
    warehouse = demo_shop(postgres, "outcomes", tmp_path_factory.mktemp("outcomes"))
    for day in LISTS:
        make_list(warehouse, day, control_share=CONTROL_SHARE)
        tell(warehouse, day)
    warehouse.dbt("build", "--exclude-resource-type", "unit_test", as_of=str(LAST),
                  control_share=CONTROL_SHARE)  # fmt: skip
    return warehouse


def recounted(warehouse: Warehouse, as_of: date) -> pd.DataFrame:
    """Of each list, horizon and group: how many, how many came back, what they brought."""
    orders = pd.DataFrame(
        warehouse.rows(
            "select customer_key, ordered_on, revenue from marts.fct_orders where is_valid"
        )
    )
    rows = []
    for named, group in told(warehouse).groupby(["as_of_on", "is_control"]):
        listed_on, is_control = cast("tuple[date, bool]", named)
        for weeks in WEEKS:
            until = listed_on + timedelta(weeks=weeks)
            if until > as_of:
                continue
            days = orders["ordered_on"]
            of_them = orders["customer_key"].isin(group["customer_key"])
            came = orders[of_them & (days >= listed_on) & (days < until)]
            rows.append(
                {
                    "listed_on": listed_on,
                    "horizon_weeks": weeks,
                    "is_control": is_control,
                    "customers": len(group),
                    "returned": came["customer_key"].nunique(),
                    "revenue": float(came["revenue"].sum()),
                    "expected": float(group[f"return_probability_{weeks}"].sum()),
                }
            )
    return pd.DataFrame(rows)


def outcomes(warehouse: Warehouse) -> pd.DataFrame:
    """The mart, a row a group."""
    rows = warehouse.rows("select * from marts.retention_outcomes")
    return pd.DataFrame(
        {
            "listed_on": row["listed_on"],
            "horizon_weeks": row["horizon_weeks"],
            "is_control": group == "control",
            "customers": row[f"{group}_customers"],
            "returned": row[f"{group}_returned"],
            "revenue": float(row[f"{group}_revenue"]),
            "expected": float(row[f"{group}_expected"] or 0),
        }
        for row in rows
        for group in ("told", "control")
        if row[f"{group}_customers"]
    )


def assert_recounted(warehouse: Warehouse, as_of: date) -> None:
    key = ["listed_on", "horizon_weeks", "is_control"]
    actual = outcomes(warehouse).sort_values(key, ignore_index=True)
    expected = recounted(warehouse, as_of).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(actual, expected, check_dtype=False, atol=0.0051, rtol=0)


def test_what_became_of_each_list_is_what_a_recount_from_orders_says(shop: Warehouse) -> None:
    assert_recounted(shop, LAST)
    # of the list of 10-19 eight weeks are not over, of that of 08-10 all are
    horizons = outcomes(shop).groupby("listed_on")["horizon_weeks"].unique().map(sorted)
    assert horizons.to_dict() == {LISTS[0]: [2, 4, 8, 13], LISTS[1]: [2, 4, 8], LISTS[2]: [2, 4]}


def test_the_report_tells_of_the_list_of_four_weeks_ago(shop: Warehouse) -> None:
    row = shop.row("marts.rpt_outcomes")
    [mart] = shop.rows(
        "select * from marts.retention_outcomes"
        " where listed_on = '2026-10-19' and horizon_weeks = 4"
    )
    names = ("told_customers", "told_returned", "told_expected", "control_customers", "effect")
    assert row["listed_on"] == date(2026, 10, 19)
    assert [row[name] for name in names] == [mart[name] for name in names]


def test_what_is_expected_is_what_the_model_says_with_the_parameters_of_then(
    shop: Warehouse,
) -> None:
    for day in LISTS:
        until = day - timedelta(days=8)
        [fit] = shop.rows(
            "select r, alpha, a, b from ops.churn_model_parameters"
            f" where model = 'mbg_nbd' and as_of_on = '{until}'"
        )
        with connected(shop) as connection:
            table = read_customers(connection, day - timedelta(days=1))
        listed = told(shop).query("as_of_on == @day").set_index("customer_key")
        which = np.isin(table.customer, listed.index)
        for weeks in WEEKS:
            chance = MbgNbd(**fit).return_probability(
                weeks, table.frequency[which], table.recency[which], table.age[which]
            )
            stored = listed.loc[table.customer[which], f"return_probability_{weeks}"].astype(float)
            # cancelled since: what was an order then is none now
            assert np.mean(np.abs(stored.to_numpy() - chance) < 1e-6) > 0.9


def test_a_list_is_the_same_whenever_it_is_made(shop: Warehouse) -> None:
    """Nothing of a later week leaks into it, and telling it again keeps it once."""
    before = told(shop)
    first = before[before["as_of_on"] == LISTS[0]]
    shop.execute(f"delete from ops.told_customers where as_of_on = '{LISTS[0]}'")
    make_list(shop, LISTS[0], control_share=CONTROL_SHARE)
    for _ in range(2):
        tell(shop, LISTS[0])
    again = told(shop)
    pd.testing.assert_frame_equal(
        again[again["as_of_on"] == LISTS[0]].reset_index(drop=True), first.reset_index(drop=True)
    )
    assert len(again) == len(before)
    # and before its weeks are over nothing is said of it
    shop.dbt(
        "run", *OUTCOMES, as_of=str(LISTS[0] + timedelta(days=13)), control_share=CONTROL_SHARE
    )
    assert shop.rows("select * from marts.retention_outcomes") == []
    shop.dbt("run", as_of=str(LAST), control_share=CONTROL_SHARE)


def test_who_is_kept_from_the_list_is_nowhere_to_be_seen(shop: Warehouse, tmp_path: Path) -> None:
    control = {
        row["customer_key"]: row["customer_id"]
        for row in shop.rows(
            "select customer_key, customer_id from intermediate.int_customers_at_risk"
            " where is_control"
        )
    }
    settings = Settings(report_personal_data=PersonalData.FULL)
    listed = {}
    for table in ("customers_at_risk", "rpt_customers_at_risk"):
        rows = shop.rows(f"select customer_key from marts.{table}")
        listed[table] = {row["customer_key"] for row in rows}
        assert listed[table].isdisjoint(control)
    everybody = len(control) + len(listed["customers_at_risk"])
    assert binomtest(len(control), everybody, CONTROL_SHARE).pvalue > 0.001

    publish_report(shop, None, settings, out=tmp_path)
    with (tmp_path / "customers_at_risk.csv").open(encoding="utf-8-sig") as file:
        in_file = list(pd.read_csv(file)["Customer"].astype(str))
    assert len(in_file) == len(listed["rpt_customers_at_risk"]) > 0
    assert set(in_file).isdisjoint(control.values())
    with connected(shop) as connection:
        answered = read_for_bot(connection, AskAtRisk(10_000), settings)
    assert isinstance(answered, AtRisk)
    assert {one.customer_key for one in answered.listed or ()}.isdisjoint(control)


def test_the_interval_of_a_difference_is_made_of_scipys_wilson_intervals(shop: Warehouse) -> None:
    for row in shop.rows("select * from marts.retention_outcomes where control_customers > 0"):
        shares, intervals = [], []
        for group in ("told", "control"):
            came, of = row[f"{group}_returned"], row[f"{group}_customers"]
            shares.append(came / of)
            intervals.append(binomtest(came, of).proportion_ci(method="wilson"))
        (p, q), (of_p, of_q) = shares, intervals
        low = p - q - np.hypot(p - of_p.low, of_q.high - q)
        high = p - q + np.hypot(of_p.high - p, q - of_q.low)
        assert float(row["return_rate_difference_low"]) == pytest.approx(low, abs=1e-6)
        assert float(row["return_rate_difference_high"]) == pytest.approx(high, abs=1e-6)


def test_what_a_fit_foresaw_by_tenths_is_what_a_recount_from_orders_says(shop: Warehouse) -> None:
    rows = pd.DataFrame(
        shop.rows("select * from marts.prediction_calibration order by fitted_on, decile")
    )
    assert set(rows["weeks"]) == {13}
    assert len(rows) == 10 * rows["fitted_on"].nunique()
    for day, tenths in rows.groupby("fitted_on"):
        fitted_on = cast("date", day)
        with connected(shop) as connection:
            then = read_customers(connection, fitted_on)
            later = read_customers(connection, fitted_on + timedelta(weeks=13))
        came = pd.Series(later.frequency, later.customer).loc[then.customer] > then.frequency
        assert abs(int(tenths["customers"].sum()) - len(then.customer)) <= 3
        assert abs(int(tenths["returned"].sum()) - int(came.sum())) <= 5  # cancelled since
        assert tenths["returned"].iloc[-1] > tenths["returned"].iloc[0]


def test_of_a_real_shop_they_are_too(
    postgres: Path, shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = shared_data("uci_online_retail")
    warehouse = new_warehouse(postgres, "outcomes_uci", tmp_path_factory.mktemp("uci"))
    warehouse.load("uci_online_retail", data)
    day, end = date(2011, 9, 5), date(2011, 12, 10)
    make_list(warehouse, day, sources=["uci_online_retail"])
    tell(warehouse, day)
    warehouse.dbt("run", *OUTCOMES, as_of=str(end), sources=["uci_online_retail"])
    assert_recounted(warehouse, end)
