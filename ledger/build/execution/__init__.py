"""Execute chapters: each in a fork of one warm process, and none whose inputs are unchanged."""

# of Python's garbage collector: its default of 700 allocations costs a tenth of a build's time, and
# an edit to prose ends before there are so many
GC_THRESHOLD = (500_000, 20, 20)
