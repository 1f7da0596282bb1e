"""Turn what chapters and tables hold into nodes of pages. Imports nothing of `output`."""
