"""Connectors, a module an institution. CONTRIBUTING.md, "An institution", says how to add one."""
