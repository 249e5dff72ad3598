"""Pages under AppTest, from app.py as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def table_of(page: AppTest) -> dict[str, Any]:
    """What the page tells the browser of its table of runs."""
    table, = (part for part in page.get("bidi_component") if part.proto.component_name == "glassbox_runs_table")
    return json.loads(table.proto.json)


def column_of(page: AppTest, title: str) -> list[str]:
    """What stands in a column of the table of runs."""
    table = table_of(page)
    place = [column["title"] for column in table["columns"]].index(title)
    return [row["cells"][place] for row in table["rows"]]
