"""Directives of a book's first page: a dated line, pictures, tiles of claims, figures to quote."""
