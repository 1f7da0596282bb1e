"""Checks of the book's content that need neither a build nor a browser; `.pre-commit-config.yaml`
runs each as a hook, `python -m checks NAME` by hand.

A check is a function that yields one message a fault: file, line, what is wrong, and what to do.
"""
