"""The drawings in the docs of where to click."""

import xml.etree.ElementTree as ET

import pytest

from include.paths import PROJECT
from scripts.draw_export_steps import PICTURED, WARNING, Drawing


@pytest.mark.parametrize("name", PICTURED)
def test_a_drawing_is_as_its_steps_say_and_says_that_it_is_one(name: str) -> None:
    drawn = Drawing(PICTURED[name]).svg()
    assert (PROJECT / "docs" / "images" / f"export-{name}.svg").read_text() == drawn, (
        "run scripts/draw_export_steps.py"
    )
    texts = [element.text for element in ET.fromstring(drawn).iter() if element.text]  # noqa: S314
    assert WARNING in texts
    clicks = PICTURED[name].clicks
    assert {*clicks, *map(str, range(1, len(clicks) + 1))} <= {*texts}


@pytest.mark.parametrize("name", PICTURED)
def test_the_page_of_a_shop_system_shows_it_with_words_for_who_cannot_see(name: str) -> None:
    page = (PROJECT / "docs" / f"{name.removesuffix('-api')}.md").read_text()
    assert f"](images/export-{name}.svg)" in page
    [alt] = [line for line in page.splitlines() if line.endswith(f"(images/export-{name}.svg)")]
    assert alt.startswith("![A drawing, not a screenshot: 1 ")
