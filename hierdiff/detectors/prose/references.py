"""References: sections, figures, tables, anchors, titles and sources that the text points to and that are not there."""

import re
from collections.abc import Iterable, Iterator
from typing import final

from hierdiff.detectors.prose.targets import Targets, nearest, sharing
from hierdiff.detectors.reading.mentions import LONGEST
from hierdiff.detectors.reading.prose import Sentence
from hierdiff.detectors.reading.reading import Place, Reading, in_order, short
from hierdiff.detectors.reading.words import folded
from hierdiff.document import Document
from hierdiff.findings import Finding

_NUMBER = r"(?:[0-9]{1,4}(?:\.[0-9]{1,4}){0,5}|[A-Z](?:\.[0-9]{1,3}){0,3}|[IVXLC]{1,6})"
_LABEL = re.compile(
    rf"\b(?P<label>[Ss]ections?|[Cc]hapters?|[Ff]igures?|[Ff]igs?\.|[Tt]ables?|[Aa]ppendix)[ \u00a0]"
    rf"(?P<number>{_NUMBER})(?![\w%’'-])(?!\.[0-9])"
)
_NAMED = re.compile(r"[ ]?[,(:–—-]?[ ]?[(]?[\"“](?P<title>[^\"“”\n]{2,80})[\"”]")
_ELSEWHERE = re.compile(
    r"\b(?:RFCs?|ISO|IEC|IEEE|ECMA|W3C|ANSI|Act|Acts|Code|Law|Treaty|Directive|Regulation|License|Licence|Constitution"
    r"|Agreement|Title|Terms|GPL|LGPL|AGPL|MPL|Unicode|POSIX|[Ss]pec|[Ss]pecification|[Ss]tandard|[Mm]anual|[Bb]ook"
    r"|[Pp]aper|[Aa]rticle|et al|U\.S\.C|CFR|arXiv|statute|[Dd]ocumentation|[Gg]uide|[Hh]andbook|[Tt]extbook)\b|§"
)
_QUOTED = re.compile(
    r"(?:\b(?<!should )(?<!will )(?<!can )(?<!to )(?<!you )(?:[Ss]ee|[Rr]efer to)(?: also)?"
    r"(?P<word>(?: the)? (?:section|chapter)(?: on| called| titled|,)?)?"
    r"|\b(?P<word2>[Ss]ection|[Cc]hapter)(?: on| called| titled|,)?)"
    r" [\"“](?P<title>[^\"“”\n]{2,80}?)[,.]?[\"”](?!\]?\()"
)
_THE_SECTION = re.compile(
    r"\b(?:[Ss]ee|[Rr]efer to|(?:describ|discuss|explain|cover|show|list)ed in|[Aa]s|[Ii]n) the "
    r"[\"“](?P<title>[^\"“”\n]{2,80}?)[\"”] (?P<word>section|chapter)\b(?P<word2>)"
)
_WORK = re.compile(r"\s+(?:by|from|in|at|of|button|link|page|tab|menu|field|option|column|box)\b")
_ANCHOR = re.compile(
    r"\]\(#(?P<one>[^\s()\"]{1,300})(?:[ \t]+\"[^\"\n]{0,200}\")?\)"
    r"|^ {0,3}\[[^\[\]]{1,300}\]:[ \t]*#(?P<two>\S{1,300})",
    re.M,
)
_CITED = re.compile(r"(?<![\]!\\])\[(?P<list>[0-9]{1,3}(?:[ ]?[,;–-][ ]?[0-9]{1,3}){0,20})\](?![(\[:])")
_BY_LABEL = re.compile(r"(?<![\\\]\w!\[`])\[[^\[\]\n`]{1,200}\]\[(?P<label>[^\[\]\n^`]{1,100})\](?![\[(:])")
_FOOTNOTE = re.compile(r"\[\^(?P<id>[^\[\]\s]{1,100})\](?!:)")


@final
class References:
    """Finds what points nowhere. `expected` is the one target that nearly has the name, if there is exactly one.

    A reference that may point into another work (a law, a standard, a book) is left alone.
    """

    def find(self, document: Document) -> Iterable[Finding]:
        """The findings, in order of place."""
        reading = Reading(document, "references")
        targets = Targets(reading.prose, reading.text)
        found = [*_anchors(reading, targets), *_footnotes(reading, targets), *_labels(reading, targets)]
        for sentence in reading.prose.sentences:
            if len(sentence.plain) > LONGEST:
                continue
            found += _numbered(reading, targets, sentence)
            found += _titled(reading, targets, sentence)
            found += _cited(reading, targets, sentence)
        return in_order(found)


def _numbered(reading: Reading, targets: Targets, sentence: Sentence) -> Iterator[Finding]:
    for match in _LABEL.finditer(sentence.plain):
        kind = _kind(match["label"])
        number = match["number"]
        if targets.caption_at(sentence.start + match.start()) or _outside(sentence.plain, match):
            continue
        if not targets.lacks(kind, number):
            continue
        expected = _right_number(targets, kind, number, sentence.plain[match.end() :])
        place = _within(sentence, match, "number")
        reason = f"The text refers to {kind} {number}, but there is no such {kind}."
        yield reading.finding(kind, [place], reason, expected=expected)


def _kind(label: str) -> str:
    label = label.lower()
    for start, kind in (("sec", "section"), ("cha", "chapter"), ("fig", "figure"), ("tab", "table")):
        if label.startswith(start):
            return kind
    return "appendix"


def _outside(plain: str, match: re.Match[str]) -> bool:
    """Whether the sentence speaks of another work: `section 4 of the Act`, `RFC 9110, Section 3`."""
    after = plain[match.end() : match.end() + 60]
    of = re.match(r"[)\s,]*(?:of|in|from|to) (?!(?:this|the) (?:report|document|text|chapter|section|paper)\b)", after)
    return bool(of) or bool(_ELSEWHERE.search(plain)) or "\ufffc" in after[:4]


def _right_number(targets: Targets, kind: str, number: str, after: str) -> str | None:
    """The number that goes with a title right behind the reference, or the only one that is a slip away."""
    named = _NAMED.match(after)
    if named and (known := targets.number_of(named["title"])):
        return known
    return nearest(number, targets.numbers(kind), slips=1)


def _titled(reading: Reading, targets: Targets, sentence: Sentence) -> Iterator[Finding]:
    """A section called by its title, in quotation marks."""
    for pattern in (_QUOTED, _THE_SECTION):
        for match in pattern.finditer(sentence.plain):
            title = match["title"].strip()
            sure = bool(match["word"] or match["word2"])
            if (
                targets.has_title(title)
                or len(targets.titles) < 2
                or "\ufffc" in title
                or _outside(sentence.plain, match)
            ):
                continue
            expected = nearest(title, targets.titles, slips=0)
            if not sure and not (expected or _like_a_title(title)):
                continue
            if not sure and _WORK.match(sentence.plain, match.end()):
                continue
            if sure and expected is None:
                expected = sharing(title, targets.titles)
            reason = f"The text refers to a section '{short(title)}', but none has that title."
            yield reading.finding("title", [_within(sentence, match, "title")], reason, expected=expected)


def _like_a_title(title: str) -> bool:
    found = title.split()
    return len(found) <= 4 and title[:1].isupper() and not title.endswith((".", "!", "?"))


def _anchors(reading: Reading, targets: Targets) -> Iterator[Finding]:
    for match in _ANCHOR.finditer(reading.text):
        group = "one" if match["one"] else "two"
        name = match[group]
        if targets.has_anchor(name) or not reading.prose.in_language(match.start()):
            continue
        expected = nearest(name, targets.slugs, slips=2)
        reason = f"The link to #{short(name)} leads nowhere: no heading has that name."
        yield reading.finding("link", [match.span(group)], reason, expected=expected)


def _labels(reading: Reading, targets: Targets) -> Iterator[Finding]:
    """Links by label, `[text][label]`, whose label is never defined, in a text that defines others."""
    if not targets.labels:
        return
    for match in _BY_LABEL.finditer(reading.text):
        name = match["label"]
        known = targets.has_label(name) or name.isdigit()
        if not known and reading.prose.in_language(match.start()) and reading.prose.in_language(match.start("label")):
            expected = nearest(name, targets.labels, slips=2)
            reason = f"The link to [{short(name)}] leads nowhere: that label is never defined."
            yield reading.finding("link label", [match.span("label")], reason, expected=expected)


def _cited(reading: Reading, targets: Targets, sentence: Sentence) -> Iterator[Finding]:
    """Sources by number, if the document has a list of sources at all."""
    if not targets.sources or targets.among_sources(sentence.start):
        return
    for match in _CITED.finditer(sentence.plain):
        for number in re.finditer(r"[0-9]+", match["list"]):
            if int(number.group()) not in targets.sources:
                start = sentence.start + match.start("list") + number.start()
                place = (start, start + len(number.group()))
                expected = nearest(number.group(), [str(one) for one in sorted(targets.sources)], slips=1)
                reason = f"Source [{number.group()}] is cited, but the list of sources has no such entry."
                yield reading.finding("citation", [place], reason, expected=expected)


def _footnotes(reading: Reading, targets: Targets) -> Iterator[Finding]:
    if not targets.footnotes:
        return
    for match in _FOOTNOTE.finditer(reading.text):
        if folded(match["id"]) not in targets.footnotes and reading.prose.in_language(match.start()):
            reason = f"The footnote [^{short(match['id'])}] is never given."
            yield reading.finding("footnote", [match.span("id")], reason)


def _within(sentence: Sentence, match: re.Match[str], group: str) -> Place:
    return sentence.start + match.start(group), sentence.start + match.end(group)
