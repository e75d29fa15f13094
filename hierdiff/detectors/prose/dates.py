"""Dates: what cannot be: days that no month has, wrong weekdays, ends before beginnings, years that do not add up."""

import re
from calendar import day_name, monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from typing import final

from hierdiff.detectors.reading.dates import MONTHS, dates
from hierdiff.detectors.reading.mentions import LONGEST
from hierdiff.detectors.reading.numerals import SPELLED, value_of
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Reading, in_order, short
from hierdiff.document import Document
from hierdiff.findings import Finding

_Y = r"(?:1[0-9]{3}|20[0-9]{2})"
_DIGIT = re.compile(r"[0-9]{2}")
_WEEKDAY = re.compile(r"\b(?P<day>Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,?[ \u00a0](?:the )?$")
_SPAN = re.compile(
    rf"\b(?:from|From|between|Between)[ \u00a0](?P<a>{_Y})[ \u00a0](?:to|until|till|through|and)"
    rf"[ \u00a0](?P<b>{_Y})\b"
    rf"|(?<![\w.,/–—-])(?P<c>{_Y})[–—](?P<d>{_Y})(?![\w–—/-])(?!\.[0-9])"
)
_ORDER = re.compile(
    rf"\b[Ii]n (?P<a>{_Y}),? (?:[a-z]{{2,12}} ){{0,3}}(?P<how>before|after) (?:the )?(?:[\w’'-]{{2,20}} ){{0,4}}"
    rf"(?:of |in )?(?P<b>{_Y})\b"
)
_APART = re.compile(
    rf"\b[Ii]n (?P<a>{_Y}),? (?:just |only |exactly )?(?P<n>[0-9]{{1,3}}|{SPELLED}) years (?P<how>before|after)"
    rf" (?:the )?(?:[\w’'-]{{2,20}} ){{0,4}}(?:of |in )?(?P<b>{_Y})\b",
    re.I,
)
_LATER = re.compile(
    rf"\b[Ii]n (?P<a>{_Y})[^.;:0-9]{{1,80}}?(?P<n>[0-9]{{1,3}}|{SPELLED}) years (?P<how>later|earlier)"
    rf",? in (?P<b>{_Y})\b",
    re.I,
)
_BEGINS = r"born|founded|established|built|opened|began|started|launched|created|inaugurated"
_ENDS = r"died|dissolved|demolished|closed|ended|destroyed|abolished|dismantled|scrapped"
_LIFE = re.compile(
    rf"\b(?P<begin>{_BEGINS}) (?:[a-z]{{2,12}} ){{0,3}}in (?P<a>{_Y})\b[^.;0-9]{{0,60}}?\b(?P<end>{_ENDS})"
    rf" (?:[a-z]{{2,12}} ){{0,3}}in (?P<b>{_Y})\b"
)
_AROUND = re.compile(r"\b(?:about|around|some|nearly|almost|over|roughly|more than|less than)\s*$", re.I)


@final
class Dates:
    """Finds dates that contradict the calendar or their own sentence. Two sentences on one date are for `Numbers`."""

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "dates")
        found: list[Finding] = []
        for sentence in reading.prose.sentences:
            if len(sentence.plain) <= LONGEST and _DIGIT.search(sentence.plain):
                found += [*_calendar(reading, sentence), *_spans(reading, sentence), *_orders(reading, sentence)]
        return in_order(found)


def _calendar(reading: Reading, sentence: Sentence) -> Iterator[Finding]:
    """Days that a month does not have, and weekdays that a date did not fall on."""
    for one in dates(sentence.plain):
        if not one.month or not one.day:
            continue
        place = (sentence.start + one.start, sentence.start + one.stop)
        last = monthrange(one.year or 2000, one.month)[1]
        if one.day > last:
            month = MONTHS[one.month - 1] + (f" {one.year}" if one.year else "")
            yield reading.finding("impossible date", [place], f"{month} has only {last} days.")
            continue
        named = _WEEKDAY.search(sentence.plain[max(0, one.start - 16) : one.start])
        if named is not None and one.year >= 1800:
            right = day_name[date(one.year, one.month, one.day).weekday()]
            if right != f"{named['day']}day":
                start = place[0] - (min(16, one.start) - named.start("day"))
                reason = f"{short(sentence.plain[one.start : one.stop])} was a {right}."
                yield reading.finding("weekday", [(start, start + len(named["day"]) + 3)], reason, expected=right)


def _spans(reading: Reading, sentence: Sentence) -> Iterator[Finding]:
    """Spans of years that end before they begin."""
    for match in _SPAN.finditer(sentence.plain):
        low, high = ("a", "b") if match["a"] else ("c", "d")
        if int(match[low]) > int(match[high]):
            reason = f"A span from {match[low]} to {match[high]} ends before it begins."
            yield _finding(reading, sentence, match, high, low, reason)


def _orders(reading: Reading, sentence: Sentence) -> Iterator[Finding]:
    """Years of which the words between them say which is the earlier one, or by how many years."""
    plain = sentence.plain
    for match in _ORDER.finditer(plain):
        if (int(match["a"]) < int(match["b"])) != (match["how"] == "before") and match["a"] != match["b"]:
            reason = f"{match['a']} is not {match['how']} {match['b']}."
            yield _finding(reading, sentence, match, "a", "b", reason)
    for match in _LIFE.finditer(plain):
        if int(match["a"]) > int(match["b"]):
            reason = f"What was {match['begin']} in {match['a']} cannot have {match['end']} in {match['b']}."
            yield _finding(reading, sentence, match, "b", "a", reason)
    for pattern in (_APART, _LATER):
        for match in pattern.finditer(plain):
            years = value_of(match["n"])
            if years is None or _AROUND.search(plain[: match.start("n")]):
                continue
            later = match["how"].lower() in ("after", "earlier")
            right = int(match["b"]) + int(years) * (1 if later else -1)
            if abs(int(match["a"]) - right) > 1:
                reason = f"{match['a']} and {match['b']} are not {match['n']} years apart."
                yield _finding(reading, sentence, match, "n", "b", reason)


def _finding(
    reading: Reading, sentence: Sentence, match: re.Match[str], wrong: str, stands: str, reason: str
) -> Finding:
    place, against = (
        (sentence.start + match.start(group), sentence.start + match.end(group)) for group in (wrong, stands)
    )
    return reading.finding("order", [place], reason, against=[against])
