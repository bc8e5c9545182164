"""Writing the shop as files, all of them or none as far as a file system allows."""

import filecmp
import os
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from include.demo_shop.shop import DemoShop
from include.errors import UserError

# No value needs quotes; pyarrow refuses to write one that would.
_CSV = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")

Format = Literal["csv", "parquet"]
"""CSV is what dbt reads as seeds; Parquet keeps the types, for `load_files`."""


def write(shop: DemoShop, out: Path, truth: Path, kind: Format = "csv") -> list[Path]:
    """Write a file a seed into `out`, and the truth as CSV; return the files that changed.

    Raises UserError where a file cannot be written or the truth would become a seed.
    """
    if truth.resolve().is_relative_to(out.resolve()):
        raise UserError(f"The truth {truth} would become a seed: give a file outside {out}.")
    tables = {out / f"{name}.{kind}": table for name, table in shop.seeds.items()}
    return write_tables({**tables, truth: shop.truth})


def write_tables(tables: dict[Path, pa.Table]) -> list[Path]:
    """Write a file a table, by its ending CSV or Parquet; return the files that changed.

    No file is touched before all are written beside it, and none whose bytes stay the same.
    Raises UserError where a file cannot be written.
    """
    drafts: dict[Path, Path] = {}
    try:
        for path, table in tables.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            # dbt and the loaders look for other endings
            drafts[path] = path.with_name(f".{path.name}.{os.getpid()}.part")
            with drafts[path].open("wb") as file:
                _write(table, file, path.suffix)
        changed = [path for path, draft in drafts.items() if not _same(draft, path)]
        for path in changed:
            drafts[path].replace(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}):"
            " give a folder that can be written to."
        ) from error
    finally:
        for draft in drafts.values():
            if draft.exists():
                draft.unlink()
    return changed


def _write(table: Any, file: BinaryIO, suffix: str) -> None:
    if suffix == ".parquet":
        pyarrow.parquet.write_table(table, file)
    else:
        file.write((",".join(table.column_names) + "\n").encode())
        pyarrow.csv.write_csv(table, file, _CSV)


def _same(draft: Path, path: Path) -> bool:
    return path.exists() and filecmp.cmp(draft, path, shallow=False)
