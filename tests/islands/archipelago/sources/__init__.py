"""Connectors: each module reads what one institution publishes."""
