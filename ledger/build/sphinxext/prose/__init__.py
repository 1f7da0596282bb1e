"""What the text of a chapter is written with, beside numbers and claims."""
