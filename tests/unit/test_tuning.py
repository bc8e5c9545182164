"""The embedded Postgres is given what its machine has, and leaves the rest to others."""

from pathlib import Path

import psutil
import pytest

from include.warehouse.tuning import memory, settings_for

GB = 2**30


@pytest.mark.parametrize(
    ("gigabytes", "shared_buffers", "work_mem"),
    [(1, "128MB", "8MB"), (4, "512MB", "32MB"), (8, "512MB", "64MB"), (64, "512MB", "64MB")],
)
def test_memory_is_shared_out_by_what_the_machine_has_up_to_a_limit(
    gigabytes: int, shared_buffers: str, work_mem: str
) -> None:
    settings = settings_for(gigabytes * GB, cores=2)

    assert settings["shared_buffers"] == shared_buffers
    assert settings["work_mem"] == work_mem


@pytest.mark.parametrize(("cores", "workers"), [(1, "0"), (2, "1"), (4, "2"), (8, "4"), (64, "4")])
def test_a_query_gets_half_of_the_cores_to_help_it(cores: int, workers: str) -> None:
    assert settings_for(8 * GB, cores)["max_parallel_workers_per_gather"] == workers


def test_a_containers_limit_counts_for_its_memory(tmp_path: Path) -> None:
    (tmp_path / "limited").write_text(f"{GB // 2}\n")
    (tmp_path / "unlimited").write_text("max\n")

    assert memory(tmp_path / "limited") == GB // 2
    assert memory(tmp_path / "unlimited") == psutil.virtual_memory().total
    assert memory(tmp_path / "no-such-file") == psutil.virtual_memory().total
