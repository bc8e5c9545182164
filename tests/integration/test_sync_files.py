"""Sources of the kind `files`: folders on this machine, and in a store that speaks S3."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import psycopg2
import pyarrow as pa
import pytest
from pyarrow import fs, parquet

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.paths import PROJECT
from include.sync import files as sync_files
from include.sync.sources import Source, connection_of
from include.sync.sync import sync
from include.warehouse.connection import Warehouse
from include.warehouse.files import open_file

NONE = Connection("", None, None, None, None, None)
SALES = "sales_*.csv"


class Exports:
    """A folder, and the warehouse its files come to."""

    def __init__(self, warehouse: Warehouse, folder: str, connection: Connection = NONE) -> None:
        self.warehouse, self.folder, self.connection = warehouse, folder, connection
        self.said: list[str] = []

    def load(self, pattern: str = SALES, **options: Any) -> Any:
        declared = {"folder": self.folder, "tables": {"sales": {"pattern": pattern}}}
        source = Source("exports", "files", {"files": declared})
        say = self.said.append
        [load] = sync(source, "sales", self.warehouse, self.connection, say=say, **options)
        return load

    def write(self, name: str, text: str) -> None:
        path = Path(self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with (
            closing(psycopg2.connect(self.warehouse.url)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query)
            return cursor.fetchall()

    def landed(self, columns: str = "id, amount, _file") -> list[tuple[Any, ...]]:
        return self.rows(f"select {columns} from landing.exports__sales order by _file, 1")

    def noted(self) -> dict[str, Any]:
        return dict(self.rows("select file, loaded_at from ops.loaded_files"))


@pytest.fixture
def exports(warehouse: Warehouse, tmp_path: Path) -> Exports:
    folder = tmp_path / "exports"
    folder.mkdir()
    made = Exports(warehouse, str(folder))
    made.write("sales_1.csv", "id,amount\n1,1.50\n2,2.50\n")
    made.write("sales_2.csv", "id,amount\n3,3.50\n")
    return made


def test_each_file_is_loaded_once_with_its_name(exports: Exports) -> None:
    load = exports.load()
    assert [load.rows, load.schema_changes] == [3, ()]
    assert exports.landed() == [
        ("1", "1.50", "sales_1.csv"),
        ("2", "2.50", "sales_1.csv"),
        ("3", "3.50", "sales_2.csv"),
    ]
    assert exports.said == [f"landing.exports__sales: 3 rows in {load.seconds:.1f} s"]
    assert exports.load().rows == 0
    assert len(exports.landed()) == 3


def test_what_dbt_declares_of_dates_and_numbers_holds_for_a_folder_as_well(
    exports: Exports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dbt" / "models" / "staging" / "exports" / "_exports__sources.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        """
        sources:
          - name: exports
            schema: landing
            config: {meta: {reader: {decimal: ",", day_first: true}}}
            tables:
              - name: exports__sales
                columns:
                  - {name: day, data_type: date}
                  - {name: amount, data_type: numeric}
                  - {name: _row, data_type: integer}
        """
    )
    monkeypatch.setattr("include.sync.sync.DBT_PROJECT", tmp_path / "dbt")
    exports.write("sales_1.csv", "Sales\nday;amount\n05/11/2026;1.234,56\nTotal;\n")
    exports.write("sales_2.csv", "day;amount\n06/11/2026;7\n07/11/2026;1.5\n08/11/2026;8,5\n")
    load = exports.load()
    assert load.schema_changes == (
        "Row 4 of sales_1.csv is one of totals ('Total'), and is left out.",
        "Column amount of sales_2.csv: 1 of 3 values are no readable number ('1.5' in row 3): write"
        " numbers like 1234,56.",
    )
    assert exports.landed("day, amount, _row") == [
        ("2026-11-05", "1234.56", "3"),
        ("2026-11-06", "7", "2"),
        ("2026-11-07", "unreadable: 1.5", "3"),
        ("2026-11-08", "8.5", "4"),
    ]


def test_only_what_is_new_or_changed_is_read(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.load()
    before = exports.noted()
    opened: list[str] = []

    def counted(path: Path, *declared: Any) -> Any:
        opened.append(path.name)
        return open_file(path, *declared)

    monkeypatch.setattr(sync_files, "open_file", counted)
    exports.write("sales_2.csv", "id,amount\n3,30.00\n4,4.50\n")
    exports.write("sales_3.csv", "id,amount\n5,5.50\n")
    assert exports.load().rows == 3
    assert opened == ["sales_2.csv", "sales_3.csv"]
    after = exports.noted()
    assert [name for name in after if after[name] != before.get(name)] == [
        "sales_2.csv",
        "sales_3.csv",
    ]
    assert [(id_, amount) for id_, amount, _ in exports.landed()] == [
        ("1", "1.50"),
        ("2", "2.50"),
        ("3", "30.00"),
        ("4", "4.50"),
        ("5", "5.50"),
    ]


def test_a_file_of_the_same_size_with_another_time_is_read_again(exports: Exports) -> None:
    exports.load()
    exports.write("sales_2.csv", "id,amount\n3,9.99\n")
    assert exports.load().rows == 1
    assert exports.landed()[2] == ("3", "9.99", "sales_2.csv")


def test_a_vanished_file_is_told_once_and_its_rows_stay_until_a_full_load(
    exports: Exports,
) -> None:
    exports.load()
    (Path(exports.folder) / "sales_2.csv").unlink()
    told = "sales_2.csv is not there any more; its rows stay"
    assert exports.load().schema_changes == (told,)
    assert exports.said[-1] == f"landing.exports__sales: {told}"
    assert exports.load().schema_changes == ()
    assert len(exports.landed()) == 3
    [(noted,)] = exports.rows("select schema_changes from ops.loads where load_number = 2")
    assert noted == [told]
    exports.load(full=True)
    assert [file for *_, file in exports.landed()] == ["sales_1.csv", "sales_1.csv"]


def test_all_files_may_vanish_and_one_come_again_whatever_they_are_called(exports: Exports) -> None:
    name = "sales_'3'; $1 \\.csv"
    exports.write(name, "id,amount\n4,4.50\n")
    exports.load()
    for path in Path(exports.folder).iterdir():
        path.unlink()
    gone = [name, "sales_1.csv", "sales_2.csv"]
    told = [f"{one} is not there any more; its rows stay" for one in gone]
    assert sorted(exports.load().schema_changes) == sorted(told)
    exports.write(name, "id,amount\n5,5.50\n6,6.50\n")
    assert exports.load().schema_changes == ()
    assert [row for row in exports.landed() if row[2] == name] == [
        ("5", "5.50", name),
        ("6", "6.50", name),
    ]


def test_a_file_with_half_of_its_rows_is_asked_about(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.load()
    exports.write("sales_1.csv", "id,amount\n1,1.50\n")
    with pytest.raises(UserError, match=r"sales_1\.csv has 1 rows where the last load had 2"):
        exports.load()
    assert len(exports.landed()) == 3
    monkeypatch.setenv("SHOP_DATA_MAY_SHRINK", "true")
    exports.load()
    assert len(exports.landed()) == 2


def test_a_file_that_cannot_be_read_leaves_the_table_as_it_was(exports: Exports) -> None:
    exports.load()
    exports.write("sales_3.csv", "id,amount\n5,5.50\n")
    exports.write("sales_4.csv", 'id,amount\n6,"6.50\n')
    before = exports.landed(), exports.noted()
    with pytest.raises(UserError, match=r"^sales_4\.csv ends inside a quoted value"):
        exports.load()
    assert (exports.landed(), exports.noted()) == before
    [_, (status, message)] = exports.rows(
        "select status, message from ops.loads order by load_number"
    )
    assert status == "failed"
    assert message.startswith("sales_4.csv ends inside")
    exports.write("sales_4.csv", "id,amount\n6,6.50\n")
    assert exports.load().rows == 2


def test_a_file_that_is_written_while_it_is_read_is_left_for_later(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:

    def written_to(path: Path, *declared: Any) -> Any:
        opened = open_file(path, *declared)
        with path.open("a") as file:
            file.write("9,9\n")
        return opened

    monkeypatch.setattr(sync_files, "open_file", written_to)
    with pytest.raises(TryAgainError, match=r"sales_1\.csv in .* changed while it was read"):
        exports.load()
    assert exports.rows("select to_regclass('landing.exports__sales')") == [(None,)]


def test_a_new_column_arrives_and_a_missing_one_is_null(exports: Exports) -> None:
    exports.load()
    exports.write("sales_3.csv", "id,channel\n5,web\n")
    assert exports.load().schema_changes == ("channel is a new column",)
    assert exports.landed("id, amount, channel")[2:] == [("3", "3.50", None), ("5", None, "web")]


def test_values_of_another_type_go_to_a_column_of_their_own(exports: Exports) -> None:
    folder = Path(exports.folder)
    for name, values in {
        "a": pa.array([1, 2], pa.int64()),
        "b": pa.array([3.0, 3.5, None], pa.float64()),
        "c": pa.array(["4"], pa.string()),
    }.items():
        parquet.write_table(pa.table({"id": values}), folder / f"stock_{name}.parquet")
    load = exports.load("stock_*.parquet")
    columns = "_file, id, id__v_double, id__v_text"
    assert sorted(exports.landed(columns), key=str) == [
        ("stock_a.parquet", 1, None, None),
        ("stock_a.parquet", 2, None, None),
        ("stock_b.parquet", 3, None, None),
        ("stock_b.parquet", None, 3.5, None),
        ("stock_b.parquet", None, None, None),
        # text is not read as a number, which would be a guess
        ("stock_c.parquet", None, None, "4"),
    ]
    assert load.schema_changes == ("no table reads sales_1.csv, sales_2.csv",)
    parquet.write_table(pa.table({"id": [True]}), folder / "stock_d.parquet")
    assert exports.load("stock_*.parquet").schema_changes[:1] == (
        "id came as boolean too, in the column id__v_boolean",
    )


def test_folders_within_the_folder_and_the_kinds_of_files(exports: Exports) -> None:
    folder = Path(exports.folder) / "stock"
    (folder / "2026" / "01").mkdir(parents=True)
    parquet.write_table(pa.table({"sku": ["a"]}), folder / "top.parquet")
    parquet.write_table(pa.table({"sku": ["b"]}), folder / "2026" / "01" / "deep.parquet")
    workbook = openpyxl.Workbook()
    workbook.active.append(["sku"])
    workbook.active.append(["c"])
    workbook.save(folder / "2026" / "book.xlsx")
    (folder / ".hidden.parquet").write_text("no")
    (folder / "~$book.xlsx").write_text("no")
    (folder / "notes.txt").write_text("no")
    exports.load("stock/**/*")
    assert exports.landed("sku, _file") == [
        ("b", "stock/2026/01/deep.parquet"),
        ("c", "stock/2026/book.xlsx"),
        ("a", "stock/top.parquet"),
    ]
    assert exports.rows("select 1 from ops.loaded_files where file not like 'stock/%'") == []


def test_a_table_that_was_dropped_is_loaded_anew(exports: Exports) -> None:
    exports.load()
    exports.rows("drop table landing.exports__sales; commit; select 1")
    assert exports.load().rows == 3
    assert len(exports.landed()) == 3


def test_a_file_of_which_only_the_header_came_is_loaded(exports: Exports) -> None:
    exports.write("sales_3.csv", "id,amount\n")
    assert exports.load().rows == 3
    assert "sales_3.csv" in exports.noted()


@pytest.mark.parametrize(
    ("folder", "pattern", "told"),
    [
        ("{}", "sale_*.csv", r"No file of .* fits .* \(there are sales_1.csv, sales_2.csv\)"),
        ("{}/nowhere", SALES, r"There is no folder .*nowhere, where exports is declared"),
    ],
)
def test_a_declaration_that_does_not_fit_is_told(
    exports: Exports, folder: str, pattern: str, told: str
) -> None:
    exports.folder = folder.format(exports.folder)
    with pytest.raises(UserError, match=told):
        exports.load(pattern)


def test_a_local_folder_needs_no_connection(exports: Exports) -> None:
    declared = {"folder": exports.folder, "tables": {}}
    assert connection_of(Source("exports", "files", {"files": declared}), lambda _: None) == NONE


LOAD = """
import os, signal, sys
from adbc_driver_manager import dbapi
from include.connections import Connection
from include.sync.sources import Source
from include.sync.sync import sync
from include.warehouse.connection import Warehouse

left = int(sys.argv[3])

class Dying(dbapi.Cursor):
    def close(self):
        global left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().close()

dbapi.Cursor = Dying
declared = {"folder": sys.argv[2], "tables": {"sales": {"pattern": "sales_*.csv"}}}
connection = Connection("", None, None, None, None, None)
sync(Source("exports", "files", {"files": declared}), "sales", Warehouse(sys.argv[1]), connection)
"""


def test_a_load_that_is_killed_anywhere_is_made_good_by_the_next(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports.load()
    monkeypatch.setenv("SHOP_DATA_MAY_SHRINK", "true")
    for file in range(1, 20):
        exports.write(f"sales_{file}.csv", f"id,amount\n{file},{file}.50\n")
    statements = random.Random(7)  # noqa: S311
    for attempt in range(10):
        exports.write("sales_0.csv", f"id,amount\n0,{attempt}.50\n")
        arguments = [exports.warehouse.url, exports.folder, str(statements.randrange(1, 95))]
        done = subprocess.run([sys.executable, "-c", LOAD, *arguments], cwd=PROJECT, check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(exports.landed()) == 3
    exports.load()
    files = [("0", "9.50", "sales_0.csv")]
    files += [(str(file), f"{file}.50", f"sales_{file}.csv") for file in range(1, 20)]
    assert sorted(exports.landed()) == sorted(files)
    noted = exports.rows("select file, rows from ops.loaded_files order by 1")
    assert noted == sorted((name, 1) for *_, name in files)


# --- S3


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of a server that speaks S3."""
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str, warehouse: Warehouse, tmp_path: Path) -> Exports:
    connection = Connection("aws", store, None, "key", "s3cret-of-the-store", None)
    return Exports(warehouse, f"s3://{tmp_path.name.replace('_', '-')}/exports", connection)


def put(bucket: Exports, name: str, text: str) -> None:
    s3 = fs.S3FileSystem(
        access_key="key",
        secret_key="secret",
        endpoint_override=bucket.connection.host,
        region="us-east-1",
        allow_bucket_creation=True,
    )
    path = f"{bucket.folder.removeprefix('s3://')}/{name}"
    s3.create_dir(path.split("/")[0])
    with s3.open_output_stream(path) as stream:
        stream.write(text.encode())


def test_files_in_a_store_that_speaks_s3(bucket: Exports) -> None:
    put(bucket, "sales_1.csv", "id,amount\n1,1.50\n")
    put(bucket, "sales_2.csv", "id,amount\n2,2.50\n")
    assert bucket.load().rows == 2
    assert bucket.load().rows == 0
    put(bucket, "sales_2.csv", "id,amount\n2,20.00\n")
    put(bucket, "deeper/sales_3.csv", "id,amount\n3,3.50\n")
    assert bucket.load().rows == 1
    assert bucket.landed() == [("1", "1.50", "sales_1.csv"), ("2", "20.00", "sales_2.csv")]
    assert bucket.load("**/sales_*.csv").rows == 1


def test_a_bucket_that_is_not_there_is_told_without_the_secret(bucket: Exports) -> None:
    with pytest.raises(UserError, match=r"There is no folder s3://.*, where exports is declared"):
        bucket.load()
    [(message,)] = bucket.rows("select message from ops.loads")
    assert "s3cret" not in message


def test_a_store_that_does_not_answer_is_told(bucket: Exports) -> None:
    bucket.connection = Connection("aws", "http://127.0.0.1:9", None, "key", "secret", None)
    with pytest.raises(TryAgainError, match="The store of exports does not answer"):
        bucket.load()


def test_keys_go_over_a_network_only_encrypted(bucket: Exports) -> None:
    bucket.connection = Connection("aws", "http://s3.example.com", None, "key", "secret", None)
    with pytest.raises(UserError, match="would carry its token unencrypted: use https://"):
        bucket.load()
