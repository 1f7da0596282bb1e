"""Rules that decide claims, a module a domain."""
