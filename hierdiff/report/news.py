"""News: what happens to a plan while it is carried out, and what was quoted for it, in one line each."""

from collections.abc import Callable

from hierdiff.events import Amended, Corrected, Finished, Kept, Lost, Moved, Quoted, Realised, Retried
from hierdiff.report.columns import fitted
from hierdiff.report.plain import count, one_line
from hierdiff.report.progress import News

_WAYS = {"again": "once more", "seed": "from a new seed", "halves": "in two halves"}


def news_line(event: News, title: Callable[[str], str]) -> str:
    """The event in words; `title` gives the title of a section."""
    match event:
        case Retried(section=section, why=why, way=way):
            return f"{fitted(title(section), 60)} {_WAYS[way]}: {one_line(why)}"
        case Kept(section=section, why=why, tries=tries):
            best = "it stands" if tries == 1 else f"the best of {count(tries, 'try', 'tries')} stands"
            return f"{fitted(title(section), 60)}: {one_line(why)}; {best}"
        case Lost(section=section, error=error, message=message):
            return f"{fitted(title(section), 60)}: {error}: {one_line(message)}"
        case Moved(words=words, budgets=budgets):
            less = "fewer" if words < 0 else "more"
            return f"{count(abs(words), 'word')} {less} than planned so far: {_resized(words, len(budgets))}"
        case Realised(item=item, section=section, value=value, told=told):
            expected = f", not {fitted(told, 40)}" if told is not None else ""
            return f"{one_line(item)} is {fitted(value, 60)}{expected}, says {fitted(title(section), 60)}"
        case Amended(reason=reason):
            return one_line(reason)
        case Corrected(section=section, told=told, value=value, revisions=revisions):
            change = f"{fitted(told, 40)!r} -> {fitted(value, 40)!r}"
            return f"{fitted(title(section), 60)}: {change} ({count(len(revisions), 'span')})"


def _resized(words: int, sections: int) -> str:
    become = "becomes" if sections == 1 else "become"
    return f"{count(sections, 'section')} to come {become} {'longer' if words < 0 else 'shorter'}"


def quote_line(quote: Quoted) -> str:
    """A quote in a line: work, the part of it that cannot be done at once, and the time, if one is known."""
    canvas = count(quote.canvases, "canvas", "canvases")
    text = f"{count(quote.tokens, 'token')} on {canvas}, {quote.critical_tokens:,} of them one after another"
    return text if quote.seconds is None else f"{text}, {span(quote.seconds)}"


def span(seconds: tuple[float, float]) -> str:
    """A range of time as people say it."""
    low, high = seconds
    return f"{low:.1f} to {high:.1f} s" if high < 120 else f"{low / 60:.1f} to {high / 60:.1f} min"


def against(finished: Finished) -> str:
    """What was quoted, to be put behind what it took; "" where nothing was."""
    quote = finished.quoted
    if quote is None or not finished.cost.tokens:
        return ""
    time = "" if quote.seconds is None else f", {span(quote.seconds)}"
    return f" (quoted {quote.tokens:,} tokens{time}; it took {finished.cost.tokens:,})"
