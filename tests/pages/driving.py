"""Pages under AppTest, from app.py as a person meets them."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

APP = Path(__file__).resolve().parents[2] / "app.py"


def opened(name: str, **address: str) -> AppTest:
    """The page of that name, at this address."""
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.switch_page(f"pages/{name}.py")
    for key, value in address.items():
        page.query_params[key] = value
    return ran(page)


def ran(changed: AppTest | Element) -> AppTest:
    """The page after it ran once more, perhaps with a changed element, without an exception."""
    page = changed.run()
    assert not page.exception, page.exception[0].message
    return page


def words(page: AppTest) -> str:
    """All that the page says in text."""
    kinds = (page.title, page.markdown, page.subheader, page.error, page.caption, page.info, page.warning)
    return "\n".join(shown.value for kind in kinds for shown in kind)


def address_of(page: AppTest) -> dict[str, str]:
    """AppTest gives what the test itself set as text, and what the page set as a list."""
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}
