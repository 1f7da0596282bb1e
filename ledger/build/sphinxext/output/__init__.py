"""Write what surrounds the pages and what stands beside them: theme, metadata, feeds, files."""
