"""Roles: whether a sentence says of a name that it fills a role, `the mayor, N`, `N, who runs the ferry`."""

from collections.abc import Iterable, Iterator, Sequence

from hierdiff.detectors.reading.spellings import Token
from hierdiff.detectors.reading.words import stem, stems, word_set

REACH = 8
"""Words within which what a deed is done to stands."""
_LINKS = word_set(
    """
    is was are were be been held by the a an of to post office position role job title as for now currently still our
    their its his her lies belongs filled taken remains named called mr mrs ms dr sir lady professor prof who which
    """
)
_OPENS = word_set("the a an our their its his her this that of by as and to with is was from for")
_MARKS = ("", ",", ":", "(", "—", "–")
_DEEDS = {
    stem(agent): frozenset(map(stem, deeds))
    for agent, *deeds in (
        line.split()
        for line in """
        owner owns owned belongs belong
        operator operates operated runs run
        author wrote written writes
        architect designed designs drew drawn
        designer designed designs drew drawn
        director directs directed led leads
        head heads headed led leads
        leader led leads
        manager manages managed runs run
        chair chairs chaired
        publisher publishes published
        vendor sells sold
        seller sells sold
        supplier supplies supplied delivers delivered
        sponsor sponsors sponsored funds funded
        funder funds funded
        builder built builds
        contractor built builds
        keeper keeps kept
        winner won
        host hosts hosted
        tenant rents rented leases leased
        """.strip().splitlines()
    )
}
_AGENT = ("er", "or", "ist")


def filled(text: str, sentence: Sequence[Token], run: Sequence[Token], about: str) -> bool:
    """Whether nothing but small words parts a name from the role (`about`), or from what one in that role does."""
    at = next(number for number, token in enumerate(sentence) if token is run[0])
    before, after = sentence[:at], sentence[at + len(run) :]
    wanted = stems(about)
    if not wanted:
        return False
    left, right = _joined(text, before, run[0]), _joined(text, after, run[-1], forwards=True)
    if _reaches(left, wanted, back=True) or _reaches(right, wanted, back=False):
        return True
    return _done(before, left, wanted, about) or _does(after, wanted, about)


def _joined(text: str, tokens: Sequence[Token], edge: Token, *, forwards: bool = False) -> list[Token]:
    """The words on one side of a name, nearest first, as far as no full mark parts them."""
    found: list[Token] = []
    for token in tokens if forwards else reversed(tokens):
        gap = text[edge.stop : token.start] if forwards else text[token.stop : edge.start]
        if gap.strip() not in _MARKS:
            break
        found.append(token)
        edge = token
    return found


def _reaches(near: Sequence[Token], wanted: frozenset[str], *, back: bool) -> bool:
    """Whether all the words of a role come next but for small words, and no other word describes them."""
    left = set(wanted)
    for number, token in enumerate(near):
        if (word := stem(token.text)) in left:
            left.discard(word)
            if not left:
                return _plain(near[number + 1 :], back=back)
        elif token.text.lower() not in _LINKS:
            return False
    return False


def _plain(rest: Sequence[Token], *, back: bool) -> bool:
    """Whether what stands beyond a role makes it no other one: no `deputy` before it, no `of X` behind it."""
    if not rest or rest[0].joint is None:
        return True
    beyond = rest[0].text.lower()
    return beyond in _OPENS if back else beyond != "of"


def _deeds(about: str) -> frozenset[str]:
    """The stems of what somebody in a role does: what its first word says, without its ending or by the list."""
    agent = about.split()[0].lower()
    own = {stem(agent.removesuffix(ending)) for ending in _AGENT if agent.endswith(ending) and len(agent) > 5}
    return _DEEDS.get(stem(agent), frozenset()) | own


def _things(wanted: Iterable[str], about: str) -> frozenset[str]:
    return frozenset(wanted) - {stem(about.split()[0])}


def _done(before: Sequence[Token], left: Sequence[Token], wanted: frozenset[str], about: str) -> bool:
    """`THING is run by N`, `THING belongs to N`."""
    deed = next(_content(left), None)
    passive = deed is not None and any(token.text.lower() in ("by", "to") for token in left[: left.index(deed)])
    return passive and deed is not None and _told(before[-REACH:], deed, wanted, about)


def _does(after: Sequence[Token], wanted: frozenset[str], about: str) -> bool:
    """`N runs THING`, `N, who runs THING`."""
    deed = next(_content(after[:3]), None)
    return deed is not None and _told(after[:REACH], deed, wanted, about)


def _content(tokens: Iterable[Token]) -> Iterator[Token]:
    """The words that are no mere links; what belongs to somebody is told by the verb itself."""
    return (token for token in tokens if token.text.lower() not in _LINKS or token.text.lower() == "belongs")


def _told(tokens: Sequence[Token], deed: Token, wanted: frozenset[str], about: str) -> bool:
    things = _things(wanted, about)
    return stem(deed.text) in _deeds(about) and bool(things) and things <= {stem(token.text) for token in tokens}
