"""What every test may use: an environment without the developer's settings, a real Postgres.

Nothing here reads `.env` or touches `.local/`: the embedded Postgres of the tests lives in a
folder of its own and is gone at the end.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg2
import pytest
from xdist.scheduler import LoadScopeScheduling

from include.paths import PROJECT
from include.warehouse import embedded
from tests.support.project_copy import developers_own

if TYPE_CHECKING:
    from tests.support.warehouses import Warehouse

SHARED_DATA = Path(os.environ.get("SHARED_DATA", PROJECT.parent / "shared" / "data"))


POSTGRES_HOME = "TESTS_POSTGRES_HOME"
"""The variable by which workers know where the one Postgres of a session lives."""

_servers = ExitStack()

# dbt's manifests are hundreds of thousands of objects that stay: to look through them for garbage
# again and again is a tenth of the processor time of the tests.
gc.set_threshold(100_000, 50, 100)


def pytest_configure(config: pytest.Config) -> None:
    """Choose a home for Postgres before the workers start; who needs it first starts it."""
    if not hasattr(config, "workerinput"):
        os.environ[POSTGRES_HOME] = str(_servers.enter_context(server_home()))


def pytest_unconfigure() -> None:
    """Stop it when the last worker has ended."""
    _servers.close()


class _ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """What a file's fixtures have built serves its tests only, so they stay on one worker.

    So do the folders whose files share a build, but for the files that take minutes by themselves.
    """

    SHARING = ("tests/dags", "tests/end_to_end")
    BY_THEMSELVES = ("test_dashboard_browser.py", "test_real_airflow.py", "test_weekly_kills.py")

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.split("::", 1)[0])
        is_shared = str(file.parent) in self.SHARING and file.name not in self.BY_THEMSELVES
        return str(file.parent if is_shared else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:
    """Hand out tests by file."""
    return _ByFile(config, log)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests, and the programs they start, see no connection or setting of the developer's."""
    for name in developers_own():
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_DOTENV_DISABLED", "1")


@contextmanager
def server_home() -> Iterator[Path]:
    """A home for an embedded server, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-postgres-"))
    folder.chmod(0o711)  # as root, the server's own user passes through
    home = folder / "postgres"
    try:
        yield home
    finally:
        embedded.stop(home)
        shutil.rmtree(home.resolve(), ignore_errors=True)
        shutil.rmtree(folder)


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A home where no server was ever started."""
    with server_home() as home:
        yield home


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The home of a server that the tests of one file may stop, kill and start as they like."""
    with server_home() as home:
        embedded.start(home)
        yield home


@pytest.fixture(scope="session")
def postgres() -> Path:
    """A running embedded Postgres, the same for all tests and their workers: its home folder."""
    home = Path(os.environ[POSTGRES_HOME])
    with pytest.MonkeyPatch.context() as patch:
        # No test of this server is about a loss of power; databases come and go faster.
        patch.setitem(embedded.OPTIONS, "fsync", "off")
        embedded.start(home)
    return home


@pytest.fixture
def warehouse(postgres: Path, tmp_path: Path) -> Iterator["Warehouse"]:
    """An empty database of the test's own; what dbt writes is in `tmp_path`."""
    from tests.support.warehouses import Warehouse

    database = f"test_{uuid4().hex}"
    connection = psycopg2.connect(embedded.url("postgres", postgres))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"create database {database} template template0 strategy file_copy")
        yield Warehouse(embedded.url(database, postgres), tmp_path)
        cursor.execute(f"drop database {database} with (force)")
    connection.close()


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a folder or file of the shared data; skips the test where it is not there."""

    def path(name: str) -> Path:
        found = SHARED_DATA / name
        if not found.exists():
            pytest.skip(f"needs the shared data {name}, beside the checkout or in SHARED_DATA")
        return found

    return path
