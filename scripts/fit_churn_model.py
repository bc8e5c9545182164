"""Fits the churn model to the orders in the marts and keeps its parameters in the warehouse.

dbt predicts with the latest parameters from before the report's week. The weekly DAG does the same.
"""

from contextlib import closing
from typing import Annotated

import typer

from include import command_line

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def fit_churn_model(
    as_of: Annotated[
        str,
        typer.Option(
            metavar="DATE",
            help="Last day of the orders to fit to, that day included, as publications date a"
            " calibration: 1997-09-30. By default the Sunday before the week that the marts"
            " report on.",
        ),
    ] = "",
) -> None:
    """Fit, keep, and print what came of it."""
    from include.airflow.as_of import parse_date
    from include.churn_model.store import fit_and_save
    from include.churn_model.summary import summary
    from include.warehouse.connection import find_warehouse

    until = parse_date(as_of) if as_of else None
    with closing(find_warehouse().connect()) as connection:
        print(summary(fit_and_save(connection, until)))


if __name__ == "__main__":
    command_line.run(app)
