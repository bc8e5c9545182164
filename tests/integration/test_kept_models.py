"""Models that are kept up to date hold what they would hold if they were made anew.

Two warehouses get the same random history of a small demo shop: orders that come late, change, move
to another customer or vanish, products that are renamed, customers that turn out to be one, as-of
dates back and forth, runs that stop half-way. One is brought up to date, the other made anew.
"""

import json
import random
from pathlib import Path

import pytest

from include.settings import DBT_PROJECT
from tests.support.dbt import manifest_file
from tests.support.demo_files import demo_files
from tests.support.warehouses import Warehouse, new_warehouse

pytestmark = pytest.mark.timeout(900)

EVERYTHING: tuple[str, ...] = ()
KEPT = (
    "--select",
    *(f"path:models/{folder}" for folder in ("staging", "shop", "marts/core")),
    "+config.incremental_strategy:changed_rows",
)
"""What a weekly run builds first, and every other model that is kept up to date."""
AS_OF = ["2026-11-16", "2026-11-16", "2026-11-12", "2026-10-01"]

# {some:table} are a few keys of a table, other ones in each step
CHANGES = {
    "orders come late": """
        insert into landing.raw_orders
        select order_id || '{salt}', customer_id,
            (ordered_at::timestamp - interval '40 days')::text, sales_channel_id, seller_id
        from landing.raw_orders
        where order_id in ({some:order_id}) and pg_input_is_valid(ordered_at, 'timestamp');
        insert into landing.raw_order_items
        select order_item_id || '{salt}', order_id || '{salt}', product_id, quantity, unit_price,
            discount
        from landing.raw_order_items where order_id || '{salt}' in (
            select order_id from landing.raw_orders
        )
    """,
    "a line is another one": """
        update landing.raw_order_items
        set quantity = quantity::integer + 1, unit_price = unit_price::numeric + 1.5,
            discount = null
        where order_id in ({some:order_id})
    """,
    "a line is of another product": """
        update landing.raw_order_items set product_id = (
            select min(product_id) from landing.raw_products
        ) where order_id in ({some:order_id})
    """,
    "a line is no longer of a product that is known": """
        update landing.raw_order_items set product_id = 'unheard of'
        where order_id in ({some:order_id})
    """,
    "lines vanish": "delete from landing.raw_order_items where order_id in ({some:order_id})",
    "orders vanish": "delete from landing.raw_orders where order_id in ({some:order_id})",
    "orders are set aside": """
        update landing.raw_orders set ordered_at = '31/02/2026' where order_id in ({some:order_id})
    """,
    "orders are cancelled": """
        insert into landing.raw_order_cancellations
        select order_id, (ordered_at::timestamp + interval '2 days')::text, 'changed_mind'
        from landing.raw_orders where order_id in ({some:order_id}) and order_id not in (
            select order_id from landing.raw_order_cancellations
        ) and pg_input_is_valid(ordered_at, 'timestamp')
    """,
    "orders are not cancelled after all": """
        delete from landing.raw_order_cancellations where order_id in (
            select order_id from landing.raw_order_cancellations
            order by md5(order_id || '{salt}') limit 4
        )
    """,
    "orders come back": """
        insert into landing.raw_order_returns
        select order_id, (ordered_at::timestamp + interval '9 days')::text, 'damaged'
        from landing.raw_orders where order_id in ({some:order_id}) and order_id not in (
            select order_id from landing.raw_order_returns
        ) and pg_input_is_valid(ordered_at, 'timestamp')
    """,
    "orders are of another customer": """
        update landing.raw_orders set customer_id = (
            select min(customer_id) from landing.raw_customers
        ) where order_id in ({some:order_id})
    """,
    "orders are of nobody": """
        update landing.raw_orders set customer_id = null where order_id in ({some:order_id})
    """,
    "customers are the same person": """
        update landing.raw_customers set email = 'one@person.example'
        where customer_id in ({some:customer_id})
    """,
    "products get other names": """
        update landing.raw_products set product_name = product_name || '{salt}'
        where product_id in ({some:product_id})
    """,
    "products cost more": """
        update landing.raw_products set unit_cost = unit_cost::numeric + 1
        where product_id in ({some:product_id})
    """,
    "products have other list prices": """
        update landing.raw_products set list_price = list_price::numeric + 1
        where product_id in ({some:product_id})
    """,
    "products are of another category": """
        update landing.raw_products set category = 'misc' where product_id in ({some:product_id})
    """,
    "products vanish": "delete from landing.raw_products where product_id in ({some:product_id})",
}
SOME = {"order_id": "raw_orders", "customer_id": "raw_customers", "product_id": "raw_products"}
# a run that stops there: what comes after it is as the run before left it
PARTS = [
    "int_order_changes+1",
    "path:models/shop",
    # what lies between is as it was, so that these cannot have seen what orders have
    "path:models/shop fct_order_days",
    "path:models/shop int_basket_contents",
    "fct_order_items",
    "fct_order_days customer_first_orders",
    "products",
]
# what is kept about changes is not there where everything is made anew
TABLES = """
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('shop', 'marts') and table_name !~ '^int_(order_changes|changed_)'
"""


@pytest.mark.parametrize(
    ("seed", "models", "steps"),
    [
        (1, KEPT, 2),
        pytest.param(1, EVERYTHING, 4, marks=pytest.mark.nightly),
        pytest.param(2, EVERYTHING, 4, marks=pytest.mark.nightly),
    ],
    ids=["kept", "everything", "everything, another seed"],
)
def test_models_kept_up_to_date_are_those_made_anew(
    seed: int, models: tuple[str, ...], steps: int, postgres: Path, tmp_path: Path
) -> None:
    draw = random.Random(seed)  # noqa: S311
    shop = demo_files(tmp_path, "parquet", customers=60, seed=seed)
    kept = start(new_warehouse(postgres, f"kept_{seed}_{len(models)}", tmp_path), shop)
    anew = start(new_warehouse(postgres, f"anew_{seed}_{len(models)}", tmp_path), shop)
    kept.dbt("run", as_of=AS_OF[0])
    made_in = first_built_in(kept)
    told: set[str] = set()
    changes = draw.sample(sorted(CHANGES), len(CHANGES))
    for step in range(steps):
        what = changes[step::steps]
        for name in what:
            sql = statement(CHANGES[name], f"-{seed}{step}")
            for warehouse in (kept, anew):
                warehouse.execute(sql)
        as_of = draw.choice(AS_OF)
        part = PARTS[(seed * steps + step) % len(PARTS)]  # by night both seeds together take each
        kept.dbt("run", "--select", *part.split(), as_of=as_of)
        what.append(f"only {part} as of {as_of}")
        as_of = draw.choice(AS_OF)
        expected, wrong = compare(kept, anew, models, as_of)
        assert not wrong, (step, what, as_of)
        assert expected["marts.fct_orders"] not in told, "nothing has changed"
        told.add(expected["marts.fct_orders"])
    assert first_built_in(kept) == made_in, "a model was made anew, not brought up to date"

    if models == KEPT:
        return  # its window is another parse, which the night can wait for
    # another window is another query: what has it is made anew, without being told to
    _, wrong = compare(kept, anew, models, AS_OF[0], churn_window_days=60)
    assert not wrong
    made_since = first_built_in(kept)
    assert [name for name in made_in if made_since[name] != made_in[name]] == [
        "int_customer_spells"
    ]


def test_a_new_price_list_changes_products_and_no_order(postgres: Path, tmp_path: Path) -> None:
    shop = demo_files(tmp_path, "parquet", customers=60)
    warehouse = start(new_warehouse(postgres, "price_list", tmp_path), shop)
    build = ("run", "--select", "+fct_order_items")
    warehouse.dbt(*build, as_of=AS_OF[0])
    warehouse.execute("update landing.raw_products set list_price = list_price::numeric + 1")
    warehouse.dbt(*build, as_of=AS_OF[0])
    [changes] = warehouse.rows(
        "select count(order_id) as orders, count(product_key) as products"
        " from shop.int_order_changes"
    )
    [listed] = warehouse.rows("""
        select count(*) as there, sum((raw.list_price = products.list_price)::int) as same
        from landing.raw_products as raw inner join shop.products using (product_id)
    """)
    assert listed["there"] > 10
    assert changes == {"orders": 0, "products": listed["there"]}
    assert listed["same"] == listed["there"]


def test_a_model_that_is_kept_reads_nothing_that_changes_unnoticed() -> None:
    models = {
        node["name"]: node
        for node in json.loads(manifest_file(DBT_PROJECT).read_text())["nodes"].values()
        if node["resource_type"] == "model"
    }
    kept = {
        name
        for name, node in models.items()
        if node["config"]["incremental_strategy"] == "changed_rows"
    }
    # what orders, lines and products are made of, which int_order_changes compares
    compared = {"int_orders_known", "int_order_items_unioned", "int_products_unioned"}
    unnoticed = {
        (name, parent)
        for name in kept - {"int_order_changes"}
        for parent in (
            unique_id.split(".")[-1] for unique_id in models[name]["depends_on"]["nodes"]
        )
        if parent not in kept | compared
    }
    assert len(kept) > 10
    assert not unnoticed


def compare(
    kept: Warehouse, anew: Warehouse, models: tuple[str, ...], as_of: str, **dbt_vars: int
) -> tuple[dict[str, str], list[str]]:
    """Bring one up to date, make the other anew: the latter's checksums, tables that differ."""
    kept.dbt("run", *models, as_of=as_of, **dbt_vars)
    anew.dbt("run", "--full-refresh", *models, as_of=as_of, **dbt_vars)
    contents, expected = checksums(kept), checksums(anew)
    return expected, [table for table in expected if contents.get(table) != expected[table]]


def checksums(warehouse: Warehouse) -> dict[str, str]:
    """A checksum of the rows of each table, whatever their order."""
    checksum = "select md5(string_agg(t::text, chr(10) order by t::text)) as it from {} as t"
    tables = [row["name"] for row in warehouse.rows(TABLES)]
    return {table: warehouse.rows(checksum.format(table))[0]["it"] for table in tables}


def start(warehouse: Warehouse, shop: Path) -> Warehouse:
    warehouse.load("demo_shop", shop)
    warehouse.dbt("seed", "--select", "holidays_of_brazil")
    return warehouse


def statement(change: str, salt: str) -> str:
    """SQL that does the same to two landings that are the same."""
    for key, table in SOME.items():
        some = f"select {key} from landing.{table} order by md5({key} || '{salt}') limit 4"
        change = change.replace(f"{{some:{key}}}", some)
    return change.replace("{salt}", salt)


def first_built_in(warehouse: Warehouse) -> dict[str, str]:
    """For each model that is kept up to date, the dbt run that made it anew."""
    rows = warehouse.rows("select model_name, made_in from ops.kept_models")
    assert len(rows) > 5
    return {row["model_name"]: row["made_in"] for row in rows}
