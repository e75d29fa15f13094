"""Outlines read from Markdown: headings nest into sections, prose is the brief, a list is what must be covered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import ValidationError

from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.names import Slugs
from hierdiff.outline import Outline, Section, edges_of
from hierdiff_planners.yaml_outline import problem_of


@dataclass(slots=True)
class _Heading:
    """A heading with what stands under it, up to the next one."""

    level: int
    title: str
    line: int
    prose: list[str] = field(default_factory=list[str])
    bullets: list[str] = field(default_factory=list[str])


def outline_from(text: str, facts: Ledger, *, file: str, title: str) -> Outline:
    """The outline that a Markdown text holds; `title` is for one that does not begin with its only `#` heading.

    Raises OutlineError, naming the file, for a text without headings beside its title. Prose under the title is left
    out: it belongs to no section.
    """
    headings = _headings(text)
    tops = [heading for heading in headings if heading.level == 1]
    if headings and tops == headings[:1]:
        title = headings.pop(0).title or title
    if not headings:
        raise OutlineError(f"{file} has no section headings; give each section a line such as '## Causes'", about=file)
    sections = _sections(headings, file)
    try:
        return Outline(title=title, sections=sections, edges=edges_of(sections, facts), ledger=facts)
    except OutlineError as error:
        raise OutlineError(f"{file}: {error}", about=error.about, rule=error.rule) from None
    except ValidationError as error:
        raise OutlineError(f"{file}: {problem_of(error)}", rule="format") from None


def _sections(headings: Sequence[_Heading], file: str) -> tuple[Section, ...]:
    sections: list[Section] = []
    slugs = Slugs()
    above: list[tuple[int, str]] = []
    for number, heading in enumerate(headings):
        while above and above[-1][0] >= heading.level:
            above.pop()
        name = slugs.take(heading.title)
        try:
            section = Section(
                id=name,
                title=heading.title,
                brief="\n\n".join(heading.prose),
                parent=above[-1][1] if above else None,
                order=number,
                must_cover=tuple(heading.bullets),
            )
        except ValidationError as error:
            where = f"{file}, line {heading.line + 1}"
            raise OutlineError(f"{where}: {problem_of(error)}", about=heading.title, rule="format") from None
        sections.append(section)
        above.append((heading.level, name))
    return tuple(sections)


def _headings(text: str) -> list[_Heading]:
    """The headings in order, each with the prose and the list items below it."""
    tokens = MarkdownIt("commonmark").parse(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[_Heading] = []
    in_list = 0
    for token, after in pairwise([*tokens, Token("end", "", 0)]):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            in_list += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            in_list -= 1
        elif token.type == "heading_open" and token.level == 0 and token.map:
            found.append(_Heading(int(token.tag[1:]), _plain(after), token.map[0]))
        elif found and token.type == "inline" and in_list:
            found[-1].bullets.append(_plain(token))
        elif found and token.level == 0 and token.map and token.nesting >= 0 and not _is_heading(token):
            found[-1].prose.append("\n".join(lines[token.map[0] : token.map[1]]).strip())
    return found


def _is_heading(token: Token) -> bool:
    return token.type.startswith("heading") or token.type == "hr"


def _plain(token: Token) -> str:
    """An inline token's text without its markup, as one line."""
    text = "".join(" " if child.type.endswith("break") else child.content for child in token.children or [])
    return " ".join(text.split())
