"""The files for HubSpot's import: the columns it asks for, the mess of the case, and no chance."""

import runpy
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from include.demo_shop.behaviour import tell
from include.demo_shop.hubspot import generate_hubspot
from include.errors import UserError
from include.paths import DBT_PROJECT, PROJECT

AS_OF = date(2026, 11, 16)
Files = dict[str, Any]  # pandas DataFrames


def files(customers: int = 1000, seed: int = 42, mess: float = 0.02) -> Files:
    made = generate_hubspot(customers, seed, AS_OF, "pt_BR", mess)
    return {name: table.to_pandas() for name, table in made.items()}


@pytest.fixture(scope="module")
def messy() -> Files:
    return files()


@pytest.fixture(scope="module")
def clean() -> Files:
    return files(mess=0.0)


def test_the_files_have_the_columns_that_the_import_asks_for(messy: Files) -> None:
    columns = {name: set(frame.columns) for name, frame in messy.items()}
    assert columns["companies"] >= {"Company name", "Company domain name"}
    assert columns["contacts"] >= {"First name", "Last name", "Email"}
    assert columns["deals"] >= {"Deal name", "Pipeline", "Deal stage", "Amount", "Close date"}
    assert columns["deals"] >= {"Company name", "Email"}
    assert messy["deals"][["Deal name", "Pipeline", "Deal stage"]].notna().all(axis=None)


def test_patients_come_and_stay_away_as_the_shops_customers_do(clean: Files) -> None:
    story = tell(1000, 42, AS_OF)
    assert len(clean["contacts"]) == len(story.acquired) == 1000
    assert len(clean["deals"]) == len(story.person)
    visits = clean["deals"].groupby("Email").size()
    assert sorted(visits) == sorted(Counter(story.person.tolist()).values())


def test_every_specialty_has_a_doctor(clean: Files) -> None:
    known = pd.read_csv(DBT_PROJECT / "seeds" / "hubspot_specialties.csv")["specialty"]
    assert set(clean["companies"]["Specialty"]) == set(known)
    # and one for each 50 patients
    assert len(clean["companies"]) == known.nunique() + 20


def test_without_mess_nothing_is_missing_or_there_twice(clean: Files) -> None:
    assert clean["companies"].notna().all(axis=None)
    assert clean["contacts"].notna().all(axis=None)
    assert not clean["contacts"]["Email"].duplicated().any()
    assert not clean["companies"]["Company name"].duplicated().any()
    assert clean["deals"][["Amount", "Company name", "Email"]].notna().all(axis=None)


def test_the_mess_of_the_case_is_there(messy: Files) -> None:
    companies, contacts, deals = messy["companies"], messy["contacts"], messy["deals"]
    known = pd.read_csv(DBT_PROJECT / "seeds" / "hubspot_specialties.csv")
    assert not set(companies["Specialty"]) <= set(known["specialty"])
    assert set(companies["Specialty"]) <= set(known["spelling"])
    # entered twice: without a domain, without an e-mail, so that the import keeps both
    assert 2 <= companies["Company domain name"].isna().sum() <= 10
    assert 5 <= len(contacts) - 1000 <= 40
    assert contacts["Last name"].isna().sum() > len(contacts) - 1000
    assert 0.01 < deals["Company name"].isna().mean() < 0.03
    assert 0.01 < deals["Amount"].isna().mean() < 0.03
    assert deals["Company name"].dropna().isin(companies["Company name"]).all()
    assert deals["Email"].dropna().isin(contacts["Email"]).all()


def test_consultations_that_are_over_are_won_or_lost_on_their_day(messy: Files) -> None:
    deals = messy["deals"]
    is_open = deals["Deal stage"] == "Appointment Scheduled"
    assert set(deals["Deal stage"]) == {"Appointment Scheduled", "Closed Won", "Closed Lost"}
    assert (deals["Close date"].isna() == is_open).all()
    days = pd.to_datetime(deals["Close date"]).dropna()
    assert days.max() < pd.Timestamp(AS_OF)
    assert 0.06 < (deals["Deal stage"] == "Closed Lost").mean() < 0.10


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    app = runpy.run_path(str(PROJECT / "scripts" / "generate_seeds.py"))["app"]

    def written(folder: Path, seed: int) -> dict[str, bytes]:
        arguments = ["--profile", "hubspot", "--customers", "100"]
        arguments += ["--seed", str(seed), "--out", str(folder)]
        assert CliRunner().invoke(app, arguments, catch_exceptions=False).exit_code == 0
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    once = written(tmp_path / "a", 1)
    assert set(once) == {"companies.csv", "contacts.csv", "deals.csv"}
    assert written(tmp_path / "b", 1) == once
    other = written(tmp_path / "c", 2)
    assert [name for name in once if once[name] == other[name]] == []


def test_arguments_that_make_no_sense_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give at least 1"):
        files(customers=0)
    app = runpy.run_path(str(PROJECT / "scripts" / "generate_seeds.py"))["app"]
    arguments = ["--profile", "hubspot", "--format", "parquet", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, UserError)
    assert "leave --format out" in str(result.exception)
