"""Numerals: numbers as people write them: `1,200`, `3.5 million`, `twelve`, `a hundred and five`."""

import re

_WORDS = """zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"""
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_WORDS.split())}
_TENS = {word: 10 * value for value, word in enumerate(_DECADES.split(), start=2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "dozen": 12}
MOST_WORDS = 12
_SHORT = {"m": 1e6, "mn": 1e6, "bn": 1e9, "k": 1e3, "trillion": 1e12, "tn": 1e12}

_ANY = "|".join(sorted({*_ONES, *_TENS, *_SCALES}, key=len, reverse=True))
DIGITS = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5}|[1-9][0-9]{0,2}(?:[\u00a0\u202f\u2009][0-9]{3}){1,5}"
    r"|[1-9][0-9]{0,2}(?: [0-9]{3}){1,4}(?![0-9])|[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,5}(?=,[0-9])|[0-9]{1,15})"
    r"(?:\.[0-9]{1,10}|,[0-9]{1,2}(?![0-9,])|,[0-9]{4,8}(?![0-9,]))?"
)
"""Digits with a point or a comma before the decimals, and any mark that people put between thousands."""

_COMMA = re.compile(
    r"(?<![\w.,])[0-9]{1,3}(?:[.\u00a0\u202f][0-9]{3})*,[0-9]{1,2}(?:[ \u00a0\u202f]?(?:[%€$£°]|[A-Za-zµ]))"
)
_POINT = re.compile(r"(?<![\w.,])[0-9]{1,3}\.[0-9]{1,2}(?:[ \u00a0\u202f]?(?:[%€$£°]|[A-Za-zµ]))")
_THREES = re.compile(r"[1-9][0-9]{0,2}(?P<mark>[.,])[0-9]{3}(?:(?P=mark)[0-9]{3})*")


def has_commas(text: str) -> bool:
    """Whether a text writes a comma before decimals, and so a point, if anything, between thousands."""
    commas = sum(1 for _ in _COMMA.finditer(text))
    return commas > 0 and commas > sum(1 for _ in _POINT.finditer(text))


SPELLED = rf"(?:an?[ -](?=hundred|thousand|million|billion|dozen))?(?:{_ANY})(?:(?:[ -]|[ ]and[ ])(?:{_ANY}))*"
SCALE = re.compile(r"[ \u00a0-]?(?P<scale>thousand|million|billion|trillion|dozen|bn|mn|tn|[mk](?=\b))(?![^\W_])", re.I)


def value_of(numeral: str, *, commas: bool = False) -> float | None:
    """The value of digits or of a spelled number; None for what only looks like one (`one`, `hundred`).

    `commas`: the text writes decimals with a comma, so that `1.200` is twelve hundred and `1,200` is not.
    """
    if not numeral[0].isdigit():
        return _spelled(re.findall(r"[a-z]+", numeral.lower()))
    mark = decimal_mark(numeral, commas=commas)
    whole, _, decimals = numeral.rpartition(mark) if mark else (numeral, "", "")
    return float(re.sub(r"[^0-9]", "", whole) + "." + (decimals or "0"))


def decimal_mark(numeral: str, *, commas: bool = False) -> str:
    """What stands before the decimals of a numeral in digits: a point, a comma, or nothing."""
    if threes := _THREES.fullmatch(numeral):
        lone = numeral.count(threes["mark"]) == 1
        thousands = "." if commas else ","
        return "" if threes["mark"] == thousands or not lone else threes["mark"]
    last = max(numeral.rfind("."), numeral.rfind(","))
    return numeral[last] if last > 0 else ""


def _spelled(words: list[str]) -> float | None:
    """The value of `two hundred and five`, built group by group."""
    if len(words) == 1 and words[0] not in ("ten", *list(_ONES)[2:], *_TENS):
        return None
    if len(words) > MOST_WORDS:
        return None
    total, group, seen = 0, 0, False
    for word in words:
        if word in ("a", "an"):
            group = 1
        elif word in _ONES or word in _TENS:
            group += _ONES.get(word, 0) + _TENS.get(word, 0)
        elif word in ("hundred", "dozen"):
            group = (group or 1) * _SCALES[word]
        elif word in _SCALES:
            total, group = total + (group or 1) * _SCALES[word], 0
        seen = seen or word in _ONES or word in _TENS or word in _SCALES
    return float(total + group) if seen else None


def scale_of(word: str, *, money: bool) -> float | None:
    """The factor of a scale word; single letters are scales only of money (`$5m`, `£20k`)."""
    word = word.lower()
    if len(word) == 1 and not money:
        return None
    return float(_SCALES.get(word, 0)) or _SHORT.get(word)


def spelled(value: float) -> str | None:
    """A whole number below a hundred in words, or None."""
    if value != int(value) or not 0 <= value < 100:
        return None
    number = int(value)
    ones = list(_ONES)
    if number < 20:
        return ones[number]
    ten = list(_TENS)[number // 10 - 2]
    return ten if number % 10 == 0 else f"{ten}-{ones[number % 10]}"
