"""The pages, the form and the API, until Ctrl-C."""

import typer

from include import command_line

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def dashboard() -> None:
    """Serve them; Postgres is started where it is the embedded one."""
    from include.errors import UserError
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse

    settings = load_settings()
    find_warehouse()
    try:
        from include.dashboard.server import serve
    except ModuleNotFoundError as error:
        raise UserError(
            f"{error.name} is not installed: start the pages by `make dashboard`."
        ) from None
    typer.echo(f"http://{settings.dashboard_host}:{settings.dashboard_port}")
    serve(settings)


if __name__ == "__main__":
    command_line.run(app)
