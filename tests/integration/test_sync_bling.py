"""Bling's orders into landing, and the refresh token that changes with each load."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from include.connections import Connection
from include.errors import TryAgainError, UserError
from include.paths import PROJECT
from include.sync import bling as of_bling
from include.sync.login import Login, login_to
from include.sync.sources import declared_sources
from include.sync.sync import sync
from include.warehouse.bookkeeping import OPS
from include.warehouse.connection import Warehouse
from include.warehouse.locks import lock, login_lock
from scripts import log_in
from tests.support.fake_bling import CLIENT, FIRST, SECRET, FakeBling, fake_bling
from tests.support.fake_crm import HangUp, Request, replies
from tests.support.project_copy import environment
from tests.support.scripts import call
from tests.support.warehouses import new_warehouse

ANA = {"id": 5, "nome": "Ana Souza", "tipoPessoa": "F", "numeroDocumento": "123.456.789-09"}
ITEM = {
    "id": 1, "codigo": "T", "unidade": "KG", "quantidade": 1.5, "desconto": 0, "valor": 10,
    "descricao": "Chá", "descricaoDetalhada": "para Ana, Rua do Sol 1",
}  # fmt: skip
PARCEL = {"nome": "Ana", "endereco": "Rua do Sol", "numero": "1", "municipio": "Recife", "uf": "PE"}


class Shop:
    """A fake Bling, the connection to it, and what landed."""

    def __init__(self, fake: FakeBling, warehouse: Warehouse) -> None:
        self.fake, self.warehouse = fake, warehouse
        self.source = declared_sources()["bling"]
        self.first_token = FIRST

    @property
    def connection(self) -> Connection:
        extra = {"refresh_token": self.first_token} if self.first_token else {}
        return Connection("http", f"{self.fake.url}/Api/v3", None, CLIENT, SECRET, None, extra)

    def load(self, **options: Any) -> int:
        options = {"pause": 0.001, "say": lambda _: None, **options}
        [load] = sync(self.source, "api_orders", self.warehouse, self.connection, **options)
        return load.rows

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(self.warehouse.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def ids(self) -> list[int]:
        return [id_ for (id_,) in self.rows("select id from landing.bling__api_orders order by id")]


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    made = Fernet.generate_key().decode()
    monkeypatch.setenv("TOKEN_KEY", made)
    return made


@pytest.fixture
def shop(warehouse: Warehouse, key: str) -> Iterator[Shop]:
    with fake_bling() as fake:
        yield Shop(fake, warehouse)


# --- Orders


def test_an_order_lands_with_its_lines_and_without_streets_and_tax_ids(shop: Shop) -> None:
    shop.fake.put(
        7, numero=101, numeroLoja="L-1", loja={"id": 9}, situacao={"id": 12, "valor": 2},
        contato=ANA, desconto={"valor": 5, "unidade": "PERCENTUAL"}, itens=[ITEM],
        totalProdutos=15, transporte={"frete": 9.9, "etiqueta": PARCEL}, observacoes="Rua do Sol",
    )  # fmt: skip
    assert shop.load() == 1
    [row] = shop.rows(
        "select number, channel_order_number, channel_id, situation_id, discount, discount_unit,"
        " customer_name, city, state, ordered_on, goods_total, length(tax_id_key), items"
        " from landing.bling__api_orders"
    )
    assert row[:-1] == (
        *("101", "L-1", "9", "12", "5", "PERCENTUAL", "Ana Souza"),
        *("Recife", "PE", "2026-09-01", "15", 32),
    )
    assert row[-1] == [{name: ITEM[name] for name in ITEM if name != "descricaoDetalhada"}]
    everything = str(shop.rows("select * from landing.bling__api_orders"))
    assert "Rua do Sol" not in everything
    assert "123456789" not in everything.replace(".", "")


def test_pages_end_with_an_empty_one_and_the_next_load_reads_what_changed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_bling, "A_PAGE", 2)
    for number in range(1, 6):
        shop.fake.put(number)
        shop.fake.changed[number] -= timedelta(days=30)
    assert shop.load() == 5
    asked = [one.get("pagina") for one in shop.fake.asked("/Api/v3/pedidos/vendas")]
    assert asked == ["1", "2", "3", "4"]
    shop.fake.put(2, numero=200)
    assert shop.load() == 1
    numbers = "select number from landing.bling__api_orders order by id"
    assert shop.rows(numbers) == [("1",), ("200",), ("3",), ("4",), ("5",)]


def test_pages_in_a_circle_are_no_endless_load(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_bling, "A_PAGE", 1)
    shop.fake.put(1)
    shop.fake.put(2)

    def first_page(fake: Any, request: Request) -> Any:
        return fake.answer(replace(request, query=request.query | {"pagina": ["1"]}))

    shop.fake.fail(None, *[first_page] * 9, path="/Api/v3/pedidos/vendas")
    with pytest.raises(TryAgainError, match="leads from page 1 of pedidos/vendas to the same"):
        shop.load()


def test_a_change_of_the_hours_between_bling_s_clock_and_utc_is_not_lost(shop: Shop) -> None:
    shop.load()
    shop.fake.put(1)
    assert shop.load() == 1


def test_an_order_that_is_deleted_while_it_is_read_hides_no_other(shop: Shop) -> None:
    shop.fake.put(1)
    shop.fake.put(2)
    shop.fake.fail(replies(404, {"error": {}}), path="/Api/v3/pedidos/vendas/2")
    assert shop.load() == 1
    shop.fake.remove(2)
    shop.load(full=True)
    assert shop.ids() == [1]


def test_too_many_requests_are_waited_for(shop: Shop) -> None:
    shop.fake.put(1)
    shop.fake.fail(replies(429), replies(429), path="/Api/v3/pedidos/vendas/1")
    assert shop.load() == 1


def test_no_more_than_three_requests_are_sent_a_second(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sent = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(Login, "access_token", lambda _: "x")

    class Session:
        def get(self, *_: Any, **__: Any) -> None:
            sent.append(now[0])

    login = Login(shop.source, shop.connection, Session(), "https://x", "")  # type: ignore[arg-type]
    orders = of_bling.Orders(login, "api_orders", "pedidos/vendas", pause=1)
    for _ in range(10):
        orders._send("x", {})
    assert sent == pytest.approx([number / 3 for number in range(10)])


def test_an_access_token_that_expires_amid_a_load_is_renewed_once(shop: Shop) -> None:
    for number in range(1, 4):
        shop.fake.put(number)

    def expired(fake: Any, request: Any) -> Any:
        fake.expire()
        return replies(401)(fake, request)

    shop.fake.fail(expired, path="/Api/v3/pedidos/vendas/2")
    assert shop.load() == 3
    assert shop.fake.given == 2


def test_a_token_that_is_refused_again_ends_the_load(shop: Shop) -> None:
    shop.fake.put(1)
    shop.fake.fail(replies(401), replies(401), path="/Api/v3/pedidos/vendas/1")
    with pytest.raises(UserError, match=r"bling does not accept the token \(401\)"):
        shop.load()
    assert shop.fake.given == 2


# --- The refresh token


def test_each_load_uses_the_token_that_the_one_before_left(shop: Shop) -> None:
    for _ in range(3):
        shop.load()
    assert shop.fake.given == 3


def test_tokens_are_nowhere_to_be_read(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    shop.load()
    shop.fake.log_in()
    with pytest.raises(UserError) as told:
        shop.load()
    everything = [str(shop.rows(f"select t::text from ops.{table} as t")) for table in OPS]
    said = capfd.readouterr()
    for text in (*everything, str(told.value), said.out, said.err, repr(shop.connection)):
        assert "refresh-" not in text
        assert "access-" not in text
        assert SECRET not in text


def test_a_token_of_another_login_is_taken_where_the_one_that_is_kept_is_refused(
    shop: Shop,
) -> None:
    shop.load()
    elsewhere = shop.fake.log_in()
    with pytest.raises(UserError, match=r"refresh token any more: run scripts/log_in\.py bling"):
        shop.load()
    shop.first_token = elsewhere
    shop.load()
    shop.load()


def test_a_load_that_dies_once_the_token_is_kept_is_made_good_by_the_next(shop: Shop) -> None:
    login_to(shop.source, shop.connection, shop.warehouse).access_token()  # which nobody ever used
    shop.fake.put(1)
    assert shop.load() == 1


def test_an_answer_that_is_lost_on_its_way_asks_to_log_in_again(shop: Shop) -> None:
    """The one moment that nobody can save: Bling has used the token up, and the new one is gone."""
    shop.load()

    def lost() -> None:
        shop.fake.after_login = lambda: None
        raise HangUp

    shop.fake.after_login = lost
    for _ in range(2):
        with pytest.raises(UserError, match=r"run scripts/log_in\.py bling"):
            shop.load()
    shop.first_token = shop.fake.log_in()
    shop.load()


def test_one_process_at_a_time_uses_the_token(shop: Shop) -> None:
    shop.load()
    login = login_to(shop.source, shop.connection, shop.warehouse)
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with ThreadPoolExecutor() as threads, closing(shop.warehouse.connect()) as other:
        with other, other.cursor() as cursor:
            lock(cursor, login_lock("bling"))
            told = threads.submit(login.access_token)
            while shop.rows(waiting) == [(0,)]:
                assert not told.done()
            assert shop.fake.given == 1
        assert told.result() == "access-2"


def test_a_warehouse_that_cannot_be_written_does_not_use_the_token_up(shop: Shop) -> None:
    shop.load()
    refuse = (
        "create function no() returns trigger language plpgsql as"
        " 'begin raise exception ''full''; end';"
        " create trigger no before insert or update on ops.refresh_tokens"
        " for each row execute function no()"
    )
    with closing(shop.warehouse.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(refuse)
    with pytest.raises(UserError, match="full"):
        shop.load()
    assert shop.fake.given == 1


def test_a_login_that_bling_is_too_busy_for_is_tried_by_the_next_run(shop: Shop) -> None:
    shop.fake.fail(*[replies(503)] * 6, path="/Api/v3/oauth/token")
    with pytest.raises(TryAgainError):
        shop.load()
    shop.load()


def test_without_a_key_or_with_another_one_it_is_said_what_to_do(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.load()
    monkeypatch.setenv("TOKEN_KEY", Fernet.generate_key().decode())
    with pytest.raises(UserError, match=r"run scripts/log_in\.py bling"):
        shop.load()
    for key, why in (("short", "no key for it"), ("", "not set")):
        monkeypatch.setenv("TOKEN_KEY", key)
        with pytest.raises(UserError, match=f"TOKEN_KEY is {why}.*Fernet.generate_key"):
            shop.load()


def test_a_client_that_bling_does_not_know_is_told_as_such(shop: Shop) -> None:
    wrong = replace(shop.connection, password="other")
    with pytest.raises(UserError, match="does not know the client's id or secret"):
        sync(shop.source, "api_orders", shop.warehouse, wrong, say=lambda _: None)


def test_somebody_logs_in_by_the_script_and_no_token_is_in_the_connection(
    shop: Shop, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.first_token = ""
    shop.fake.codes.add("code-1")
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "state-1")
    told = iter(["https://app.example/?code=code-1&state=state-1"])
    monkeypatch.setattr("builtins.input", lambda: next(told))
    said = call(
        log_in.app, "bling",
        AIRFLOW_CONN_WAREHOUSE=shop.warehouse.url, AIRFLOW_CONN_BLING=as_json(shop), TOKEN_KEY=key,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    assert f"authorize?response_type=code&client_id={CLIENT}&state=state-1" in said.stdout
    shop.load()


def test_an_address_that_another_login_led_to_is_not_taken(
    shop: Shop, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.fake.codes.add("code-1")
    monkeypatch.setattr("builtins.input", lambda: "https://app.example/?code=code-1&state=other")
    said = call(
        log_in.app, "bling",
        AIRFLOW_CONN_WAREHOUSE=shop.warehouse.url, AIRFLOW_CONN_BLING=as_json(shop), TOKEN_KEY=key,
    )  # fmt: skip
    assert said.returncode == 1
    assert said.stderr.startswith("error: That is not the address that this login leads to")
    assert shop.fake.codes == {"code-1"}


def as_json(shop: Shop) -> str:
    return json.dumps(
        {
            "conn_type": "http",
            "host": shop.connection.host,
            "login": CLIENT,
            "password": SECRET,
            "extra": shop.connection.extra,
        }
    )


# --- Killed


def start(shop: Shop, key: str) -> "subprocess.Popen[bytes]":
    """Start `scripts/sync_sources.py`."""
    return subprocess.Popen(
        [sys.executable, PROJECT / "scripts" / "sync_sources.py", "bling"],
        cwd=PROJECT,
        env=environment(
            PROJECT,
            AIRFLOW_CONN_WAREHOUSE=shop.warehouse.url,
            AIRFLOW_CONN_BLING=as_json(shop),
            TOKEN_KEY=key,
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.nightly
def test_killed_before_the_new_token_is_kept_the_next_load_asks_to_log_in(
    shop: Shop, key: str
) -> None:
    assert start(shop, key).wait() == 0
    programs: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        shop.fake.after_login = lambda: None
        os.killpg(programs[0].pid, signal.SIGKILL)

    shop.fake.after_login = kill
    with shop.fake.lock:  # no answer before its program is known
        programs.append(start(shop, key))
    assert programs[0].wait() == -signal.SIGKILL
    assert start(shop, key).wait() == 1
    [(message,)] = shop.rows("select message from ops.loads order by load_number desc limit 1")
    assert message == (
        "bling does not accept its refresh token any more: run scripts/log_in.py bling."
    )
    shop.first_token = shop.fake.log_in()
    assert start(shop, key).wait() == 0


@pytest.mark.nightly
def test_killed_again_and_again_it_ends_as_a_clean_load(
    postgres: Path, tmp_path: Path, key: str
) -> None:
    """At moments drawn over a whole run; who lost the token by one logs in again."""
    chance = random.Random(20260110)  # noqa: S311
    landed = (
        "select to_jsonb(t) - '{_dlt_id,_dlt_load_id}'::text[] - 'tax_id_key'"
        " from landing.bling__api_orders as t order by id"
    )
    with fake_bling() as fake:
        shop = Shop(fake, new_warehouse(postgres, "bling_killed", tmp_path))
        for number in range(1, 13):
            fake.put(number, contato=ANA, itens=[ITEM])
        began = time.monotonic()
        assert start(shop, key).wait() == 0
        whole = time.monotonic() - began
        kills = 0
        while kills < 6:
            for number in chance.sample(range(1, 20), 5):
                fake.put(number, numeroLoja=f"{kills}-{number}")
            program = start(shop, key)
            try:
                if program.wait(chance.uniform(0.25, 0.95) * whole) != 0:
                    shop.first_token = fake.log_in()
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                kills += program.wait() == -signal.SIGKILL
        if start(shop, key).wait() != 0:
            shop.first_token = fake.log_in()
            assert start(shop, key).wait() == 0
        clean = Shop(fake, new_warehouse(postgres, "bling_clean", tmp_path))
        clean.first_token = fake.log_in()
        clean.load()
        assert shop.rows(landed) == clean.rows(landed)
        assert len(clean.ids()) == len(fake.orders)
