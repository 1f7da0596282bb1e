"""Execute chapters: each in a fork of one warm process, and none whose inputs are unchanged."""

# of Python's garbage collector: its default of 700 allocations costs a tenth of a build's time, and
# five times as many as here cost a book of 64 chapters a quarter more memory, for no time
GC_THRESHOLD = (100_000, 20, 20)
