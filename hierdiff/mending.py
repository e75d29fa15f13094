"""Mending: whatever a model or a file gave becomes a valid outline by stated rules, or an OutlineError says why not.

Models number sections twice, name what is not there, let two sections own one figure and everything wait for
everything. Each rule repairs one such thing and leaves a Mend that says so; nothing is repaired by guessing twice, and
no section goes without a word. The rules, in the order in which they act:

    size, sections, items   caps; over them there is an error
    shape, keys, types      what is no list, key, text or number of ours is read as what it must mean, or left out
    depth                   what stands too deep follows its parent instead
    title, unique ids       everything has both; the second of two equal ids is renamed, references mean the first
    topic, length           a long topic goes to the brief; `min` does not exceed `max`
    one provider, one value the first in reading order keeps an item; the others require it; given facts count
    provided                what nobody provides, the first of several that require it does; a single one covers it
    known ends, self        links lead to sections, by id or title, and to others than oneself
    acyclic                 circles are loosened by items of known value, else fused on one canvas, else an error

Mending what was mended changes nothing.
"""

from pydantic import Field, ValidationError

from hierdiff.budget import budgeted
from hierdiff.errors import OutlineError
from hierdiff.ledger import Ledger
from hierdiff.mending_items import ledger_of
from hierdiff.mending_links import Circles, edges_from, groups_of, read_edges, settle_ends
from hierdiff.mending_plain import Mend as Mend
from hierdiff.mending_plain import Notes, check_size, listed, mapping, text_of, whole_of
from hierdiff.mending_sections import Draft, drafts_of
from hierdiff.outline import Outline
from hierdiff.outline_file import FILE_KEYS
from hierdiff.request import MOST_WORDS
from hierdiff.spans import printable
from hierdiff.values import Value

TOKENS_PER_WORD = 1.35
WORDS_EACH = 150
"""Words that a section counts for where nothing says how long it, or the whole, is to be."""


class Limits(Value):
    """How large a plan may be: sections, levels, items, tokens of the plan itself; and how often a planner may be asked
    again (`rounds`), which is for the planner to heed."""

    sections: int = Field(default=400, ge=1, le=200_000)
    depth: int = Field(default=6, ge=1, le=25)
    items: int = Field(default=2_000, ge=0)
    tokens: int = Field(default=60_000, ge=1)
    rounds: int = Field(default=3, ge=1)


LIMITS = Limits()


class Mended(Value):
    """A valid outline, and what was done to make it one."""

    outline: Outline
    mends: tuple[Mend, ...] = ()


def mended(
    raw: object,
    *,
    title: str,
    words: int | None,
    facts: Ledger,
    limits: Limits = LIMITS,
    comfortable: int | None = None,
    tokens_per_word: float = TOKENS_PER_WORD,
) -> Mended:
    """The outline that `raw` must mean: the content of an outline file, or something like it.

    `title` is for a plan without one. Sections that wait for each other share one canvas where their budgets, shared
    out of `words`, fit its `comfortable` tokens; without it nothing is fused. Budgets are as they are given: `fitted`
    shares them out. Raises OutlineError, naming the section or item and the rule, for what no rule repairs.
    """
    notes = Notes()
    title = printable(text_of(title)) or "Untitled"
    check_size(raw, title=title, tokens=limits.tokens)
    plan = _plan(raw, notes, title)
    title = printable(text_of(plan.get("title"))) or title
    try:
        drafts = drafts_of(plan.get("sections"), notes, title=title, most=limits.sections, depth=limits.depth)
        read_edges(drafts, plan.get("edges"), notes, title=title)
        ledger = ledger_of(drafts, plan.get("facts"), facts, notes, most=limits.items + len(facts.items))
        settle_ends(drafts, notes)
        circles = Circles(drafts, ledger, notes)
        circles.clear_lines()
        groups = groups_of(drafts, plan.get("fused"), notes)
        budgets = _budgets(drafts, words or whole_of(plan.get("words")))
        fit = None if comfortable is None else int(comfortable / tokens_per_word)
        fused = circles.settled(groups, budgets, fit)
        sections = tuple(draft.section() for draft in drafts)
        edges = edges_from(drafts, ledger)
        outline = Outline(title=title, sections=sections, edges=edges, ledger=ledger, fused=fused)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise OutlineError(f"the plan cannot be mended: {where} {first['msg']}", about=title, rule="format") from None
    return Mended(outline=outline, mends=notes.mends)


def _plan(raw: object, notes: Notes, title: str) -> dict[str, object]:
    """The plan by its keys: a mapping of ours, one inside another, or a list of sections."""
    pairs = mapping(raw)
    if pairs is None:
        if isinstance(raw, str) or listed(raw) is None:
            raise OutlineError("the plan is no mapping and no list of sections", about=title, rule="shape")
        return {"sections": raw}
    plan = {text_of(key).strip().lower(): value for key, value in pairs.items()}
    for other in ("outline", "plan", "document", "children", "subsections", "items"):
        if "sections" in plan or other not in plan:
            continue
        value = plan.pop(other)
        inner = mapping(value) or {}
        notes.add("shape", title, f"the plan stood under '{other}'")
        plan |= {text_of(key): one for key, one in inner.items()} if "sections" in inner else {"sections": value}
    for key in [key for key in plan if key not in FILE_KEYS and text_of(plan[key])]:
        notes.add("keys", title, f"'{key[:60]}' was left out: {text_of(plan.pop(key))[:500]}")
    return plan


def _budgets(drafts: list[Draft], words: int | None) -> dict[str, int]:
    """The words of each leaf, as they would be shared out."""
    sections = tuple(draft.section().changed(least=0, most=None) for draft in drafts)
    outline = Outline(title="budgets", sections=tuple(one.changed(provides=(), requires=()) for one in sections))
    leaves = outline.leaves
    said = [leaf.budget for leaf in leaves if leaf.budget]
    each = sum(said) // len(said) if said else WORDS_EACH
    whole = words if words and words > 0 else sum(leaf.budget or each for leaf in leaves)
    shared = budgeted(outline, max(len(leaves), min(whole, max(MOST_WORDS, sum(said)))))
    return {leaf.id: leaf.budget for leaf in shared.leaves}
