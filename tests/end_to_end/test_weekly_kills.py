"""The weekly run killed at random moments, every other time with Postgres, and run once more.

Each kill meets the same shop: the run of one week is over, that of the next is killed.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import pytest

from include.warehouse import embedded
from tests.end_to_end.conftest import telegram
from tests.support.fake_telegram import CHAT, TOKEN, Delivered, FakeTelegram, Upload, fake_telegram
from tests.support.project_copy import copy_project, environment, run
from tests.support.warehouses import Warehouse

KILLS, SEED = int(os.environ.get("WEEKLY_KILLS", "3")), 20261123
WEEK, NEXT_WEEK = "2026-11-16", "2026-11-23"
KINDS = {"chart": "photo", "list": "document"}

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

Message = tuple[str, str, Upload | None]


@dataclass(frozen=True)
class Shop:
    """A copy of the project and its server."""

    home: Path
    project: Path
    before: Path
    """The project as it was after the first week."""

    def demo(self, as_of: str, server: FakeTelegram) -> "subprocess.Popen[str]":
        """`make demo`, begun."""
        return subprocess.Popen(
            [sys.executable, "scripts/demo.py", "--as-of", as_of],
            cwd=self.project,
            env=self.environment(server),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def environment(self, server: FakeTelegram) -> dict[str, str]:
        """Its variables."""
        return environment(
            self.project,
            DEMO_CUSTOMERS="60",
            AIRFLOW_CONN_TELEGRAM=telegram(TOKEN),
            TELEGRAM_API_URL=server.url,
        )

    def warehouse(self) -> Warehouse:
        """That of the server, which is made to run."""
        return Warehouse(embedded.start(self.home), self.home)

    def held(self) -> dict[str, str]:
        """What the warehouse tells of the shop."""
        return self.warehouse().held()

    def keep(self) -> None:
        """Keep the project and the databases as they are."""
        shutil.copytree(self.project, self.before, symlinks=True)
        self._for_each_database("create database {0}_before template {0}")

    def go_back(self) -> None:
        """Make all as it was when it was kept."""
        shutil.rmtree(self.project)
        shutil.copytree(self.before, self.project, symlinks=True)
        # copied through the log, a sequence would go back to where it was when the server crashes
        self._for_each_database(
            "drop database {0} with (force)",
            "create database {0} template {0}_before strategy file_copy",
        )

    def _for_each_database(self, *statements: str) -> None:
        embedded.start(self.home)
        with closing(psycopg2.connect(embedded.url("postgres", self.home))) as connection:
            connection.autocommit = True
            for name in embedded.DATABASES:
                for statement in statements:
                    connection.cursor().execute(statement.format(name))


@dataclass(frozen=True)
class Clean:
    """What the next week's run leaves where nobody kills it."""

    seconds: float
    held: dict[str, str]
    messages: list[Message]


def all_said(program: "subprocess.Popen[str]") -> str:
    """What it says until it ends; nothing of it is left where the test ends before."""
    try:
        return program.communicate()[0]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)


def messages(delivered: list[Delivered]) -> list[Message]:
    """What people see of them."""
    return [(one.kind, one.text, one.file) for one in delivered]


@pytest.fixture(scope="module")
def shop(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop after the run of a week."""
    folder = tmp_path_factory.mktemp("kills")
    shop = Shop(home, copy_project(folder / "project"), folder / "before")
    (shop.project / ".local").mkdir()
    (shop.project / ".local" / "postgres").symlink_to(home)
    with fake_telegram(TOKEN, CHAT) as server:
        said = all_said(first := shop.demo(WEEK, server))
        assert first.returncode == 0, said
    shop.keep()
    return shop


@pytest.fixture(scope="module")
def clean(shop: Shop) -> Clean:
    with fake_telegram(TOKEN, CHAT) as server:
        began = time.monotonic()
        said = all_said(undisturbed := shop.demo(NEXT_WEEK, server))
        seconds = time.monotonic() - began
        assert undisturbed.returncode == 0, said
        assert [one.kind for one in server.delivered] == ["photo", "document"]
        return Clean(seconds, shop.held(), messages(server.delivered))


@pytest.fixture
def channel() -> Iterator[FakeTelegram]:
    with fake_telegram(TOKEN, CHAT) as server:
        yield server


@pytest.mark.parametrize("kill", range(KILLS))
def test_killed_anywhere_the_next_run_ends_as_if_it_had_never_been(
    kill: int, shop: Shop, clean: Clean, channel: FakeTelegram
) -> None:
    """Each at a moment drawn from its own part of the run, so that few kills see all of it."""
    shop.go_back()
    moment = (kill + random.Random(SEED + kill).random()) / KILLS * clean.seconds  # noqa: S311
    killed = shop.demo(NEXT_WEEK, channel)
    try:
        killed.wait(moment)
    except subprocess.TimeoutExpired:
        os.killpg(killed.pid, signal.SIGKILL)
    if kill % 2 and (server := embedded.status(shop.home)):
        psutil.Process(server.pid).kill()
    killed_after = all_said(killed)

    said = all_said(again := shop.demo(NEXT_WEEK, channel))
    if again.returncode != 0:
        settle(shop, channel, said)
    assert messages(channel.delivered) == clean.messages, f"{killed_after}\n--- then\n{said}"
    assert shop.held() == clean.held, f"{killed_after}\n--- then\n{said}"


def settle(shop: Shop, channel: FakeTelegram, said: str) -> None:
    """What the runbook says where the run died between sending a message and noting it."""
    log = (shop.project / ".local" / "demo.log").read_text()
    assert "is not known, and it is not sent a second time. Look into the chat" in said, log[-9000:]
    [row] = shop.warehouse().rows("select part from ops.report_deliveries where state = 'sending'")
    is_there = KINDS[row["part"]] in [one.kind for one in channel.delivered]
    resolve = f"--resolve={'sent' if is_there else 'resend'}"
    command = [sys.executable, "scripts/send_report.py", resolve]
    done = run(command, shop.project, shop.environment(channel))
    assert done.returncode == 0, done.stderr
