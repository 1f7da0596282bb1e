"""What the chapters of The Russia–Iran Ledger import: checked tables, measures, charts, numbers and verdicts."""
