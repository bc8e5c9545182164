"""The warehouse from the command line: start, stop and ask the embedded Postgres, make a reader.

Where a connection `warehouse` is configured, that is the warehouse and there is nothing to start.
"""

import csv
import shlex
import shutil
import sys
from typing import Annotated

import typer

from include import command_line
from include.errors import UserError
from include.warehouse import connection, embedded

app = typer.Typer(
    help="The warehouse: start, stop, query, url, env, status, reader, form-role.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CONFIGURED = "The warehouse is the connection in AIRFLOW_CONN_WAREHOUSE: nothing to {}."


@app.command()
def start() -> None:
    """Start the embedded Postgres, unless it runs already."""
    if connection.configured_warehouse():
        print(CONFIGURED.format("start"))
        return
    connection.start_embedded()
    server = embedded.status()
    if server:
        print(f"Postgres runs on {embedded.HOST}:{server.port}, its data are in {server.data}.")


@app.command()
def stop() -> None:
    """Stop the embedded Postgres; its data stay."""
    if connection.configured_warehouse():
        print(CONFIGURED.format("stop"))
    else:
        print("Postgres is stopped." if embedded.stop() else "Postgres did not run.")


@app.command()
def query(
    statement: Annotated[str, typer.Argument(help="One statement of SQL.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="The rows as CSV, for a pipe.")] = False,
    write: Annotated[bool, typer.Option("--write", help="It may change what is stored.")] = False,
) -> None:
    """Print what one statement of SQL finds; it can only read, unless you say --write."""
    from include.warehouse.statement import answer, as_text

    found = answer(_warehouse(), statement, may_write=write)
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\n").writerows([found.names, *found.rows])
    else:
        print(as_text(found, shutil.get_terminal_size().columns))


@app.command()
def url() -> None:
    """Print the warehouse's URL (with its password), as psql and SQLAlchemy take it."""
    print(_warehouse().url)


@app.command()
def env() -> None:
    """Print the warehouse's address as shell lines, for `eval "$(… env)"`; dbt reads them."""
    from include.settings import load_settings

    lines = _warehouse().as_environment()
    if reader := load_settings().warehouse_reader:
        lines["WAREHOUSE_READER"] = reader
    for name, value in lines.items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def reader(
    personal: Annotated[
        bool, typer.Option("--personal", help="One that sees names and e-mail addresses, too.")
    ] = False,
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Another password for one that is there.")
    ] = False,
) -> None:
    """Make the role that pages, API and BI tools read as; its password is shown once."""
    from include.warehouse import reader as readers

    name = readers.reader_name(personal=personal)
    configured = connection.configured_warehouse()
    if not configured:
        embedded_one = connection.embedded_warehouse()
        made = readers.make_embedded_reader(embedded_one, personal=personal)
        print(
            "Pages and API know it by themselves; a BI tool on this machine connects to", made.url
        )
        return
    new = readers.new_reader(configured, personal=personal, new_password=new_password)
    if new is None:
        print(
            f"The role {name} keeps its password, and sees what it may; --new-password changes it."
        )
        return
    conn = "AIRFLOW_CONN_WAREHOUSE_READER" + ("_PERSONAL" if personal else "")
    print("Add this line to .env; the password is kept nowhere else:", file=sys.stderr)
    print(f"{conn}={new.url.replace('postgresql://', 'postgres://', 1)}")


@app.command()
def form_role() -> None:
    """Make the role that enters sales, and the table they are kept in, where they are missing."""
    from include.sales_form.role import make_form_role

    role = make_form_role(connection.find_warehouse())
    print(f"The role {role} may add entries to the form's table, and no more.")


@app.command()
def status() -> None:
    """Tell whether the warehouse runs; the exit code is 0 if it does, else 3."""
    configured = connection.configured_warehouse()
    if configured:
        try:
            configured.connect().close()
        except UserError as reason:
            print(reason)
            raise typer.Exit(3) from None
        print("The warehouse is the connection in AIRFLOW_CONN_WAREHOUSE, and it answers.")
        return
    server = embedded.status()
    if server is None:
        print("Postgres does not run.")
        raise typer.Exit(3)
    print(f"Postgres runs on {embedded.HOST}:{server.port}, its data are in {server.data}.")


def _warehouse() -> connection.Warehouse:
    configured = connection.configured_warehouse()
    if configured:
        return configured
    if embedded.status() is None:
        print("Starting the embedded Postgres …", file=sys.stderr)
    return connection.embedded_warehouse()


if __name__ == "__main__":
    command_line.run(app)
