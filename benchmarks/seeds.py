"""Loading a seed of 100,000 rows and 5 columns: our macro against dbt-postgres as it comes.

Both run the same `dbt seed` on the same Postgres and must leave the same rows and types. The key is
of the time that dbt itself reports for the seed: reading the file, making the table, loading it.
The line below it is of the whole command, which begins with the same seconds of dbt's start.
"""

import csv
import json
import random
import shutil
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.measure import Figure, by_turns, finish, postgres, run, scratch
from include.paths import DBT_PROJECT
from include.warehouse.connection import Warehouse

ROWS, RUNS = 100_000, 3
OVERRIDE = DBT_PROJECT / "macros" / "postgres__load_csv_rows.sql"
TYPES = {
    "id": "integer",
    "note": "text",
    "amount": "numeric(12,2)",
    "paid_on": "date",
    "created_at": "timestamp",
}
NOTES = ('say "hi"', "ação, café ☕", "", " two  blanks ", "it's; --", "line\nbreak", "null", "\\N")


def main() -> None:
    """Measure and compare."""
    with scratch() as folder, postgres() as url:
        seed = folder / "payments.csv"
        write_seed(seed)
        ours, stock = project(folder / "ours", seed), project(folder / "stock", seed)
        (ours / "macros").mkdir()
        shutil.copy(OVERRIDE, ours / "macros")

        times: dict[str, list[float]] = {"ours": [], "stock": []}
        commands = by_turns(
            RUNS,
            ours=lambda: dbt_seed(ours, url, times["ours"]),
            stock=lambda: dbt_seed(stock, url, times["stock"]),
        )
        if loaded(url, "ours") != loaded(url, "stock"):
            raise SystemExit("The two did not load the same rows with the same types.")
    seeds = {name: median(taken) for name, taken in times.items()}
    finish(
        "seeds",
        f"dbt seed, {ROWS:,} rows × {len(TYPES)} columns; ours, and dbt-postgres as it comes",
        [
            Figure("seed_speedup", seeds["stock"] / seeds["ours"], seeds["ours"], seeds["stock"]),
            Figure(
                "whole command",
                commands["stock"] / commands["ours"],
                commands["ours"],
                commands["stock"],
            ),
        ],
    )


def write_seed(path: Path) -> None:
    """Rows with all that can go wrong: quotes, line breaks, other alphabets, empty cells."""
    draw = random.Random(42)  # noqa: S311
    day = datetime(2024, 1, 1)  # noqa: DTZ001
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(TYPES)
        for number in range(ROWS):
            moment = day + timedelta(seconds=draw.randrange(10**8))
            row = [
                f"{draw.choice(NOTES)} {number}" if number % 2 else draw.choice(NOTES),
                f"{draw.randrange(-(10**6), 10**8) / 100:.2f}",
                moment.date(),
                moment,
            ]
            writer.writerow([number, *("" if draw.random() < 0.05 else cell for cell in row)])


def project(folder: Path, seed: Path) -> Path:
    """A dbt project with this seed and nothing else; it lands in a schema named like the folder."""
    (folder / "seeds").mkdir(parents=True)
    shutil.copy(seed, folder / "seeds")
    shutil.copy(DBT_PROJECT / "profiles.yml", folder)
    settings = {
        "name": "bench",
        "profile": "warehouse",
        "seeds": {"bench": {"+column_types": TYPES, "+schema": folder.name}},
        "flags": {"send_anonymous_usage_stats": False, "log_level_file": "none"},
    }
    (folder / "dbt_project.yml").write_text(json.dumps(settings))
    return folder


def dbt_seed(folder: Path, url: str, times: list[float]) -> float:
    """Seconds of the command; those that dbt says the seed alone took are added to `times`."""
    dbt = Path(sys.executable).with_name("dbt")
    usage = run([dbt, "seed", "--full-refresh"], cwd=folder, env=Warehouse(url).as_environment())
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    times.append(results[0]["execution_time"])
    return usage.seconds


def loaded(url: str, side: str) -> list[tuple[object, ...]]:
    """The types of the table, and a checksum of all its rows."""
    with closing(Warehouse(url).connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, column_name, data_type, numeric_precision, numeric_scale"
            " from information_schema.columns where table_name = 'payments'"
            " order by table_schema, ordinal_position"
        )
        found = [row[1:] for row in cursor.fetchall() if row[0].endswith(side)]
        schema = f"marts_{side}"
        cursor.execute(
            f"select count(*), md5(string_agg(t::text, '|' order by id)) from {schema}.payments t"  # noqa: S608
        )
        return [*found, *cursor.fetchall()]


if __name__ == "__main__":
    main()
