"""Trees: folders of six Python files, written from templates, with the contract that their plan would hold.

The same number gives the same tree. Trees differ in what they are about, in how they are built (functions, classes in
a package, rules on a command line), and in which words name their parts.
"""

import ast
from functools import cache, cached_property
from pathlib import Path
from random import Random

from hierdiff.document import Document
from hierdiff.ledger import Item, Ledger
from hierdiff.tree import tree_of
from hierdiff.values import Value

HERE = Path(__file__).parent / "code"
WORDS = (
    ("parcel", "depot", "weight", "shelf"), ("book", "branch", "pages", "stack"), ("tool", "workshop", "cost", "hook"),
    ("ticket", "hall", "price", "row"), ("recipe", "kitchen", "minutes", "drawer"), ("letter", "store", "mark", "box"),
    ("tree", "orchard", "height", "slope"), ("sensor", "site", "reading", "roof"), ("boat", "harbour", "crew", "berth"),
)  # fmt: skip
"""What a thing, a group of them, their amount and their place are called."""


class Tree(Value):
    """A tree without a mistake: its number, its files by path, the signatures that the plan gave."""

    number: int
    texts: dict[str, str]
    ledger: Ledger

    @cached_property
    def text(self) -> str:
        """All files, one after the other."""
        return "".join(self.texts.values())

    @property
    def tokens(self) -> float:
        """How long it is, as a tokenizer would count it."""
        return len(self.text) / 3.2

    def document(self, texts: dict[str, str] | None = None) -> Document:
        """The tree, or files made from it, as a reader of the folder gets it."""
        return tree_of(texts or self.texts).changed(ledger=self.ledger)


@cache
def templates() -> tuple[str, ...]:
    """The files of each template, each behind a line with its path."""
    return tuple(path.read_text("utf-8") for path in sorted(HERE.glob("*.txt")))


def tree(number: int) -> Tree:
    """The tree of that number."""
    all = templates()
    words = WORDS[Random(f"tree {number}").randrange(len(WORDS))]
    texts: dict[str, str] = {}
    for block in all[number % len(all)].split("=== ")[1:]:
        path, _, text = block.partition("\n")
        texts[path] = _named(text, words)
    return Tree(number=number, texts=texts, ledger=Ledger(items=tuple(_contract(texts))))


def _named(text: str, words: tuple[str, ...]) -> str:
    """A text about these words; the file that a thing has to itself keeps its name."""
    for name, word in zip(("thing", "group", "amount", "place"), words, strict=True):
        text = text.replace(f"desk.{name} ", f"desk.@{name[0]} ")
        text = text.replace(name, word).replace(name.capitalize(), word.capitalize())
        text = text.replace(f"desk.@{name[0]} ", f"desk.{name} ")
    return text


def _contract(texts: dict[str, str]) -> list[Item]:
    """The signatures of all functions at the top of a file, owned by it."""
    items: list[Item] = []
    for path, text in texts.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef):
                signature = (
                    f"def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns or ast.Name('None'))}"
                )
                name = f"{path}:{node.name}"
                items.append(Item(id=name, kind="symbol", value=signature, signature=signature, owner=path))
    return items
