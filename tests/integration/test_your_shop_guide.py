"""docs/your-shop.md, followed word for word: its files, its SQL, and the totals that it promises.

The page marks each file with its path in bold over the block. Airflow's part of the walk-through is
not repeated here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from psycopg2.extras import RealDictCursor

from include.settings import DBT_PROJECT, PROJECT
from include.warehouse.connection import as_environment, connect
from include.warehouse.load_files import load_files

GUIDE = (PROJECT / "docs" / "your-shop.md").read_text(encoding="utf-8")
FILE = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)
LOADED = re.compile(r"^(?P<line>\S+ → landing\.\S+: \d+ rows)", re.M)
TOTALS = re.compile(r"^-\[ RECORD 1 \][-+]+\n(?P<lines>.*?)^```$", re.M | re.S)


@pytest.fixture
def followed(tmp_path: Path) -> Path:
    """A project to which the files of the page were added."""
    unwanted = shutil.ignore_patterns("target", "logs")
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_ecommerce", ignore=unwanted)
    for file in FILE.finditer(GUIDE):
        path = tmp_path / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8")
    return tmp_path


def _build(project: Path, url: str) -> None:
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build", "--vars"),
            json.dumps({"sources": ["tea_house"]}),
            *("--project-dir", project, "--profiles-dir", project),
        ],
        env={**os.environ, **as_environment(url), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_guide_ends_with_the_totals_that_it_shows(followed: Path, warehouse_url: str) -> None:
    said: list[str] = []
    project = followed / "dbt_ecommerce"
    load_files(
        warehouse_url, "tea_house", followed / "include/data/tea_house", project, said.append
    )
    _build(project, warehouse_url)

    with (
        closing(connect(warehouse_url)) as connection,
        connection.cursor(cursor_factory=RealDictCursor) as cursor,
    ):
        cursor.execute("select * from marts.rpt_shop_totals")
        totals = {name: str(value) for name, value in dict(cursor.fetchone() or {}).items()}

    shown = TOTALS.search(GUIDE)
    assert shown is not None
    promised = [line.split("|") for line in shown["lines"].splitlines()]
    assert totals == {name.strip(): value.strip() for name, value in promised}
    loaded = [line.rsplit(" in ", 1)[0] for line in said]
    assert loaded == LOADED.findall(GUIDE)
