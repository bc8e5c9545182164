"""Where everything lies; how a path that people wrote is read, and a file written."""

import os
from pathlib import Path

from include.errors import UserError

PROJECT = Path(__file__).resolve().parents[1]
DOTENV = PROJECT / ".env"
DBT_PROJECT = PROJECT / "dbt_ecommerce"
LOCAL = PROJECT / ".local"  # the embedded Postgres and Airflow's own files
OUT = PROJECT / "out"  # what people look at: previews of the report and of alerts


def absolute(path: str | Path, base: Path | None = None) -> Path:
    """A path as people write it: from `base` on, the project's folder by default, or from `~`.

    Raises UserError for a `~name` that nobody has.
    """
    try:
        return (base or PROJECT) / Path(path).expanduser()
    except RuntimeError:
        raise UserError(f"Nobody here has the folder {path}: write the path from / on.") from None


def write_whole(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file completely or not at all: a reader never meets half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.touch(mode)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
