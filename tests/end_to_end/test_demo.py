"""What people meet who give the demo something it cannot use: one sentence, and what to do."""

import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from scripts import demo, load_files
from tests.end_to_end.conftest import CDNOW, Run
from tests.support.project_copy import copy_project, environment, run
from tests.support.scripts import call
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = pytest.mark.timeout(900)  # the last tests wait for the runs


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone, as far as these scripts go."""
    return copy_project(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def warehouse(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with a good load in it."""
    folder = tmp_path_factory.mktemp("warehouse")
    warehouse = new_warehouse(postgres, "demo_bad_input", folder)
    (folder / "cdnow.csv").write_text(CDNOW)
    warehouse.load("cdnow", folder)
    return warehouse


def sentence_of(returncode: int, stdout: str, stderr: str) -> str:
    """The one sentence on stderr."""
    assert returncode == 1, stdout
    assert "Traceback" not in stdout + stderr
    sentence = re.fullmatch(r"error: (.+\.)\n", stderr)
    assert sentence, stderr
    return sentence[1]


# --- what is wrong before anything starts


Refusal = Callable[..., str]


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Refusal:
    """What `make demo` says to it at once; the first thing that it makes is a folder."""
    monkeypatch.setattr(demo, "LOCAL", tmp_path / "no" / "folder")  # it cannot make this one

    def refuse(*options: str, **variables: str) -> str:
        done = call(demo.app, *options, **variables)
        return sentence_of(done.returncode, done.stdout, done.stderr)

    return refuse


def refusal_in(project: Path, *options: str, **variables: str) -> str:
    """What `make demo` says to it, in a process and a project that it may write into."""
    command = [sys.executable, "scripts/demo.py", *options]
    done = run(command, project, environment(project, **variables))
    return sentence_of(done.returncode, done.stdout, done.stderr)


def test_an_unknown_source(refusal: Refusal) -> None:
    assert refusal("--source", "ebay") == (
        "There is no source 'ebay' (known: bling, cdnow, hubspot, mercado_livre, nuvemshop,"
        " olist, pipedrive, shopee, shopify, uci_online_retail, woocommerce):"
        " docs/your-shop.md shows how to add one."
    )


def test_a_missing_folder(refusal: Refusal, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert refusal("--source", "cdnow", "--data", str(nowhere)) == (
        f"There is no folder {nowhere}: give the one with the shop's files."
    )


def test_a_folder_of_the_users_own(refusal: Refusal, tmp_path: Path) -> None:
    assert refusal("--source", "cdnow", "--data", "~/nowhere", HOME=str(tmp_path)) == (
        f"There is no folder {tmp_path / 'nowhere'}: give the one with the shop's files."
    )


def test_a_folder_without_data_files(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "orders.xls").touch()
    assert refusal("--source", "cdnow", "--data", str(tmp_path)) == (
        f"{tmp_path} holds no data files (.csv, .csv.gz, .xlsx, .parquet): found only orders.xls:"
        " save an .xls as .xlsx in a spreadsheet."
    )


@pytest.mark.parametrize("day", ["16/11/2026", "2026-02-30", "tomorrow"])
def test_a_wrong_as_of_date(day: str, refusal: Refusal) -> None:
    assert refusal("--as-of", day) == (
        f"The as-of date {day!r} is not a date: write it like 2026-11-16."
    )


def test_a_wrong_language(refusal: Refusal) -> None:
    assert refusal(REPORT_LANG="de") == (
        "The setting REPORT_LANG='de' cannot be used: input should be 'en' or 'pt_BR';"
        " correct it in the environment or in .env."
    )


def test_a_wrong_password(project: Path, warehouse: Warehouse) -> None:
    address = warehouse.url.split("@")[1]
    sentence = refusal_in(
        project, AIRFLOW_CONN_WAREHOUSE=f"postgres://postgres:my-secret@{address}"
    )
    assert sentence == (
        f"Postgres at {address.split('/')[0]} does not accept the password of the user 'postgres':"
        " correct it in AIRFLOW_CONN_WAREHOUSE."
    )


def test_no_postgres_at_that_address(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"postgres://me:my-secret@127.0.0.1:{port}/db"
    sentence = refusal_in(project, AIRFLOW_CONN_WAREHOUSE=url)
    assert sentence.startswith(f"No Postgres answers at 127.0.0.1:{port}: start it")


def test_what_fails_at_once_starts_and_leaves_nothing(project: Path) -> None:
    refusal_in(project, "--source", "ebay")
    assert not (project / ".local" / "postgres").exists()
    assert not (project / "out").exists()


# --- files that cannot be used


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "cdnow.csv",
            CDNOW.replace("customer_id", "customer").encode(),
            "cdnow.csv has no column 'customer_id': add or rename it; found customer, order_date,"
            " cds, amount.",
        ),
        ("cdnow.csv", b"", "cdnow.csv is empty (0 bytes): export it again."),
        (
            "cdnow.csv",
            CDNOW.splitlines()[0].encode(),
            "cdnow.csv holds no rows: export it again, with its data, or remove it.",
        ),
        (
            "cdnow.csv",
            re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\3/\2/\1", CDNOW).encode(),
            "Column order_date of cdnow.csv holds no readable date (first value '06/01/1997'):"
            " write dates as YYYY-MM-DD, or declare `reader: {day_first: true}` (false where the"
            " month comes first) under `config: meta:` in _cdnow__sources.yml.",
        ),
        (
            "cdnow.parquet",
            b"broken",
            "cdnow.parquet is not a readable Parquet file: copy or export it again.",
        ),
    ],
    ids=["a missing column", "an empty file", "no rows", "a wrong date format", "broken parquet"],
)
def test_a_file_that_cannot_be_used_is_refused_and_the_last_good_load_stays(
    name: str, content: bytes, sentence: str, warehouse: Warehouse, tmp_path: Path
) -> None:
    if content == b"broken":
        table = pa.table({"customer_id": list(range(10_000))})
        pyarrow.parquet.write_table(table, tmp_path / name)
        content = (tmp_path / name).read_bytes()[:5000]
    (tmp_path / name).write_bytes(content)
    arguments = ["--source", "cdnow", "--data", str(tmp_path)]
    done = call(load_files.app, *arguments, AIRFLOW_CONN_WAREHOUSE=warehouse.url)
    assert sentence_of(done.returncode, done.stdout, done.stderr) == sentence
    assert warehouse.rows("select sum(amount::numeric) as n from landing.cdnow__cdnow") == [
        {"n": pytest.approx(42.5)}
    ]


@pytest.mark.nightly
def test_the_demo_ends_with_what_is_wrong_with_a_file_and_where_its_log_is(
    runs: Callable[[str], Run],
) -> None:
    done = runs("bad_file")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stderr == (
        "error: cdnow.csv has no column 'customer_id': add or rename it; found customer,"
        " order_date, cds, amount.\n"
        f"The whole log: {done.project / '.local' / 'demo.log'}\n"
    )


@pytest.mark.nightly
def test_without_telegram_the_alert_is_kept_in_a_file(runs: Callable[[str], Run]) -> None:
    lines = runs("bad_file").alert.splitlines()
    assert lines[1:3] == ["DAG: ecommerce_churn", "Task: get_shop_data"]
    assert "cdnow.csv has no column 'customer_id': add or rename it;" in lines[-2]
    assert lines[-1].startswith("Log: http://")


@pytest.mark.nightly
def test_nothing_of_dbt_runs_where_the_data_could_not_be_loaded(
    runs: Callable[[str], Run],
) -> None:
    done = runs("bad_file")
    log = (done.project / ".local" / "demo.log").read_text()
    assert "starting task_id=get_shop_data" in log
    assert "starting task_id=shop." not in log
    assert done.warehouse.rows("select 1 from pg_namespace where nspname = 'marts'") == []
