"""How often the report cries wolf, and how soon it sees one, in shops in which nothing happens.

The shops are the demo generator's, 200 seeds of each size, without its seasons: people come at a
steady pace, and those of every channel leave as readily, so that the true churn is constant for
three years. The last 52 weeks are judged. Each customer also has a state, a category and a first
product, drawn without regard to anything: 53 segments to look at. In a copy of the largest shops
those of a segment of 20 % leave twice as readily for the last half year.

What judges is the SQL of the models as dbt compiles it, and beside it that of the version before,
on fewer seeds, as its drivers have to be asked week by week. Only the weekly tables that the SQL
reads are counted here, in numpy, from the generator's orders; amounts are drawn, and 6 % of the
orders are cancelled.
"""

import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection  # noqa: N812

from benchmarks.measure import Figure, finish, postgres, run, scratch
from benchmarks.million import version_before
from include.demo_shop import behaviour
from include.demo_shop.season import OPENED_ON, THIRD_BIRTHDAY, Clock
from include.paths import DBT_PROJECT, PROJECT
from include.warehouse.connection import Warehouse

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BEFORE = "9bc9dc1"
SIZES = (100, 1_000, 20_000)
SEEDS, SEEDS_BEFORE = 200, 10
WINDOW = 90
WEEKS = (THIRD_BIRTHDAY - OPENED_ON).days // 7
JUDGED = range(WEEKS - 52, WEEKS)
SHIFT = WEEKS - 26
FOUND_WITHIN = 4
CANCELLED = 0.06
LEAST_MOVE = 0.0005
SEGMENT = ("channel", "1")
SHARES = {
    "channel": [0.28, 0.20, 0.20, 0.14, 0.12, 0.06],
    "state": [1 / rank for rank in range(1, 21)],
    "category": [1 / rank for rank in range(1, 8)],
    "first_product": [1.0] * 20,
}


TABLES = """
    drop schema if exists simulated cascade;
    create schema simulated;
    set search_path to simulated;
    create table as_of (as_of_on date);
    insert into as_of values ('{as_of}');
    create table int_weekly_figures (
        figure text, amount float8, exposure float8, base float8, chance float8, chance_skew float8,
        week_starts_on date, week_ends_on date
    );
    create table weekly_churn (
        week_starts_on date, week_ends_on date, active_customers_at_end integer,
        new_customers integer, reactivated_customers integer, churned_customers integer,
        churn_rate numeric(9, 6)
    );
    create table accounting (
        period text, dimension text, segment text, active_customers_at_start integer,
        churned_from_start integer, week integer, starts_on date, ends_on date
    );
    create table looked_at (week integer);
    create view int_growth_accounting as
        select accounting.* from accounting cross join looked_at
        where accounting.week between looked_at.week - 1 and looked_at.week;
"""


@dataclass(frozen=True)
class Shop:
    """A shop week by week; of each dimension a row a segment."""

    new: Ints
    reactivated: Ints
    churned: Ints
    active_at_start: Ints
    orders: Ints
    cancelled: Ints
    revenue: Floats
    revenue_squared: Floats
    revenue_cubed: Floats
    segments: dict[str, tuple[Ints, Ints]]
    """Active at the start, and churned, each of shape (segments, weeks)."""


def steady_shop(customers: int, seed: int) -> Shop:
    """The demo shop without seasons, growth and channels that differ."""
    channels = tuple(replace(one, mean_dropout=0.25) for one in behaviour.ACQUISITION_CHANNELS)
    with patch.multiple(behaviour, clocks=_steady_clocks, ACQUISITION_CHANNELS=channels):
        story = behaviour.tell(customers, seed, THIRD_BIRTHDAY)
    rng = np.random.default_rng(seed)
    day = story.ordered // 86_400
    by_person = np.lexsort((story.ordered, story.person))
    person, day_of = story.person[by_person], day[by_person]
    is_first = np.append(True, person[1:] != person[:-1])
    is_return = ~is_first & (np.append(0, np.diff(day_of)) > WINDOW)
    begins = is_first | is_return
    # a spell ends with the last order before the next spell, or of the person
    ends = np.append(begins[1:], True)
    began, last = day_of[begins] // 7, day_of[ends]
    left = np.where(last + WINDOW < 7 * WEEKS, (last + WINDOW) // 7, WEEKS)
    value = rng.lognormal(5, 0.8, len(day))
    of_week = day // 7

    def per_week(weeks: Ints, weights: Floats | None = None) -> Any:
        return np.bincount(weeks, weights, WEEKS + 1)[:WEEKS]

    came = person[begins]
    segments = {}
    for dimension, shares in SHARES.items():
        weights = np.array(shares) / np.sum(shares)
        of_person = rng.choice(len(shares), len(story.rate), p=weights)
        changes = np.zeros((2, len(shares), WEEKS + 1), dtype=int)
        np.add.at(changes[0], (of_person[came], began), 1)
        np.add.at(changes[1], (of_person[came], left), 1)
        joined, gone = changes[:, :, :WEEKS]
        segments[dimension] = (np.cumsum(joined - gone, axis=1) - joined + gone, gone)
    new, back = per_week(began[is_first[begins]]), per_week(began[~is_first[begins]])
    churned = per_week(left)
    orders = per_week(of_week)
    return Shop(
        new=new,
        reactivated=back,
        churned=churned,
        active_at_start=np.cumsum(new + back - churned) - new - back + churned,
        orders=orders,
        cancelled=rng.binomial(orders, CANCELLED),
        revenue=per_week(of_week, value),
        revenue_squared=per_week(of_week, value**2),
        revenue_cubed=per_week(of_week, value**3),
        segments=segments,
    )


def _steady_clocks(_end: date) -> tuple[Clock, Clock]:
    """Clocks of purchases and acquisitions that always run as fast."""
    hours = np.arange((THIRD_BIRTHDAY - OPENED_ON).days * 24 + 25, dtype=float)
    return Clock(hours / (7 * 24)), Clock(hours / (hours[-1] - 24))


def doubled(shop: Shop, seed: int) -> Shop:
    """The shop in which those of one segment leave twice as readily from the week SHIFT on."""
    rng = np.random.default_rng(seed + 10_000)
    dimension, name = SEGMENT
    active, gone = (table.copy() for table in shop.segments[dimension])
    row = int(name)
    rate = shop.churned / np.maximum(shop.active_at_start, 1)
    more = np.zeros(WEEKS, dtype=int)
    more[SHIFT:] = rng.binomial((active[row] - gone[row])[SHIFT:], rate[SHIFT:])
    segments = {}
    for other, (active_there, gone_there) in shop.segments.items():
        if other == dimension:
            gone[row] += more
            segments[other] = (active, gone)
            continue
        stayed = active_there - gone_there
        also = np.zeros_like(gone_there)
        for week in range(SHIFT, WEEKS):
            also[:, week] = rng.multivariate_hypergeometric(stayed[:, week], more[week])
        segments[other] = (active_there, gone_there + also)
    return replace(shop, churned=shop.churned + more, segments=segments)


def figures_of(shop: Shop) -> Iterator[tuple[object, ...]]:
    """The rows of int_weekly_figures."""
    ones, zeros = np.ones(WEEKS), np.zeros(WEEKS)
    back = shop.reactivated
    came = shop.new + back
    active = shop.active_at_start
    moved = came + shop.churned
    squared, cubed = shop.revenue_squared, shop.revenue_cubed
    of = {
        "active_customers_at_end": (came - shop.churned, ones, active, moved, zeros),
        "cancellation_rate": (shop.cancelled, shop.orders, zeros, shop.cancelled, shop.cancelled),
        "churn_rate": (shop.churned, active, zeros, shop.churned, shop.churned),
        "churned_customers": (shop.churned, active, zeros, shop.churned, shop.churned),
        "new_customers": (shop.new, ones, zeros, shop.new, shop.new),
        "reactivated_customers": (back, ones, zeros, back, back),
        "revenue": (shop.revenue, ones, zeros, squared, cubed),
    }
    for figure, columns in of.items():
        of_any_week = figure in ("cancellation_rate", "new_customers", "revenue")
        for week in range(0 if of_any_week else WINDOW // 7 + 1, WEEKS):
            numbers = [float(column[week]) for column in columns]
            if numbers[1] > 0:
                starts_on = OPENED_ON + timedelta(7 * week)
                yield figure, *numbers, starts_on, starts_on + timedelta(6)


def segments_of(shop: Shop, seed: int) -> Iterator[tuple[object, ...]]:
    """The rows of int_growth_accounting, the seed in place of the period."""
    whole = (shop.active_at_start[None, :], shop.churned[None, :])
    for dimension, (active, gone) in {"all": whole, **shop.segments}.items():
        for segment in range(len(active)):
            name = "all" if dimension == "all" else str(segment)
            for week in range(JUDGED.start - 1, WEEKS):
                day = OPENED_ON + timedelta(7 * week)
                here, left = int(active[segment, week]), int(gone[segment, week])
                yield seed, dimension, name, here, left, week, day, day + timedelta(6)


# --- what judges


def compiled(project: Path, url: str, folder: Path, *models: str) -> dict[str, str]:
    """The SQL of models as dbt compiles it, reading tables of their names from the search path."""
    dbt = Path(sys.executable).with_name("dbt")
    dbt_project = project / DBT_PROJECT.relative_to(PROJECT)
    command: list[str | Path] = [dbt, "--quiet", "compile", "--select", *models]
    command += ["--project-dir", dbt_project, "--profiles-dir", dbt_project]
    run(command, env=Warehouse(url).as_environment() | {"DBT_TARGET_PATH": str(folder / "target")})
    found = (folder / "target" / "compiled").rglob("*.sql")
    relation = re.compile(r'"[^"]+"\."[^"]+"\."(\w+)"')
    return {
        file.stem: relation.sub(r"\1", file.read_text()) for file in found if file.stem in models
    }


def fill(connection: Connection, table: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Put these rows into a table, and no others."""
    text = io.StringIO("".join("\t".join(map(str, row)) + "\n" for row in rows))
    with connection.cursor() as cursor:
        cursor.execute(f"truncate {table}")
        cursor.copy_expert(f"copy {table} from stdin with (null 'None')", text)
        cursor.execute(f"analyze {table}")


def answer(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def week_of(day: date) -> int:
    """The number of the week that begins on a day."""
    return (day - OPENED_ON).days // 7


def told(churn_drivers: str) -> str:
    """Whom rpt_churn_drivers names, of every seed."""
    return (
        f"select period, dimension, segment from ({churn_drivers}) as judged"  # noqa: S608
        " where standout_rank <= 3 order by standout_rank"
    )


def signalled(weekly_signals: str) -> str:
    """The figures and weeks that are not as usual."""
    return (
        f"select figure, signal, week_starts_on from ({weekly_signals}) as judged"  # noqa: S608
        " where signal <> 'usual'"
    )


@dataclass(frozen=True)
class Judged:
    """Of one shop, week by week: how churn and any figure is called, and who is named first."""

    churn: dict[int, str]
    any_figure: set[int]
    named: dict[int, list[tuple[str, str]]]


def judged(connection: Connection, models: dict[str, str], shops: Sequence[Shop]) -> list[Judged]:
    """What weekly_signals and churn_drivers say of the judged weeks of these shops."""
    rows = (row for seed, shop in enumerate(shops) for row in segments_of(shop, seed))
    fill(connection, "accounting", rows)
    named: list[dict[int, list[tuple[str, str]]]] = [{} for _ in shops]
    for week in JUDGED:
        fill(connection, "looked_at", iter([(week,)]))
        for seed, dimension, segment in answer(connection, told(models["churn_drivers"])):
            named[int(seed)].setdefault(week, []).append((dimension, segment))
    found = []
    for shop, who in zip(shops, named, strict=True):
        fill(connection, "int_weekly_figures", figures_of(shop))
        churn, any_figure = {}, set()
        for figure, signal, starts_on in answer(connection, signalled(models["weekly_signals"])):
            week = week_of(starts_on)
            if week in JUDGED:
                any_figure.add(week)
                if figure == "churn_rate":
                    churn[week] = signal
        found.append(Judged(churn, any_figure, who))
    return found


def judged_before(
    connection: Connection, models: dict[str, str], shops: Sequence[Shop]
) -> list[Judged]:
    """What the version before said: a coloured verdict wherever the rate moved, and a driver."""
    found = []
    for seed, shop in enumerate(shops):
        rate = shop.churned / np.maximum(shop.active_at_start, 1)
        moved = np.append(0, np.diff(rate.round(6)))
        churn = {week: "above" if moved[week] > 0 else "below" for week in JUDGED}
        churn = {week: way for week, way in churn.items() if abs(moved[week]) >= LEAST_MOVE}
        fill(connection, "accounting", (("week", *row[1:]) for row in segments_of(shop, seed)))
        named: dict[int, list[tuple[str, str]]] = {}
        for week in JUDGED:
            fill(connection, "looked_at", iter([(week,)]))
            answer(
                connection,
                f"create temp table churn_drivers as {models['churn_drivers']}; select 1",
            )
            for dimension, segment in answer(
                connection,
                f"select dimension, segment from ({models['rpt_churn_drivers']}) as told"  # noqa: S608
                " order by driver_rank",
            ):
                named.setdefault(week, []).append((dimension, segment))
            answer(connection, "drop table churn_drivers; select 1")
        found.append(Judged(churn, set(churn), named))
    return found


# --- what comes of it


def main() -> None:
    """Judge the shops of every size by both versions, and those that changed."""
    figures = []
    with scratch() as folder, postgres() as url:
        old = version_before(folder / "before", BEFORE)
        ours = compiled(PROJECT, url, folder / "ours", "weekly_signals", "churn_drivers")
        before = compiled(old, url, folder / "old", "rpt_churn_drivers", "churn_drivers")
        with closing(Warehouse(url).connect()) as connection:
            with connection.cursor() as cursor:
                cursor.execute(TABLES.format(as_of=THIRD_BIRTHDAY))
            for size in SIZES:
                shops = [steady_shop(size, seed) for seed in range(SEEDS)]
                found = judged(connection, ours, shops)
                past = judged_before(connection, before, shops[:SEEDS_BEFORE])
                figures += [
                    share(f"alarms_{size}", in_weeks(found, "any_figure"), in_weeks(past, "churn")),
                    share(f"  of the churn rate, {size:,}", in_weeks(found, "churn"), None),
                    share(f"named_{size}", in_weeks(found, "named"), in_weeks(past, "named")),
                ]
                print(f"  {size:,} customers: {figures[-3:]}", flush=True)
            shops = [doubled(shop, seed) for seed, shop in enumerate(shops)]
            found = judged(connection, ours, shops)
            past = judged_before(connection, before, shops[:SEEDS_BEFORE])
            figures += [
                share("found_20000", of_shops(found, is_found), of_shops(past, is_found)),
                share("named_right_20000", of_shops(found, is_right), of_shops(past, is_right)),
            ]
    finish("signals", "Percent of the weeks, or shops; beside it the version before", figures)


def share(name: str, ours: float, before: float | None) -> Figure:
    """A line of the table, in percent."""
    past = None if before is None else 100 * before
    return Figure(name, 100 * ours, 100 * ours, past, "%")


def in_weeks(found: Sequence[Judged], what: str) -> float:
    """The share of the judged weeks in which something was called."""
    return sum(len(getattr(one, what)) for one in found) / len(found) / len(JUDGED)


def of_shops(found: Sequence[Judged], is_so: Callable[[Judged], bool]) -> float:
    """The share of the shops of which it is so."""
    return sum(map(is_so, found)) / len(found)


def is_found(one: Judged) -> bool:
    """Whether churn was called high soon enough, and the segment named first in such a week."""
    weeks = range(SHIFT, SHIFT + FOUND_WITHIN)
    ways = ("above", "long_above", "rising")
    return is_right(one) and any(one.churn.get(week) in ways for week in weeks)


def is_right(one: Judged) -> bool:
    """Whether the segment was named soon enough, and nobody else."""
    named = [who for week in range(SHIFT, SHIFT + FOUND_WITHIN) for who in one.named.get(week, [])]
    return set(named) == {SEGMENT}


if __name__ == "__main__":
    main()
