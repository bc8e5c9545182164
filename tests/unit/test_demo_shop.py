"""The demo shop: what its files promise, its mess, its truth, and that it behaves like a shop."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from include.demo_shop.behaviour import tell
from include.demo_shop.files import write
from include.demo_shop.season import THIRD_BIRTHDAY, clocks, seconds_to
from include.demo_shop.shop import DemoShop, generate
from include.errors import UserError
from include.paths import DBT_PROJECT
from scripts.generate_seeds import app
from tests.support.scripts import call

Tables = dict[str, Any]  # pandas DataFrames

HEADERS = {
    "raw_customers": "customer_id,first_name,last_name,email,city,state_code,"
    "acquisition_channel,created_at",
    "raw_products": "product_id,product_name,category,list_price,unit_cost",
    "raw_sellers": "seller_id,seller_name,state_code",
    "raw_sales_channels": "sales_channel_id,sales_channel_name",
    "raw_states": "state_code,state_name,region",
    "raw_orders": "order_id,customer_id,ordered_at,sales_channel_id,seller_id",
    "raw_order_items": "order_item_id,order_id,product_id,quantity,unit_price,discount",
    "raw_order_cancellations": "order_id,cancelled_at,reason",
    "raw_order_returns": "order_id,returned_at,reason",
    "raw_marketing_spend": "spend_month,acquisition_channel,amount",
}


@lru_cache(maxsize=4)
def shop(
    customers: int = 1000,
    seed: int = 42,
    as_of: date = THIRD_BIRTHDAY,
    locale: str = "pt_BR",
    mess: float = 0.0,
) -> DemoShop:
    return generate(customers, seed, as_of, locale, mess)


def tables(made: DemoShop) -> Tables:
    """The seeds and the truth with numbers as numbers, and moments beside their text."""
    frames = {name: table.to_pandas() for name, table in made.seeds.items()}
    frames["truth"] = made.truth.to_pandas()
    for frame in frames.values():
        for column in frame.columns.intersection(
            ["unit_price", "discount", "list_price", "unit_cost", "amount"]
        ):
            frame[column] = frame[column].astype(float)
        for column in frame.columns[frame.columns.str.endswith("_at")]:
            frame[column] = pd.to_datetime(frame[column], utc=True, errors="coerce")
    return frames


@pytest.fixture(scope="module")
def clean() -> Tables:
    return tables(shop())


@pytest.fixture(scope="module")
def messy() -> Tables:
    return tables(shop(mess=0.02))


def files_of(made: DemoShop, folder: Path) -> dict[str, bytes]:
    write(made, folder / "seeds", folder / "truth.csv")
    return {path.name: path.read_bytes() for path in sorted((folder / "seeds").iterdir())}


# ---- the files


def test_the_seeds_have_the_promised_columns(tmp_path: Path) -> None:
    files = files_of(shop(), tmp_path)
    headers = {Path(name).stem: text.split(b"\n")[0].decode() for name, text in files.items()}
    assert headers == HEADERS


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    again = generate(1000, 42, THIRD_BIRTHDAY, "pt_BR", 0.02)
    assert files_of(shop(mess=0.02), tmp_path / "a") == files_of(again, tmp_path / "b")


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    files = files_of(shop(100, seed=1), tmp_path / "a")
    others = files_of(shop(100, seed=2), tmp_path / "b")
    same = {name for name in files if files[name] == others[name]}
    assert same == {"raw_states.csv", "raw_sales_channels.csv"}


@pytest.mark.parametrize("seed", [42, 7, -3])
def test_a_later_date_only_appends(tmp_path: Path, seed: int) -> None:
    days = [(2023, 11, 14), (2024, 2, 29), (2024, 11, 30), (2026, 3, 1), (2026, 11, 15)]
    days += [(2026, 11, 16), (2026, 12, 31), (2028, 1, 1)]
    before: dict[str, bytes] = {}
    for number, day in enumerate(days):
        made = generate(300, seed, date(*day), "pt_BR", 0.05)
        after = files_of(made, tmp_path / str(number))
        rewritten = [name for name in before if not after[name].startswith(before[name])]
        assert rewritten == []
        before = after


def test_the_committed_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    arguments = ["--out", str(tmp_path / "seeds"), "--truth", str(tmp_path / "truth.csv")]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    committed = (DBT_PROJECT / "seeds").glob("raw_*.csv")
    written = (tmp_path / "seeds").iterdir()
    assert {path.name: path.read_bytes() for path in committed} == {
        path.name: path.read_bytes() for path in written
    }


def test_money_has_two_decimals_and_moments_are_utc(tmp_path: Path) -> None:
    files = files_of(shop(mess=0.0), tmp_path)
    items = pd.read_csv(tmp_path / "seeds" / "raw_order_items.csv", dtype=str)
    assert items["unit_price"].str.fullmatch(r"\d+\.\d\d").all()
    assert items["discount"].str.fullmatch(r"\d+\.\d\d").all()
    orders = pd.read_csv(tmp_path / "seeds" / "raw_orders.csv", dtype=str)
    assert orders["ordered_at"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    assert all(b'"' not in text for text in files.values())


def test_files_that_stay_the_same_are_left_alone(tmp_path: Path) -> None:
    out, truth = tmp_path / "seeds", tmp_path / "truth.csv"
    write(shop(100, as_of=date(2026, 11, 14)), out, truth)
    first = {path.name: path.stat().st_ino for path in out.iterdir()}
    changed = write(shop(100, as_of=date(2026, 11, 15)), out, truth)
    replaced = {path.name for path in out.iterdir() if path.stat().st_ino != first[path.name]}
    assert "raw_products.csv" not in replaced
    assert replaced == {path.name for path in changed if path != truth}


def test_a_set_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    before = files_of(shop(100), tmp_path)
    needs_quotes = pa.table({"state_code": ["A,B"]})
    broken = replace(shop(100, seed=1), seeds={**shop(100).seeds, "raw_states": needs_quotes})
    with pytest.raises(pa.ArrowInvalid):
        write(broken, tmp_path / "seeds", tmp_path / "truth.csv")
    assert {p.name: p.read_bytes() for p in (tmp_path / "seeds").iterdir()} == before


# ---- the rows


def test_exactly_the_asked_number_of_people_comes_until_the_third_birthday() -> None:
    people = [tell(customers, 42, THIRD_BIRTHDAY).acquired for customers in (1, 17, 1000)]
    assert [len(acquired) for acquired in people] == [1, 17, 1000]


def test_more_people_come_after_the_third_birthday() -> None:
    assert 1000 < len(tell(1000, 42, date(2027, 11, 16)).acquired) < 2000


def test_history_ends_before_midnight_in_sao_paulo(messy: Tables) -> None:
    end = pd.Timestamp("2026-11-16T00:00", tz="America/Sao_Paulo")
    for name, frame in messy.items():
        for column in frame.columns[frame.columns.str.endswith("_at")]:
            assert frame[column].max() < end, f"{name}.{column}"


def test_the_default_shop_sells_on_its_last_day(messy: Tables) -> None:
    last = messy["raw_orders"]["ordered_at"].max().tz_convert("America/Sao_Paulo")
    assert last.date() == date(2026, 11, 15)


def test_ids_count_upwards_in_the_order_of_time(clean: Tables) -> None:
    for name, moment in (("raw_orders", "ordered_at"), ("raw_customers", "created_at")):
        frame = clean[name]
        assert frame[moment].is_monotonic_increasing
        assert frame.iloc[:, 0].str[1:].astype(int).tolist() == list(range(1, len(frame) + 1))


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        ("raw_customers", "state_code", "raw_states"),
        ("raw_sellers", "state_code", "raw_states"),
        ("raw_orders", "customer_id", "raw_customers"),
        ("raw_orders", "sales_channel_id", "raw_sales_channels"),
        ("raw_orders", "seller_id", "raw_sellers"),
        ("raw_order_items", "order_id", "raw_orders"),
        ("raw_order_items", "product_id", "raw_products"),
        ("raw_order_cancellations", "order_id", "raw_orders"),
        ("raw_order_returns", "order_id", "raw_orders"),
        ("raw_marketing_spend", "acquisition_channel", "raw_customers"),
    ],
)
def test_every_reference_points_to_a_row(
    messy: Tables, child: str, column: str, parent: str
) -> None:
    assert set(messy[child][column].dropna()) <= set(messy[parent][column])


def test_every_order_has_lines_of_different_products(clean: Tables) -> None:
    items = clean["raw_order_items"]
    assert set(items["order_id"]) == set(clean["raw_orders"]["order_id"])
    assert not items.duplicated(["order_id", "product_id"]).any()
    assert items.groupby("order_id").size().between(1, 5).all()


def test_a_customer_orders_only_after_registering(messy: Tables) -> None:
    orders = messy["raw_orders"].merge(messy["raw_customers"], on="customer_id")
    known = orders["ordered_at"].notna()
    assert (orders["ordered_at"] >= orders["created_at"])[known].all()


def test_orders_are_cancelled_within_ten_days(clean: Tables) -> None:
    both = clean["raw_order_cancellations"].merge(clean["raw_orders"], on="order_id")
    delay = both["cancelled_at"] - both["ordered_at"]
    assert (delay > pd.Timedelta(0)).all()
    assert (delay <= pd.Timedelta(days=10)).all()


def test_orders_are_returned_five_to_thirty_days_later(clean: Tables) -> None:
    both = clean["raw_order_returns"].merge(clean["raw_orders"], on="order_id")
    delay = (both["returned_at"] - both["ordered_at"]) / pd.Timedelta(days=1)
    assert delay.between(5, 30).all()


def test_no_order_is_both_cancelled_and_returned() -> None:
    # as of a date long after, so that nothing is still to come
    made = tables(shop(2000, as_of=date(2027, 6, 1)))
    cancelled, returned = made["raw_order_cancellations"], made["raw_order_returns"]
    assert not set(cancelled["order_id"]) & set(returned["order_id"])


def test_price_and_discount_add_up_to_the_list_price(messy: Tables) -> None:
    lines = messy["raw_order_items"].merge(messy["raw_products"], on="product_id")
    charged = lines["quantity"].abs() * lines["unit_price"]
    at_list_price = lines["quantity"].abs() * lines["list_price"]
    assert np.allclose(charged + lines["discount"], at_list_price, atol=0.001)


def test_an_order_has_one_discount_of_at_most_thirty_per_cent(clean: Tables) -> None:
    lines = clean["raw_order_items"].merge(clean["raw_products"], on="product_id")
    percent = 100 * (1 - lines["unit_price"] / lines["list_price"])
    rounded = percent.round().groupby(lines["order_id"])
    assert (rounded.min() == rounded.max()).all()
    assert set(percent.round()) == {0, 5, 10, 15, 20, 25, 30}


def test_products_cost_less_than_they_sell_for(clean: Tables) -> None:
    products = clean["raw_products"]
    assert len(products) == 120
    assert products["product_name"].is_unique
    assert (products["unit_cost"] < 0.8 * products["list_price"]).all()


def test_spend_is_known_for_complete_months_only(clean: Tables) -> None:
    spend = clean["raw_marketing_spend"]
    months = pd.period_range("2023-11", "2026-10", freq="M").to_timestamp()
    assert spend["spend_month"].unique().tolist() == months.date.tolist()
    assert (spend.groupby("spend_month").size() == 6).all()


def test_a_month_is_complete_on_the_first_of_the_next() -> None:
    spend = shop(10, as_of=date(2024, 1, 1)).seeds["raw_marketing_spend"]
    assert spend["spend_month"].unique().to_pylist() == [date(2023, 11, 1), date(2023, 12, 1)]


def test_another_locale_has_its_own_names_and_english_words() -> None:
    made = shop(50, locale="en_US").seeds
    assert "Shoes" in made["raw_products"]["category"].to_pylist()
    assert made["raw_states"].equals(shop(50).seeds["raw_states"])
    assert made["raw_customers"]["first_name"] != shop(50).seeds["raw_customers"]["first_name"]


# ---- the mess

MESS: dict[str, Callable[[Tables], int]] = {
    "duplicate customers": lambda t: _addresses(t).duplicated().sum(),
    "missing surnames": lambda t: t["raw_customers"]["last_name"].isna().sum(),
    "missing e-mails": lambda t: t["raw_customers"]["email"].isna().sum(),
    "addresses in capitals or with blanks": lambda t: (
        t["raw_customers"]["email"].dropna() != _addresses(t)
    ).sum(),
    "categories spelled several ways": lambda t: t["raw_products"]["category"].nunique() - 10,
    "orders without a customer": lambda t: t["raw_orders"]["customer_id"].isna().sum(),
    "wrong dates": lambda t: t["raw_orders"]["ordered_at"].isna().sum(),
    "negative quantities": lambda t: (t["raw_order_items"]["quantity"] < 0).sum(),
}


def _addresses(made: Tables) -> Any:
    return made["raw_customers"]["email"].dropna().str.strip().str.lower()


@pytest.mark.parametrize("problem", MESS)
def test_mess_plants_it_and_a_clean_shop_has_none(
    clean: Tables, messy: Tables, problem: str
) -> None:
    assert MESS[problem](clean) == 0
    assert MESS[problem](messy) >= 3


@pytest.mark.parametrize(
    ("table", "problem", "share"),
    [
        ("raw_customers", "missing surnames", 0.1),
        ("raw_customers", "missing e-mails", 0.1),
        ("raw_orders", "orders without a customer", 0.1),
        ("raw_orders", "wrong dates", 0.025),
        ("raw_order_items", "negative quantities", 0.025),
    ],
)
def test_mess_is_the_share_of_rows_with_a_problem(table: str, problem: str, share: float) -> None:
    made = tables(shop(2000, mess=0.1))
    assert MESS[problem](made) / len(made[table]) == pytest.approx(share, rel=0.25)


def test_a_duplicate_can_be_merged_by_its_address(messy: Tables) -> None:
    ids = messy["truth"].set_index("customer_id")["customer_ids"].str.split(" ")
    address = _addresses(messy).set_axis(
        messy["raw_customers"].loc[lambda c: c["email"].notna(), "customer_id"]
    )
    for both in ids[ids.str.len() > 1]:
        assert address[both[0]] == address[both[1]]


def test_a_second_account_takes_over_from_its_first_order_on(messy: Tables) -> None:
    orders = messy["raw_orders"].dropna()
    span = orders.groupby("customer_id")["ordered_at"].agg(["min", "max"])
    ids = messy["truth"]["customer_ids"].str.split(" ")
    pairs = [both for both in ids[ids.str.len() > 1] if set(both) <= set(span.index)]
    assert len(pairs) >= 3
    for first, second in pairs:
        assert span.loc[first, "max"] < span.loc[second, "min"]


# ---- the truth


def test_the_truth_has_every_account_once(messy: Tables) -> None:
    truth = messy["truth"]
    assert len(truth) == 1000
    ids = truth["customer_ids"].str.split(" ").explode()
    assert sorted(ids) == sorted(messy["raw_customers"]["customer_id"])
    assert (truth["customer_ids"].str.split(" ").str[0] == truth["customer_id"]).all()


def test_nobody_orders_after_dropping_out(clean: Tables) -> None:
    last = clean["raw_orders"].groupby("customer_id")["ordered_at"].max()
    gone = clean["truth"].dropna(subset="dropped_out_at").set_index("customer_id")
    assert len(gone) > 100
    assert (last.loc[gone.index] == gone["dropped_out_at"]).all()


def test_alive_is_who_has_not_dropped_out(clean: Tables) -> None:
    truth = clean["truth"]
    assert (truth["is_alive_as_of"] == truth["dropped_out_at"].isna()).all()


def test_people_leave_as_often_as_their_dropout_probability_says() -> None:
    story = tell(20_000, 1, THIRD_BIRTHDAY)
    expected = story.dropout[story.person].sum()  # a chance an order
    assert (story.dropped_out >= 0).sum() == pytest.approx(expected, rel=0.03)


def test_people_buy_as_often_as_their_rate_says() -> None:
    story = tell(20_000, 1, THIRD_BIRTHDAY)
    purchases, _ = clocks(THIRD_BIRTHDAY)
    end = seconds_to(THIRD_BIRTHDAY)
    until = np.where(story.dropped_out >= 0, story.dropped_out, end)
    alive_weeks = purchases.read(until) - purchases.read(story.acquired)
    expected = (story.rate * alive_weeks).sum()
    assert (story.number > 1).sum() == pytest.approx(expected, rel=0.03)


def test_the_truth_does_not_become_a_seed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="would become a seed"):
        write(shop(10), tmp_path, tmp_path / "truth.csv")


# ---- behaviour that a retention analyst would find believable


@pytest.fixture(scope="module")
def orders_a_customer(clean: Tables) -> Any:
    return clean["raw_orders"].groupby("customer_id").size()


def test_many_customers_buy_once(orders_a_customer: Any) -> None:
    # a third of a well-known gift wholesaler's (UCI), half of CDNOW's
    assert 0.33 < (orders_a_customer == 1).mean() < 0.50


def test_customers_buy_four_to_six_times_on_average(orders_a_customer: Any) -> None:
    assert 4 < orders_a_customer.mean() < 6


def test_between_a_third_and_two_thirds_of_the_customers_are_inactive(clean: Tables) -> None:
    last = clean["raw_orders"].groupby("customer_id")["ordered_at"].max()
    days = (pd.Timestamp("2026-11-16", tz="America/Sao_Paulo") - last).dt.days
    assert 1 / 3 < (days > 90).mean() < 2 / 3


def test_a_few_per_cent_of_the_active_customers_churn_in_a_week(clean: Tables) -> None:
    orders = clean["raw_orders"].sort_values(["customer_id", "ordered_at"])
    day = (
        orders["ordered_at"].dt.tz_convert("America/Sao_Paulo").dt.tz_localize(None).dt.normalize()
    )
    lapse = day + pd.Timedelta(days=91)
    following = day.groupby(orders["customer_id"]).shift(-1)
    churned = lapse[(following >= lapse) | following.isna()]
    rates = []
    for start in pd.date_range("2026-05-18", "2026-11-09", freq="7D"):
        end = start + pd.Timedelta(days=7)
        recent = (day < start) & (day > start - pd.Timedelta(days=91))
        active = orders.loc[recent, "customer_id"].nunique()
        rates.append(((churned >= start) & (churned < end)).sum() / active)
    assert 0.02 < np.mean(rates) < 0.06


def test_the_last_weeks_of_the_default_shop_are_worth_a_report(messy: Tables) -> None:
    ordered = messy["raw_orders"]["ordered_at"]
    last_four_weeks = ordered.between("2026-10-19T03:00Z", "2026-11-16T03:00Z").sum()
    assert 25 < last_four_weeks / 4 < 75


def test_a_fifth_of_the_products_makes_more_than_half_of_the_sales(clean: Tables) -> None:
    sold = clean["raw_order_items"]["product_id"].value_counts()
    assert 0.5 < sold.iloc[:24].sum() / sold.sum() < 0.8


@pytest.mark.parametrize("year", [2024, 2025])
def test_november_sells_more_than_the_months_around_it(year: int) -> None:
    ordered = tables(shop(5000))["raw_orders"]["ordered_at"]
    a_month = ordered.dt.strftime("%Y-%m").value_counts()
    around = (a_month[f"{year}-10"] + a_month[f"{year + 1}-01"]) / 2
    assert a_month[f"{year}-11"] > 1.15 * around


def test_one_order_in_seventeen_is_cancelled_and_one_in_forty_returned() -> None:
    made = tables(shop(5000))
    orders = len(made["raw_orders"])
    assert 0.05 < len(made["raw_order_cancellations"]) / orders < 0.07
    assert 0.02 < len(made["raw_order_returns"]) / orders < 0.03


def test_winning_a_customer_costs_twenty_to_eighty_reais_in_paid_channels() -> None:
    made = tables(shop(5000))
    months = made["raw_customers"]["created_at"] < "2026-11-01T03:00Z"
    gained = made["raw_customers"][months].groupby("acquisition_channel").size()
    cost = made["raw_marketing_spend"].groupby("acquisition_channel")["amount"].sum() / gained
    assert cost[["google_ads", "instagram", "email", "marketplace"]].between(20, 80).all()
    assert cost["organic"] == 0


# ---- the command line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--as-of", "16/11/2026"], "is not a date: write it like 2026-11-16"),
        (["--as-of", "2023-11-13"], "The shop opened on 2023-11-13"),
        (["--as-of", "2206-11-16"], "is too far away"),
        (["--mess", "0.6"], "give one from 0 to 0.5"),
        (["--mess", "-0.1"], "give one from 0 to 0.5"),
        (["--mess", "nan"], "give one from 0 to 0.5"),
        (["--locale", "xx_XX"], "Faker knows no locale 'xx_XX'"),
        (["--customers", "0"], "give at least 1"),
    ],
)
def test_an_argument_that_makes_no_sense_is_told(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    paths = ["--out", str(tmp_path / "seeds"), "--truth", str(tmp_path / "truth.csv")]
    result = CliRunner().invoke(app, [*paths, *arguments])
    assert isinstance(result.exception, UserError)
    assert sentence in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_ends_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    seeds, truth = str(tmp_path / "file" / "seeds"), str(tmp_path / "truth.csv")
    result = call(app, "--customers", "5", "--out", seeds, "--truth", truth)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "truth.csv").exists()
