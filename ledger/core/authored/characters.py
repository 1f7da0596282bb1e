"""What text that people write may hold: signs that a reader sees, links that lead to a page."""

from __future__ import annotations

import re
import unicodedata

# joiners that Persian and other scripts are written with
JOINERS = "\u200c\u200d"
# control and format characters, among them those that turn the direction of text; characters that
# are none; ends of lines and paragraphs that only some programs know
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.I)
LINKS = ("http", "https", "mailto")
HOST = re.compile(r"https?://[^\s/?#]+\.[^\s/?#]", re.I)
UNSEEN = re.compile(r"[\0-\x20]+")  # a browser passes over these signs where an address begins
# letters, marks and signs that print nothing, and so part a word for every search
BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
# letters and digits in the form of one typesetting: Latin ligatures, full and half width, bold of
# mathematics, Arabic letters by their place in the word; a search finds none of them
SHAPED = re.compile(
    "[\ufb00-\ufb06\uff01-\uff5e\uff61-\uffdc\U0001d400-\U0001d7ff\ufb50-\ufdf1\ufe70-\ufefc]"
)
JOINED = re.compile(f"(.?)[{JOINERS}]", re.S)
WORD = re.compile(r"[^\W\d_]+")
ALIKE = ("LATIN", "CYRILLIC", "GREEK")  # scripts with letters that look like each other's
# as which the first byte of what UTF-8 writes in two or three is read in the wrong encoding
MISREAD = re.compile(r"[ÂÃâÐÑØÙ][\u0080-\uffff]+")


def hidden_character(words: str) -> str:
    """Name the first character of a text that no reader sees, or takes for another, and its place.

    Nothing for a text without.
    """
    if words.isascii() and words.isprintable():  # true of nearly all, and quick
        return ""
    if not unicodedata.is_normalized("NFC", words):
        return "a letter and its accent are two characters. Type it anew, as one"
    for joined in JOINED.finditer(words):  # it joins letters of scripts that join them, or signs
        if unicodedata.category(joined[1] or " ") not in ("Lo", "Mn", "So") or BLANK.match(
            joined[1]
        ):
            return _invisible(joined.end(), joined[0][-1])
    if blank := BLANK.search(words):
        return _invisible(blank.end(), blank[0])
    if shaped := SHAPED.search(words):
        sign, meant = shaped[0], unicodedata.normalize("NFKC", shaped[0]).strip()
        name = unicodedata.name(sign, "no letter")
        return f"character {shaped.end()} is U+{ord(sign):04X}, {name}. Write {meant!r}"
    for word in WORD.findall(words):
        if not word.isascii() and (mixed := _two_scripts(word)):
            return mixed
    for place, sign in enumerate(words, start=1):
        if unicodedata.category(sign) == "Zs" and sign != " ":
            name = unicodedata.name(sign)
            return f"character {place} is U+{ord(sign):04X}, {name}. Write a usual space"
        if unicodedata.category(sign) in HIDDEN and sign not in JOINERS:
            return _invisible(place, sign)
    return ""


def link_fault(address: str, within: bool = True) -> str:
    """Return why a link is refused, nothing for one to the web, to a mailbox or within the book.

    `within` tells whether it may lead within the book, as an address without a scheme does.
    """
    scheme = SCHEME.match(UNSEEN.sub("", address))
    if scheme and scheme[1].lower() in LINKS and re.search(r"\s", address.strip()):
        return (
            f"a link to {address.strip()[:60]} has a space, at which it ends. Write %20, or mend it"
        )
    if scheme and scheme[1].lower().startswith("http") and not HOST.match(address.strip()):
        return f"a link to {address.strip()[:60]} names no host. Write https://, a host and a path"
    if scheme[1].lower() in LINKS if scheme else within:
        return ""
    return f"a link to {address.strip()[:60]} leads to no page. Write one that begins with https:"


def _invisible(place: int, sign: str) -> str:
    name = unicodedata.name(sign, "control character")
    return f"character {place} is invisible: U+{ord(sign):04X}, {name}. Remove it"


def _two_scripts(word: str) -> str:
    """Name the letter of a word that looks like one of the script of its other letters."""
    scripts = [unicodedata.name(letter, "").partition(" ")[0] for letter in word]
    known = [script for script in scripts if script in ALIKE]
    if len(set(known)) < 2:
        return ""
    rarest = min(set(known), key=lambda script: (known.count(script), known.index(script) == 0))
    sign = word[scripts.index(rarest)]
    return (
        f"a letter of the word {word!r} only looks like another: U+{ord(sign):04X}, "
        f"{unicodedata.name(sign)}. Type it anew"
    )


def misread(words: str) -> str:
    """Name the first characters of a text that were read in the wrong encoding; nothing without.

    A program that takes UTF-8 for Windows-1252 makes `â€™` of an apostrophe, and many put U+FFFD
    where they cannot tell.
    """
    if "\ufffd" in words:
        place = words.index("\ufffd") + 1
        return f"character {place} is U+FFFD, lost in the wrong encoding. Type it anew"
    for run in () if words.isascii() else MISREAD.findall(words):
        try:
            meant = run.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        return f"{run!r} was read in the wrong encoding. Write {meant!r}"
    return ""
