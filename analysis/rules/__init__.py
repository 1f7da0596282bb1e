"""Rules that decide claims, a file a domain."""
