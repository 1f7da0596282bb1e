"""Tests of the core take book.yml and tables of the made-up book for the book's own."""

import pytest
from small_book import ISLANDS

from ledger.core import config, tables
from ledger.core.charts import style

BOOK = config.book(ISLANDS)


@pytest.fixture(autouse=True)
def made_up_book(monkeypatch):
    describe, read = tables.describe, config.book
    monkeypatch.setattr(config, "book", lambda root=ISLANDS: read(root))
    monkeypatch.setattr(style, "entity_colours", lambda: BOOK.entity_colours)
    monkeypatch.setattr(
        tables, "describe", lambda name, folder=ISLANDS / "data": describe(name, folder)
    )
