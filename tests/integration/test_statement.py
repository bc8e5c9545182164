"""`scripts/warehouse.py query`: one statement, put to a real Postgres."""

import csv
from io import StringIO

import pytest

from include.errors import UserError
from include.warehouse.connection import Warehouse
from include.warehouse.statement import Answer, answer, as_text
from scripts.warehouse import app
from tests.support.scripts import Said, call


def query(warehouse: Warehouse, *arguments: str) -> Said:
    return call(app, "query", *arguments, AIRFLOW_CONN_WAREHOUSE=warehouse.url, COLUMNS="80")


def test_rows_are_an_aligned_table(warehouse: Warehouse) -> None:
    said = query(warehouse, "values ('Chá', 8.50), (null, 12)")
    assert said.stdout.splitlines() == [
        " column1 | column2",
        "---------+---------",
        " Chá     |    8.50",
        "         |      12",
        "(2 rows)",
    ]


def test_what_is_wider_than_the_terminal_is_told_a_column_a_line(warehouse: Warehouse) -> None:
    said = query(warehouse, f"select 1 as orders, '{'x' * 90}' as customers")
    assert said.stdout.splitlines()[:2] == ["-[ RECORD 1 ]+" + "-" * 41, "orders       | 1"]


def test_csv_has_every_character_as_it_is_stored(warehouse: Warehouse) -> None:
    said = query(warehouse, "select e'a;\"b\"\\nc' as text, 0.0000000::numeric as n", "--csv")
    assert list(csv.reader(StringIO(said.stdout))) == [["text", "n"], ['a;"b"\nc', "0.0000000"]]


def test_a_value_cannot_command_the_terminal() -> None:
    shown = as_text(Answer(["a"], [False], [["\x1b[2Jx\ny"]], "SELECT 1"), 80)
    assert "\\x1b[2Jx\\ny" in shown


@pytest.mark.parametrize("statement", ["explain select 1", "show timezone", "select 1 -- one"])
def test_whatever_answers_with_rows_is_a_statement(warehouse: Warehouse, statement: str) -> None:
    assert answer(warehouse, statement).rows


def test_it_only_reads_unless_it_is_told_to_write(warehouse: Warehouse) -> None:
    refused = query(warehouse, "create table seen (a integer)")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: The statement would change what is stored, and noth")
    assert query(warehouse, "create table seen ()", "--write").stdout == "CREATE TABLE\n"
    assert query(warehouse, "select * from seen").returncode == 0


def test_two_statements_are_refused_before_either_runs(warehouse: Warehouse) -> None:
    with pytest.raises(UserError, match="it is more than one; give them one after another"):
        answer(warehouse, "create table a (); create table b ()", may_write=True)
    assert answer(warehouse, "select to_regclass('a')").rows == [[None]]


def test_an_error_of_sql_is_one_sentence(warehouse: Warehouse) -> None:
    said = query(warehouse, "select ordrs from (values (1)) as shop (orders)")
    assert said.stderr == (
        'error: Postgres refuses the statement: column "ordrs" does not exist (Perhaps you meant to'
        ' reference the column "shop.orders").\n'
    )
