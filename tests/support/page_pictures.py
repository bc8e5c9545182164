"""Takes the pictures of pages for the README: `uv run python -m tests.support.page_pictures`.

Wants `make dashboard` running on the demo shop, and Debian's chromium.
"""

from playwright.sync_api import sync_playwright

from include.paths import PROJECT

ADDRESS = "http://127.0.0.1:8501"
PAGES = {"overview": "", "at_risk": "at_risk", "cohorts": "cohorts", "churn": "churn"}
LANGUAGES = ("en", "pt_BR")
CONTENT = "[data-testid=stMain] h1"


def main() -> None:
    """Write a picture a page and language."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for lang in LANGUAGES:
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            for name, path in PAGES.items():
                page.goto(f"{ADDRESS}/{path}?lang={lang}")
                page.wait_for_selector(CONTENT)
                page.wait_for_function(
                    "document.querySelector('[data-testid=stApp]').dataset.testScriptState"
                    " === 'notRunning'"
                )
                page.wait_for_timeout(1500)  # charts are drawn after that
                page.screenshot(path=PROJECT / "docs" / "images" / f"page-{name}-{lang}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
