"""The models of a second shop of one system: `second_shop.py --of shopify --name outlet`.

Numbers of orders are a shop's own, so that two shops have to be two sources. The models are written
again under the other one's name, and an API that is declared for the first is for both.
"""

from typing import Annotated

import typer

from include import command_line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def main(
    of: Annotated[str, typer.Option(help="The system, by the name of its source.")],
    name: Annotated[str, typer.Option(help="Of the other shop.")],
    force: Annotated[bool, typer.Option("--force", help="Write over models that exist.")] = False,
) -> None:
    """Write the staging models of a second shop."""
    from include.new_shop.second import write_second
    from include.new_shop.write import check_name
    from include.paths import DBT_PROJECT
    from include.sync.sources import DECLARED

    check_name(name, DBT_PROJECT / "models" / "staging", force)
    for path in write_second(of, name, DBT_PROJECT, DECLARED):
        print(path.relative_to(DBT_PROJECT.parent))
    print(f"\nIts exports lie in include/data/{name}, or its API is the connection {name!r}.")
    print(f"Both in one report: SHOP_SOURCES={of},{name} in .env")


if __name__ == "__main__":
    command_line.run(app)
