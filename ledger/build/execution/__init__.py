"""Execute chapters: each in a fork of one warm process, and none whose inputs are unchanged."""

# of Python's garbage collector: its default of 700 allocations costs a tenth of a build's time
GC_THRESHOLD = (50_000, 20, 20)
