"""Build the book in one piece: as EPUB, and as the page that is printed to a PDF.

Both go through the same build as the site and execute nothing twice. They differ from it in what
paper and an e-reader cannot do: a chart is its picture, caption, source and address on the site, a
table's rows are on the site only, and there is no script.
"""
