"""The tea house of docs/your-shop.md; the page marks each file with its path over the block."""

import re
import shutil
import subprocess
from pathlib import Path

from include.paths import DBT_PROJECT, PROJECT

GUIDE = (PROJECT / "docs" / "your-shop.md").read_text(encoding="utf-8")
FILE = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n```\w+\n(?P<text>.*?)^```$", re.M | re.S)
COPY = re.compile(r"^sed .+ > \S+$", re.M)
CONTRACT = "docs/your-shop.yml"
DATA = "include/data/tea_house"


def follow_guide(folder: Path) -> Path:
    """A copy of the dbt project in a folder, with every file of the page beside and in it.

    What the page copies is copied as it says.
    """
    project = folder / "dbt_ecommerce"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    for file in FILE.finditer(GUIDE):
        path = folder / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file["text"], encoding="utf-8")
    (folder / "docs").mkdir()
    shutil.copy(PROJECT / CONTRACT, folder / CONTRACT)
    [copy] = COPY.findall(GUIDE)
    subprocess.run(["sh", "-c", copy], cwd=folder, check=True)
    return project
