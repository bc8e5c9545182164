"""requirements.txt, which the Astro image installs: it says what uv.lock says, and it installs.

The image's own steps are replayed without Docker: an environment with the image's Airflow, then
requirements.txt, then the RUN lines of the Dockerfile.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from include.paths import PROJECT

REQUIREMENTS = PROJECT / "requirements.txt"
OF_DASHBOARD = PROJECT / "requirements-dashboard.txt"
UV = shutil.which("uv") or shutil.which("uv", path=PROJECT / ".uv" / "bin")
RUNTIME_RELEASED_ON = "2026-09-24"  # the day after that of the image in the Dockerfile

needs_uv = pytest.mark.skipif(UV is None, reason="uv is neither on PATH nor in .uv/bin")


def attempt(
    *command: object, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def run(*command: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed; where it fails, show what it complained about."""
    result = attempt(*command, cwd=cwd, env=env)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def pins(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


@needs_uv
@pytest.mark.parametrize("file", [REQUIREMENTS, OF_DASHBOARD], ids=lambda file: file.name)
def test_requirements_are_what_the_lock_file_says(file: Path) -> None:
    header = file.read_text().splitlines()[1]
    command = header.removeprefix("#").split(" --output-file")[0].split()
    assert command[:2] == ["uv", "export"]

    exported = run(UV, *command[1:], "--quiet", cwd=PROJECT)

    assert pins(file.read_text()) == pins(exported), (
        f"{file.name} and uv.lock have parted: run `make requirements`"
    )


def test_requirements_leave_airflow_to_the_image() -> None:
    names = {re.split(r"[=;\s]", line)[0] for line in pins(REQUIREMENTS.read_text())}

    assert {"astronomer-cosmos", "dbt-core", "dbt-postgres", "numpy"} <= names
    assert not {name for name in names if name.startswith("apache-airflow")}
    assert not names & {"ecommerce-churn", "pytest", "ruff"}


def test_the_image_of_the_pages_has_all_that_airflows_has_not() -> None:
    """It is built on that one, whose versions of Airflow's own packages are not ours to know."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    names = {re.split(r"[=;\s]", line)[0] for line in pins(OF_DASHBOARD.read_text())}

    assert {re.split(r"[\[>=]", wanted)[0] for wanted in groups["dashboard"]} <= names
    assert {"fastapi", "starlette", "pydantic"} <= names  # which have to fit each other


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dashboard.txt", "uv.lock"])
def test_packages_come_from_the_public_index_only(file: str) -> None:
    hosts = set(re.findall(r"https?://([^/\"\s]+)", (PROJECT / file).read_text()))

    assert hosts <= {"pypi.org", "files.pythonhosted.org"}


@pytest.mark.nightly
@needs_uv
def test_the_image_can_be_built(tmp_path: Path) -> None:
    lock = tomllib.loads((PROJECT / "uv.lock").read_text())
    airflow = next(p["version"] for p in lock["package"] if p["name"] == "apache-airflow")
    python = tmp_path / "venv" / "bin" / "python"
    install = [UV, "pip", "install", "--quiet", "--link-mode=hardlink", "--python", python]
    base = [*install, f"apache-airflow=={airflow}", f"--exclude-newer={RUNTIME_RELEASED_ON}"]

    run(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, tmp_path / "venv")
    probe = attempt(*base, "--dry-run")
    if probe.returncode:
        pytest.skip(f"Airflow {airflow} cannot be fetched here: {probe.stderr.splitlines()[0]}")
    run(*base)
    run(*install, "-r", REQUIREMENTS)
    run(UV, "pip", "check", "--python", python)

    leftovers = shutil.ignore_patterns("target", "logs", "__pycache__", "data")
    for folder in ("dags", "dbt_ecommerce", "include"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=leftovers)
    home = {name: str(tmp_path) for name in ("AIRFLOW_HOME", "HOME", "PYTHONPATH")}
    env = home | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    for command in re.findall(r"^RUN (.+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE):
        run("sh", "-c", command, cwd=tmp_path, env=env)
    assert (tmp_path / "dbt_ecommerce" / "target" / "manifest.json").is_file()

    parse = "from airflow.dag_processing.dagbag import DagBag; bag = DagBag(); assert bag.dags, bag"
    run(
        python,
        "-c",
        f"{parse}; assert not bag.import_errors, bag.import_errors",
        cwd=tmp_path,
        env=env,
    )
