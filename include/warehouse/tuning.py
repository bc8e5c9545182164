"""Settings of the embedded Postgres for the machine it finds itself on.

Postgres' own defaults are for a machine of twenty years ago that does many other things. A build
of the warehouse is a few heavy queries at a time, by one user, who needs the machine's memory for
other programs too: hence limits, and files cached by the operating system rather than by Postgres.
"""

import os
from contextlib import suppress
from pathlib import Path

import psutil

MB = 2**20


def tuning() -> dict[str, str]:
    """Settings for this machine, or for the container around us."""
    return settings_for(memory(), os.cpu_count() or 1)


def memory(limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Bytes of memory that we may use: the machine's, or as much as a container's `limit` says."""
    total = int(psutil.virtual_memory().total)
    with suppress(OSError, ValueError):  # no container, or one without a limit: "max"
        return min(total, int(limit.read_text()))
    return total


def settings_for(memory: int, cores: int) -> dict[str, str]:
    """Settings for a machine with so many bytes of memory and processor cores."""
    # The facts are built one after the other, and a large one alone would leave cores idle.
    workers = str(min(cores // 2, 4))
    return {
        # A model is read by those built next; what is larger is cached by the system anyway.
        "shared_buffers": _mb(memory, 1 / 8, 64, 512),
        "effective_cache_size": _mb(memory, 1 / 2, 256, 1_000_000),
        # Sorts and hashes of a model that stay in memory. dbt runs four models at a time, a query
        # may need it several times, a hash twice as much.
        "work_mem": _mb(memory, 1 / 128, 4, 64),
        # Primary keys are indexes on full tables: sorted in memory instead of in files.
        "maintenance_work_mem": _mb(memory, 1 / 64, 32, 128),
        "max_parallel_workers_per_gather": workers,
        "max_parallel_maintenance_workers": workers,
        # Most of what is read lies in the system's cache: to hand each read to a process of its own
        # and wait for it is two fifths of the work of reading a table.
        "io_method": "sync",
        # Whoever starts this has a disk without a moving head.
        "random_page_cost": "1.1",
        # A build writes gigabytes within minutes: at a checkpoint each gigabyte it would write
        # the same pages again and again. The price is a longer recovery after a crash.
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        # Models are made anew: to vacuum one while others are built is in vain, and writes all of
        # it twice. Tables whose rows change, as Airflow's do, are still vacuumed, a little later.
        "autovacuum_vacuum_insert_threshold": "-1",
        "autovacuum_naptime": "10min",
    }


def _mb(memory: int, share: float, least: int, most: int) -> str:
    return f"{min(max(int(memory * share) // MB, least), most)}MB"
