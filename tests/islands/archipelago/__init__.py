"""What is Arland's and Belmark's in Python: a measure, rules of claims, connectors."""
