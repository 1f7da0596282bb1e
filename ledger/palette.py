"""The colours of the book's charts, which are named here and nowhere else."""

# Light colour, dark-theme colour. Chosen from Okabe and Ito's colour-blind-safe set, darkened or lightened until each stands
# at least 3:1 against its page. Order is the order in which series take them.
PALETTE = {
    "blue": ("#0063a8", "#5ab4f0"),
    "vermilion": ("#c4480a", "#ff8f57"),
    "green": ("#00785a", "#2fc79b"),
    "purple": ("#97478c", "#dd8fd0"),
    "ochre": ("#8a6a00", "#e0b83a"),
    "grey": ("#5f6770", "#a9b2bc"),
}
COUNTRY = {"Russia": "blue", "Iran": "vermilion"}  # the two countries keep their colours on every chart
INK = "#22272e"  # text, axes: follows the page's text colour
RULE = "#c9ced6"  # grid: recedes
PAGE = {"ink": (INK, "#dfe4ea"), "rule": (RULE, "#3d444d"), "paper": ("#f6f7f9", "#1d2127"), "line": ("#c9ced6", "#454c56")}  # light, dark
