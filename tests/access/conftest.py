"""Two web processes for the whole run of this package."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.access.processes import WebProcess


@pytest.fixture(scope="session")
def webs(django_db_setup: None, tmp_path_factory: Any) -> Iterator[list[WebProcess]]:
    """Two of them, started once, on the database of the tests."""
    folder = tmp_path_factory.mktemp("webs")
    with ExitStack() as stack:
        both = [WebProcess(folder / f"web{number}.log") for number in range(2)]
        for web in both:
            stack.callback(web.stop)
        for web in both:
            web.wait()
        yield both
