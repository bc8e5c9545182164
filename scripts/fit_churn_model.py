"""Fits the churn model to the orders in the marts and keeps its parameters in the warehouse.

dbt predicts with the latest parameters from before the report's week. The weekly DAG does the same.
"""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from include import command_line

if TYPE_CHECKING:
    from include.churn_model.fit import Fit
    from include.churn_model.store import Fitted

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
    from include.as_of import parse_date
    from include.churn_model.store import fit_and_save
    from include.warehouse.connection import connect, warehouse_url

    until = parse_date(as_of) if as_of else None
    with closing(connect(warehouse_url())) as connection:
        print(_table(fit_and_save(connection, until)))


def _table(fitted: "Fitted") -> str:
    from include.churn_model.store import parameters

    head = (
        f"As of {fitted.until}, that day included: {fitted.fits[0].customers:,} customers of"
        f" {fitted.sources or 'no source'}."
    )
    lines = [head, ""]
    for fit in fitted.fits:
        figures = parameters(fit)
        log_likelihood = figures.pop("log_likelihood", None)
        columns = [f"{name} {value:.4f}" for name, value in figures.items()]
        if log_likelihood is not None:
            lines.append(
                f"{fit.model:<12} {'  '.join(f'{column:<13}' for column in columns):<58}"
                f"  log-likelihood {log_likelihood:.4f}"
            )
        lines += [f"{fit.model:<12} {line}" for line in _remarks(fit)]
    return "\n".join(lines)


def _remarks(fit: "Fit") -> list[str]:
    remarks = []
    if fit.holdout_correlation is not None:
        remarks.append(
            f"the {fit.holdout_weeks} weeks since: correlation {fit.holdout_correlation:.3f} of"
            " predicted and actual order days"
        )
    if fit.declined:
        remarks.append(f"no prediction: {fit.declined.sentence}")
    return remarks


if __name__ == "__main__":
    command_line.run(app)
