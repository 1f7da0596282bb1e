"""The colours of the book's charts, which are named here and nowhere else."""

# Light colour, dark-theme colour. Near Okabe and Ito's colour-blind-safe set, each moved as little as it takes to stand at least
# 4.5:1 against its page (series names are written in it) and to stay apart from every other for each of the three common
# colour deficiencies: a difference of 11 or more in CAM02-UCS, where 1 is just seen (tests/test_access.py). Order is the order in
# which series take them.
PALETTE = {
    "blue": ("#0356d8", "#5ac5ff"),
    "vermilion": ("#d43f40", "#f88b56"),
    "green": ("#198566", "#49b58c"),
    "purple": ("#9a468f", "#ce83c7"),
    "ochre": ("#796100", "#f0bd21"),
    "grey": ("#5c6268", "#aab2ba"),
}
COUNTRY = {
    "Russia": "blue",
    "Iran": "vermilion",
}  # the two countries keep their colours on every chart
INK = "#22272e"  # text, axes: follows the page's text colour
RULE = "#c9ced6"  # grid: recedes
PAGE = {
    "ink": (INK, "#dfe4ea"),
    "rule": (RULE, "#3d444d"),
    "paper": ("#f6f7f9", "#1d2127"),
    "line": ("#c9ced6", "#454c56"),
}  # light, dark
