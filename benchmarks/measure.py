"""What the benchmarks share: a Postgres of their own, clocks, memory, the table and the JSON file.

Every script measures ours and the peer's in the same run, by turns, and takes the medians: a
machine that is busy for a minute then slows both.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

from include.paths import OUT, PROJECT
from include.warehouse import embedded
from tests.support.project_copy import developers_own

# No setting of the developer's decides about a figure, and no report of a made-up shop reaches
# their chats: neither the environment nor `.env` is read, here and in every program run from here.
for _name in developers_own():
    del os.environ[_name]
os.environ["PYTHON_DOTENV_DISABLED"] = "1"

TARGETS = {
    "seed_speedup": ("≥", 20),
    "load_vs_copy": ("≤", 1.5),
    "generator_vs_jafgen": ("≥", 10),
    "dag_vs_dbt_build": ("≤", 1.25),
    "dag_parse_seconds": ("<", 1),
    "demo_warm_seconds": ("<", 45),
    "weekly_run_vs_before": ("≤", 0.9),
    "million_seconds": ("<", 240),
    "million_vs_before": ("≤", 0.75),
    "next_week_vs_before": ("≤", 1.0),
    "million_peak_mb": ("<", 2048),
    "growth_ratio": ("≤", 11),
    "shopify_vs_demo": ("≤", 1.3),
    "report_seconds": ("<", 6),
    "crm_deals_seconds": ("<", 60),
    "crm_peak_mb": ("<", 1024),
    "alarms_100": ("≤", 3),
    "alarms_1000": ("≤", 3),
    "alarms_20000": ("≤", 3),
    "named_100": ("≤", 3),
    "named_1000": ("≤", 3),
    "named_20000": ("≤", 3),
    "found_20000": ("≥", 80),
}
LARGE_TARGETS = {
    "ten_million_growth": ("≤", 11),
    "ten_million_peak_mb": ("<", 6144),
}
"""Of `make bench-large`."""
ALL_TARGETS = TARGETS | LARGE_TARGETS
RESULTS = OUT / "bench"
SAMPLE_EVERY = 0.1  # seconds between two looks at the memory of processes


@dataclass(frozen=True)
class Figure:
    """One line of the table: a figure, and the medians it was made of."""

    name: str
    """A key of TARGETS, or any other name where nothing has to be reached."""
    value: float
    ours: float
    peer: float | None = None
    unit: str = "s"
    """Of `ours` and `peer`."""


def is_reached(name: str, value: float) -> bool:
    """Whether a figure is where it has to be; one without a target always is."""
    if name not in ALL_TARGETS:
        return True
    relation, target = ALL_TARGETS[name]
    return {"<": value < target, "≤": value <= target, "≥": value >= target}[relation]


def finish(script: str, title: str, figures: Sequence[Figure]) -> None:
    """Print the table and write `out/bench/<script>.json`."""
    print(f"\n{title}")
    print(f"{'':28}{'ours':>14}{'peer':>14}{'figure':>10}  target")
    for one in figures:
        target = " ".join(map(str, ALL_TARGETS.get(one.name, ())))
        mark = "" if not target else "✔" if is_reached(one.name, one.value) else "✘ missed"
        print(
            f"{one.name:28}{_amount(one.ours, one.unit):>14}{_amount(one.peer, one.unit):>14}"
            f"{one.value:>10,.2f}  {target:7} {mark}"
        )
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "keys": {one.name: round(one.value, 3) for one in figures if one.name in TARGETS},
        "measured": [asdict(one) for one in figures],
    }
    (RESULTS / f"{script}.json").write_text(json.dumps(result, indent=2) + "\n")


def _amount(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:,.2f} {unit}"


def by_turns(runs: int, **sides: Callable[[], float]) -> dict[str, float]:
    """Call every side `runs` times, one after the other in turns; the median each returned."""
    measured: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(1, runs + 1):
        for name, side in sides.items():
            measured[name].append(side())
            print(f"  {turn}/{runs} {name}: {measured[name][-1]:,.2f}", flush=True)
    return {name: median(values) for name, values in measured.items()}


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


# --- processes


@dataclass(frozen=True)
class Usage:
    """What a program and those it started took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    """Of all of them together, at the worst moment that was looked at."""
    output: str


def run(
    command: Sequence[str | Path],
    cwd: Path = PROJECT,
    env: Mapping[str, str] | None = None,
    *,
    with_memory: bool = True,
) -> Usage:
    """Run a program to its end; one that fails ends the benchmark with what it said.

    `env` is added to the variables of this process. A server that the program leaves behind as a
    daemon, as the embedded Postgres is, does not count. To look at the memory of a program takes
    time itself: without it where nobody asks for the peak.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as program,
    ):
        pids = [program.pid] if with_memory else []
        with peak_memory(*pids) as peak:
            code = program.wait()
        took = time.perf_counter() - began
        output.seek(0)
        said = output.read()
    if code:
        raise SystemExit(f"{said[-4000:]}\n{' '.join(map(str, command))} failed with {code}.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Usage(took, cpu, peak() / 2**20, said)


@contextmanager
def peak_memory(*pids: int, every: float = SAMPLE_EVERY) -> Iterator[Callable[[], int]]:
    """Watch processes and their descendants; the call returns the most bytes they ever had."""
    peak = 0
    is_over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, sum(map(_memory, pids)))
            if is_over.wait(every):
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: peak
    finally:
        is_over.set()
        thread.join()


def _memory(pid: int) -> int:
    """Bytes of a process and its descendants; what they share is counted once where possible."""
    total = 0
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            with suppress(psutil.Error):
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
    return total


# --- Postgres


START = """
import sys
from pathlib import Path

from include.warehouse import embedded

print(embedded.start(Path(sys.argv[1])))
"""


@contextmanager
def postgres(project: Path = PROJECT) -> Iterator[str]:
    """The embedded Postgres as a version of the project starts it, gone afterwards: its URL."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    folder.chmod(0o711)  # as root, the server's own user passes through
    home = folder / "postgres"
    try:
        command: list[str | Path] = [sys.executable, "-c", START, home]
        yield run(command, cwd=project, env={"PYTHONPATH": str(project)}).output.strip()
    finally:
        embedded.stop(home)
        shutil.rmtree(home.resolve(), ignore_errors=True)
        shutil.rmtree(folder)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for files, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)
