"""The pictures of the docs that say where to click: drawings, as no shop's admin is at hand here.

Words are those of the vendors' help pages, as far as these tell them. It writes them anew:
docs/images/export-*.svg.
"""

from dataclasses import dataclass
from html import escape

import typer

from include import command_line
from include.paths import PROJECT, write_whole

PICTURES = PROJECT / "docs" / "images"
WIDTH, HEIGHT = 840, 430
SIDE, TOP = 196, 44  # the menu's width, the height of the browser's bar
INK, GREY, LINE, PAPER, MARK = "#1f2937", "#6b7280", "#d1d5db", "#f3f4f6", "#c2410c"
WARNING = "A drawing, not a screenshot: words may differ."

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Steps:
    """Where to click in one admin; what is clicked has its number, in the order of the clicks."""

    address: str
    menu: tuple[str, ...]
    """What begins with blanks lies below another entry."""
    heading: str
    buttons: tuple[str, ...]
    dialog: str
    options: tuple[str, ...]
    """Of the dialog: `(x)` is chosen, `( )` not; others are told."""
    done: tuple[str, ...]
    """The dialog's buttons."""
    clicks: tuple[str, ...]
    """Of menu, tabs, buttons and options, what is clicked."""
    tabs: tuple[str, ...] = ()


PICTURED = {
    "nuvemshop": Steps(
        address="minhaloja.lojavirtualnuvem.com.br/admin",
        menu=("Início", "Estatísticas", "Vendas", "  Lista de vendas", "Produtos", "Clientes"),
        heading="Vendas",
        buttons=("Aplicativos", "Exportar lista", "Adicionar pedido manual"),
        dialog="Exportar lista",
        options=("todas as vendas, sem filtro", "todo o período", "todas as colunas"),
        done=("Exportar",),
        clicks=("Lista de vendas", "Exportar lista", "Exportar"),
    ),
    "shopify": Steps(
        address="admin.shopify.com/store/my-shop/orders",
        menu=("Home", "Orders", "Products", "Customers", "Analytics"),
        heading="Orders",
        buttons=("Export", "More actions", "Create order"),
        dialog="Export orders",
        options=(
            "( ) Current page",
            "(x) All orders",
            "( ) Orders by date",
            "Export as",
            "( ) CSV for Excel, Numbers, …",
            "(x) Plain CSV file",
        ),
        done=("Export transaction histories", "Export orders"),
        clicks=("Orders", "Export", "All orders", "Plain CSV file", "Export orders"),
    ),
    "woocommerce": Steps(
        address="shop.example/wp-admin",
        menu=("Dashboard", "WooCommerce", "  Orders", "  Export Orders", "  Settings"),
        heading="Export Orders",
        buttons=("Save settings",),
        tabs=("Export now", "Profiles", "Tools"),
        dialog="What to export",
        options=(
            "Date range: since the shop opened",
            "Order statuses: all of them",
            "Set up fields to export",
            "(x) CSV",
            "( ) XML",
        ),
        done=("Express Export", "Export"),
        clicks=("Export Orders", "Order statuses: all of them", "CSV", "Export"),
    ),
    "woocommerce-api": Steps(
        address="shop.example/wp-admin",
        menu=("Dashboard", "WooCommerce", "  Orders", "  Settings", "Products"),
        heading="Settings",
        tabs=("General", "Payments", "Advanced", "REST API"),
        buttons=("Add key",),
        dialog="Key details",
        options=("Description: report", "User: the shop's manager", "Permissions", "(x) Read"),
        done=("Generate API key",),
        clicks=("Settings", "Advanced", "REST API", "Add key", "Read", "Generate API key"),
    ),
    "mercado-livre": Steps(
        address="mercadolivre.com.br/vendas",
        menu=("Resumo", "Anúncios", "Vendas", "Publicidade", "Reputação"),
        heading="Vendas",
        buttons=("Filtrar e ordenar", "Baixar relatório de vendas"),
        dialog="Relatório de vendas",
        options=("Período: um após o outro,", "até a primeira venda", "sem filtro de status"),
        done=("Baixar Excel",),
        clicks=("Vendas", "Baixar relatório de vendas", "Baixar Excel"),
    ),
    "shopee": Steps(
        address="seller.shopee.com.br",
        menu=("Envio", "Pedidos", "  Meus pedidos", "Produtos", "Marketing"),
        heading="Meus pedidos",
        tabs=("Todos", "Não pago", "A enviar", "Concluído"),
        buttons=("Exportar", "Histórico de exportação"),
        dialog="Exportar pedidos",
        options=("Período: um mês,", "e o mesmo para cada mês", "Order.all.….xlsx"),
        done=("Baixar",),
        clicks=("Meus pedidos", "Todos", "Exportar", "Baixar"),
    ),
    "bling": Steps(
        address="bling.com.br",
        menu=("Início", "Cadastros", "Vendas", "Finanças", "Central de Extensões"),
        heading="Central de Extensões",
        tabs=("Extensões", "Área do Integrador"),
        buttons=("Criar novo aplicativo",),
        dialog="Cadastro de aplicativos",
        options=(
            "( ) Público",
            "(x) Privado",
            "Link de redirecionamento: https://…",
            "Lista de escopos: Pedidos de Venda",
        ),
        done=("Salvar",),
        clicks=(
            *("Central de Extensões", "Área do Integrador", "Criar novo aplicativo", "Privado"),
            *("Lista de escopos: Pedidos de Venda", "Salvar"),
        ),
    ),
}


class Drawing:
    """An admin in a browser's window, drawn from top to bottom."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.parts: list[str] = []

    def svg(self) -> str:
        """The drawing as a file."""
        self._window()
        self._menu()
        self._list()
        self._dialog()
        self._text(WIDTH - 20, HEIGHT - 12, WARNING, GREY, 12, "end")
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            f' width="{WIDTH}" height="{HEIGHT}"'
            ' font-family="Helvetica, Arial, sans-serif" font-size="14">\n'
            f"{body}\n</svg>\n"
        )

    def _window(self) -> None:
        self._box(1, 1, WIDTH - 2, HEIGHT - 34, "white", LINE, 10)
        for place, colour in enumerate(("#e5e7eb",) * 3):
            self.parts.append(f'<circle cx="{22 + 18 * place}" cy="22" r="6" fill="{colour}"/>')
        self._box(84, 9, WIDTH - 104, 26, PAPER, "none", 13)
        self._text(100, 27, self.steps.address, GREY, 13)
        self.parts.append(f'<path d="M1 {TOP}H{WIDTH - 1}M{SIDE} {TOP}V{HEIGHT - 33}"')
        self.parts[-1] += f' stroke="{LINE}"/>'

    def _menu(self) -> None:
        for number, entry in enumerate(self.steps.menu):
            y = TOP + 34 + 36 * number
            words = entry.strip()
            is_clicked = words in self.steps.clicks
            if is_clicked:
                self._box(10, y - 20, SIDE - 20, 30, "#fff7ed", MARK, 6)
                self._number(SIDE - 10, y - 5, words)
            x = 22 if words == entry else 38
            self._text(x, y, words, INK if is_clicked else GREY, bold=is_clicked)

    def _list(self) -> None:
        left, y = SIDE + 24, TOP + 40
        self._text(left, y, self.steps.heading, INK, 20, bold=True)
        right = WIDTH - 24
        for button in reversed(self.steps.buttons):
            right = self._button(right, y - 22, button) - 18
        y += 34
        for tab in self.steps.tabs:
            is_clicked = tab in self.steps.clicks
            wide = _wide(tab, bold=is_clicked)
            self._text(left, y, tab, MARK if is_clicked else GREY, bold=is_clicked)
            if is_clicked:
                self.parts.append(f'<path d="M{left} {y + 8}h{wide}" stroke="{MARK}"')
                self.parts[-1] += ' stroke-width="3"/>'
                self._number(left + wide + 14, y - 5, tab)
            left += wide + (46 if is_clicked else 26)
        for row in range(6):
            top = y + 22 + 36 * row
            if top < HEIGHT - 66:
                for x, wide in ((SIDE + 24, 56), (SIDE + 104, 110)):
                    self._box(x, top, wide, 12, "#e5e7eb", "none", 6)

    def _dialog(self) -> None:
        left, wide, steps = WIDTH - 446, 414, self.steps
        high = 92 + 28 * len(steps.options)
        y = HEIGHT - 50 - high
        self._box(left + 4, y + 5, wide, high, "#00000018", "none", 10)
        self._box(left, y, wide, high, "white", "#9ca3af", 10)
        self._text(left + 20, y + 30, steps.dialog, INK, 16, bold=True)
        y += 60
        for told in steps.options:
            x, option = left + 20, told
            if told.startswith("("):
                colour = MARK if told[1] == "x" else "#9ca3af"
                self.parts.append(f'<circle cx="{x + 7}" cy="{y - 5}" r="6.5" fill="white"')
                self.parts[-1] += f' stroke="{colour}" stroke-width="1.6"/>'
                if told[1] == "x":
                    self.parts.append(f'<circle cx="{x + 7}" cy="{y - 5}" r="3.4" fill="{MARK}"/>')
                x, option = x + 22, told[4:]
            self._text(x, y, option, INK)
            if option in steps.clicks:
                self._number(x + _wide(option) + 18, y - 5, option)
            y += 28
        right = left + wide - 20
        for button in reversed(steps.done):
            right = self._button(right, y - 14, button) - 18

    def _button(self, right: int, y: int, words: str) -> int:
        """A button that ends at `right`; returns where it begins."""
        is_clicked = words in self.steps.clicks
        wide = _wide(words, bold=is_clicked) + 28
        left = right - wide
        self._box(
            left, y, wide, 32, MARK if is_clicked else "white", MARK if is_clicked else LINE, 6
        )
        self._text(
            left + wide / 2, y + 21, words, "white" if is_clicked else GREY, 14, "middle",
            bold=is_clicked,
        )  # fmt: skip
        if is_clicked:
            self._number(left, y, words)
        return left

    def _number(self, x: float, y: float, clicked: str) -> None:
        number = self.steps.clicks.index(clicked) + 1
        self.parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="11" fill="{INK}" stroke="white"')
        self.parts[-1] += ' stroke-width="2"/>'
        self._text(x, y + 4.5, str(number), "white", 13, "middle", bold=True)

    def _box(
        self, x: float, y: float, wide: float, high: float, fill: str, line: str, round_: int
    ) -> None:
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" rx="{round_}"'
            f' fill="{fill}" stroke="{line}"/>'
        )

    def _text(
        self,
        x: float,
        y: float,
        words: str,
        colour: str,
        size: int = 14,
        anchor: str = "start",
        *,
        bold: bool = False,
    ) -> None:
        self.parts.append(
            f'<text x="{x:g}" y="{y:g}" fill="{colour}"'
            + (f' font-size="{size}"' if size != 14 else "")
            + (f' text-anchor="{anchor}"' if anchor != "start" else "")
            + (' font-weight="bold"' if bold else "")
            + f">{escape(words)}</text>"
        )


def _wide(words: str, *, bold: bool = False) -> int:
    """About the width of a text of 14 pixels: fonts differ a little."""
    narrow, broad = sum(one in " .,:/'…íijlrtfI" for one in words), sum(map(str.isupper, words))
    wide = 8.1 * len(words) - 3.7 * narrow + 2.2 * broad
    return round(wide if bold else wide * 0.94)


@app.command(help=__doc__)
def main() -> None:
    """Write the drawings."""
    for name, steps in PICTURED.items():
        path = PICTURES / f"export-{name}.svg"
        write_whole(path, Drawing(steps).svg().encode())
        print(f"{path.relative_to(PROJECT)}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    command_line.run(app)
