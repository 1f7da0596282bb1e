"""One file an institution: each reads what the institution publishes and returns tidy rows."""
