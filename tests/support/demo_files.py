"""Files of a demo shop, as dbt seeds them (CSV) or to be loaded in their place (Parquet)."""

from datetime import date
from pathlib import Path
from typing import Literal

from include.demo_shop.files import write
from include.demo_shop.shop import generate

CUSTOMERS, SEED, LOCALE, MESS = 1000, 42, "pt_BR", 0.02
"""Those of the seeds that are committed."""
AS_OF = date(2026, 11, 16)


def demo_files(
    folder: Path,
    file_format: Literal["csv", "parquet"],
    *,
    customers: int = CUSTOMERS,
    seed: int = SEED,
    as_of: date = AS_OF,
) -> Path:
    """The folder with the files of a demo shop as of a date."""
    to = folder / f"demo_shop_{file_format}"
    shop = generate(customers, seed, as_of, LOCALE, MESS)
    write(shop, to, folder / "truth.csv", file_format)
    return to
