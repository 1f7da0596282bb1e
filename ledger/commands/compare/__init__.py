"""Report what a reader would see changed between two built sites.

`diff.compare` reads both (`site`) and returns a Comparison; `report` writes it for people.
"""
