"""Airflow's processes, as `make up` keeps them running: started in order, watched, stopped whole.

`airflow standalone` starts all at once, so that the first tasks ask an API that is not there yet,
leaves one that ended at that, and opens two ports to the network for logs that lie on this disk.
"""

import http.client
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

import psutil

from include.paths import PROJECT

API_SERVER = ("api-server",)
OTHERS = (
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)
"""What asks the API server, or starts what does."""
HEALTH = "/api/v2/monitor/health"
PARTS = frozenset({"metadatabase", "scheduler", "triggerer", "dag_processor"})
LOG_BYTES = 10 * 2**20
LOG_FILES = 5
PAUSE = 5.0  # seconds before a process that ended is started again
POLITE = 20.0  # seconds to end by itself

log = logging.getLogger(__name__)


def healthy(port: int) -> frozenset[str]:
    """Which of PARTS the API server on 127.0.0.1 calls healthy; none while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", HEALTH)
        told = json.loads(connection.getresponse().read())
        return frozenset(part for part in PARTS if (told[part] or {}).get("status") == "healthy")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()
    finally:
        connection.close()


class Watch:
    """The processes of one Airflow, and its log."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.running: dict[tuple[str, ...], subprocess.Popen[str]] = {}
        self.stopping = threading.Event()

    def run(self) -> int:
        """Run until a signal ends it, or a process ends before all were healthy; the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            self._start(API_SERVER)
            if not self._wait_for(frozenset({"metadatabase"})):
                return 1
            for command in OTHERS:
                self._start(command)
            if not self._wait_for(PARTS):
                return 1
            log.info("Airflow is ready.")
            self._keep_running()
            return 0
        finally:
            stop(_without(session(os.getpid()), psutil.Process()))

    def _start(self, command: tuple[str, ...]) -> None:
        process = subprocess.Popen(
            ["airflow", *command],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self.running[command] = process
        threading.Thread(target=_copy, args=(command[0], process.stdout), daemon=True).start()

    def _wait_for(self, parts: frozenset[str]) -> bool:
        """Whether these become healthy; False where a process ends before, or a signal came."""
        while not healthy(self.port) >= parts:
            for command, process in self.running.items():
                if process.poll() is not None:
                    log.error("%s ended with %s.", command[0], process.returncode)
                    return False
            if self.stopping.wait(0.5):
                return False
        return True

    def _keep_running(self) -> None:
        """Start again what ends, as it does when Postgres is restarted."""
        while not self.stopping.wait(PAUSE):
            for command, process in list(self.running.items()):
                if process.poll() is not None:
                    log.error("%s ended with %s: again.", command[0], process.returncode)
                    self._stop_leftovers()
                    self._start(command)

    def _stop_leftovers(self) -> None:
        """End what processes that ended have left behind: tasks that would be run twice."""
        used = [psutil.Process()]
        for process in self.running.values():
            with suppress(psutil.Error):  # of one that ended
                running = psutil.Process(process.pid)
                used += [running, *running.children(recursive=True)]
        stop(_without(session(os.getpid()), *used))


def _copy(name: str, lines: IO[str] | None) -> None:
    for line in lines or ():
        log.info("%-13s | %s", name, line.rstrip())


def write_log(path: Path) -> None:
    """Let this process' log go to a file that is never emptied and never grows without end."""
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def start(env: Mapping[str, str], port: int, log_file: Path) -> "subprocess.Popen[bytes]":
    """Start it all, in a session of its own, so that whatever belongs to it is found again."""
    with log_file.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "include.airflow.processes", str(port), str(log_file)],
            env=dict(env),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def session(leader: int) -> list[psutil.Process]:
    """The processes of a session that `start` began, also where its first has been killed."""
    found = []
    # process_iter() would keep what had a number before, and refuse to signal who has it now
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            if os.getsid(pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (OSError, psutil.Error):  # it has just ended, or is another user's
            continue
    return found


def _without(processes: list[psutil.Process], *some: psutil.Process) -> list[psutil.Process]:
    return [process for process in processes if process not in some]


def stop(processes: list[psutil.Process]) -> None:
    """End processes, politely, then for good."""
    for process in processes:
        _signal(process, signal.SIGTERM)
        _signal(process, signal.SIGCONT)  # one that was stopped would not hear of it
    _, alive = psutil.wait_procs(processes, timeout=POLITE)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=POLITE)


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    write_log(Path(sys.argv[2]))
    sys.exit(Watch(int(sys.argv[1])).run())
