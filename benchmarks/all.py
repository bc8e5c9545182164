"""Runs every benchmark and merges what they wrote into `out/bench.json`.

The exit code is 1 where a figure missed its target or is not there.
"""

import json
import os
import platform
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from benchmarks.measure import RESULTS, TARGETS, is_reached, postgres
from include.paths import OUT
from include.warehouse.connection import Warehouse

SCRIPTS = (
    "seeds",
    "loading",
    "generator",
    "report",
    "dag",
    "weekly_run",
    "million",
    "shop_systems",
    "crm",
    "signals",
)
PACKAGES = (
    "apache-airflow",
    "astronomer-cosmos",
    "dbt-core",
    "dbt-postgres",
    "adbc-driver-postgresql",
    "pyarrow",
    "numpy",
    "matplotlib",
)


def main() -> None:
    """Run, merge, say what was missed."""
    merged: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
        **dict.fromkeys(TARGETS),
        "medians": {},
    }
    for number, script in enumerate(SCRIPTS, start=1):
        print(f"\n[{number}/{len(SCRIPTS)}] {script} …", flush=True)
        began = time.monotonic()
        path = RESULTS / f"{script}.json"
        path.unlink(missing_ok=True)
        subprocess.run([sys.executable, Path(__file__).with_name(f"{script}.py")], check=False)
        if path.exists():
            result = json.loads(path.read_text())
            merged |= result["keys"]
            merged["medians"][script] = result["measured"]
        print(f"[{number}/{len(SCRIPTS)}] {script}: {time.monotonic() - began:.0f} s")

    (OUT / "bench.json").write_text(json.dumps(merged, indent=2, ensure_ascii=False) + "\n")
    print(f"\n{OUT / 'bench.json'}")
    missed = [key for key in TARGETS if merged[key] is None or not is_reached(key, merged[key])]
    for key in TARGETS:
        relation, target = TARGETS[key]
        mark = "✘" if key in missed else "✔"
        print(
            f"{mark} {key:22}{merged[key] if merged[key] is not None else '-':>12}"
            f"   {relation} {target}"
        )
    if missed:
        sys.exit(f"Missed: {', '.join(missed)}.")
    print("Every target is reached.")


def machine() -> dict[str, Any]:
    """The machine as far as it decides about figures."""
    cpu_info = Path("/proc/cpuinfo")
    lines = cpu_info.read_text().splitlines() if cpu_info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Of everything that was measured."""
    with (
        postgres() as url,
        closing(Warehouse(url).connect()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("show server_version")
        [server] = cursor.fetchone() or ("",)
    return {
        "python": platform.python_version(),
        "postgres": str(server),
        **{package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    main()
