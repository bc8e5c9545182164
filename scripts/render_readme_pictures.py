"""The READMEs' pictures of the report, made anew from the marts as they are.

Run it after `make demo`, and after `make demo SOURCE=uci_online_retail DATA=… AS_OF=2011-11-28`
with `--shop uci`. It needs a `chromium` on the PATH, with the fonts Roboto and Noto Color Emoji;
the project itself depends on none of them.
"""

import re
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from include import command_line
from include.errors import UserError
from include.paths import PROJECT

PICTURES = PROJECT / "docs" / "images"
WIDTH = 412  # a phone's, in CSS pixels; pictures have twice as many
COLOURS = 128  # enough for text and emoji, and a third of the file
STYLE = "<style>.phone { min-height: 0; background: #cfdfc8; box-shadow: none; }</style>"
MEASURE = "<script>document.title = document.querySelector('.phone').offsetHeight</script>"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def render(
    shop: Annotated[str, typer.Option(help="The shop's name in the pictures' names.")] = "demo",
) -> None:
    """Write docs/images/report-<shop>-<language>.png for each language."""
    from include.report.preview import LIST
    from include.report.publish import csv_of, print_report
    from include.report.read import read_report
    from include.report.render import html_page
    from include.report.wording import LANGUAGES
    from include.settings import load_settings
    from include.warehouse.connection import find_warehouse

    with closing(find_warehouse().connect()) as connection:
        report = read_report(connection, load_settings())
    for lang in LANGUAGES:
        settings = load_settings().model_copy(update={"report_lang": lang})
        printout = print_report(report, settings)
        customers = csv_of(printout)
        page = html_page(
            printout.message, printout.chart, LIST if customers else "", len(customers or b"")
        )
        picture = PICTURES / f"report-{shop}-{lang}.png"
        _photograph(page, picture)
        print(f"{picture}: {picture.stat().st_size / 1024:.0f} KB")


def _photograph(page: str, picture: Path) -> None:
    from PIL import Image

    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder, "report.html")
        html.write_text(page.replace("</body>", f"{STYLE}{MEASURE}</body>"), encoding="utf-8")
        measured = re.search(r"<title>(\d+)</title>", _chromium(html, 3000, "--dump-dom"))
        if measured is None:
            raise UserError("Chromium did not tell how high the report is: try another version.")
        _chromium(html, int(measured[1]), f"--screenshot={picture}")
    with Image.open(picture) as full:
        full.quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


def _chromium(html: Path, height: int, what: str) -> str:
    command = [
        *("chromium", "--headless", "--no-sandbox", "--hide-scrollbars"),
        *("--force-device-scale-factor=2", f"--window-size={WIDTH},{height}", what, html.as_uri()),
    ]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise UserError("There is no chromium on the PATH: install it to make pictures.") from None


if __name__ == "__main__":
    command_line.run(app)
