"""Fixtures of the tests of builds."""

from reading import browser  # noqa: F401
from small_book import book  # noqa: F401
