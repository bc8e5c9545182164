"""The staging models of a shop that is not known yet, from a look at its files.

It proposes which column is what, asks what it cannot know, and writes the folder of SQL and YAML
that is then yours. Everything that it asks can be said by an option; --yes takes what is proposed.
A column is named by its header, `none` stands for no column.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from include import command_line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

Column = Annotated[str | None, typer.Option(metavar="HEADER")]


@app.command(help=__doc__)
def main(
    data: Annotated[Path, typer.Option(help="Folder with the shop's CSV, Excel, Parquet files.")],
    name: Annotated[str, typer.Option(help="Of the shop; else that of the folder.")] = "",
    file: Annotated[str, typer.Option(help="Which files of the folder, such as 'sales*'.")] = "*",
    sheet: Annotated[
        str | None, typer.Option(help="Which sheet of a workbook, or a pattern of several.")
    ] = None,
    order: Column = None,
    day: Column = None,
    customer: Column = None,
    customer_name: Column = None,
    email: Column = None,
    city: Column = None,
    state: Column = None,
    country: Column = None,
    article: Column = None,
    article_name: Column = None,
    quantity: Column = None,
    unit_price: Column = None,
    amount: Annotated[str | None, typer.Option(metavar="HEADER", help="Of the line.")] = None,
    discount: Annotated[str | None, typer.Option(metavar="HEADER", help="Of the line.")] = None,
    status: Column = None,
    channel: Column = None,
    currency: Annotated[
        str | None, typer.Option(metavar="HEADER|CODE", help="A column, or a code such as BRL.")
    ] = None,
    cancelled: Annotated[
        list[str] | None, typer.Option(help="A status that means it; may be said more than once.")
    ] = None,
    returned: Annotated[
        list[str] | None, typer.Option(help="A status that means all of it came back.")
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="Of dates such as 05/11/2026.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option(metavar=",|.", help="Of numbers such as 1.500.")
    ] = None,
    price_before_discount: Annotated[
        bool | None, typer.Option("--price-before-discount/--price-after-discount")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of times without an offset.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="What is proposed is right.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over models that exist.")] = False,
) -> None:
    """Write the staging models of a new shop."""
    options = {
        option: _as_answer(value)
        for option, value in locals().items()
        if option not in ("data", "name", "file", "yes", "force")
    }
    from include.new_shop.ask import Ask, know
    from include.new_shop.export import read_export
    from include.new_shop.write import check_name, name_of, write
    from include.paths import DBT_PROJECT, absolute

    staging = DBT_PROJECT / "models" / "staging"
    folder = absolute(data, Path.cwd()).resolve()
    shop_name = name or name_of(folder)
    check_name(shop_name, staging, force)
    export = read_export(folder, file, sheet)
    print(f"{', '.join(export.files)}: {export.rows.num_rows:,} rows")
    print(*(f"note: {line}" for line in export.told), "", sep="\n")
    _say_if_known(folder, shop_name)
    ask = Ask(options, yes, _prompt if sys.stdin.isatty() else None)
    for path in write(know(export, ask, print), shop_name, staging):
        print(path.relative_to(DBT_PROJECT.parent))
    print(f"\nThe report:     make demo SOURCE={shop_name} DATA={data}")
    print(f"After an edit:  make check-shop SOURCE={shop_name} DATA={data}")


def _say_if_known(folder: Path, name: str) -> None:
    """Tell of models that read such files already."""
    from include.errors import UserError
    from include.paths import DBT_PROJECT
    from include.warehouse.known import known_source

    try:
        source, _ = known_source(folder, DBT_PROJECT)
    except UserError:
        return
    if source != name:
        print(
            f"note: {source} reads such files already: make demo DATA={folder} needs no others.\n"
        )


def _as_answer(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value


def _prompt(question: str, proposal: str | None) -> str:
    answer: str = typer.prompt(question.rstrip("."), default=proposal, show_default=bool(proposal))
    return answer.strip()


if __name__ == "__main__":
    command_line.run(app)
