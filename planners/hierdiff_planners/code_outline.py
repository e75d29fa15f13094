"""The outline of a package from its modules and functions: files, leaves, signatures, and who imports what."""

from dataclasses import dataclass, field
from typing import final

from hierdiff.budget import budgeted
from hierdiff.ledger import Item, Ledger
from hierdiff.outline import TOPIC_WORDS, Outline, Section, edges_of
from hierdiff.request import Request
from hierdiff.tree_plan import as_code
from hierdiff_planners.names import Slugs
from hierdiff_planners.titles import shortened, title_of

FUNCTION_WEIGHT, MAIN_WEIGHT, TEST_WEIGHT = 10, 8, 8
"""How long the leaves are beside each other."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function to be written: its name, and the names of its arguments."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(slots=True)
class Module:
    """A module to be written: its name, what it is about, its functions in order."""

    name: str
    subject: str
    functions: list[Function] = field(default_factory=list[Function])


def outlined(request: Request, package: str, modules: list[Module]) -> Outline:
    """The plan: `PACKAGE/MODULE.py` for each, then `main.py`, then `tests/test_MODULE.py`; a checked code plan whose
    budgets sum to the request's words. Raises OutlineError where there are more leaves than words."""
    maker = _Maker(request)
    for module in modules:
        maker.module(package, module)
    maker.main(package)
    for module in modules:
        maker.tests(module)
    facts = tuple(item.changed(owner=None) for item in request.facts.items)
    outline = Outline(
        title=title_of(request.goal),
        sections=tuple(maker.sections),
        edges=edges_of(maker.sections, Ledger(items=tuple(maker.items))),
        ledger=Ledger(items=(*facts, *maker.items)),
    )
    return as_code(budgeted(outline, request.words))


@final
class _Maker:
    """Collects sections and symbols; ids are unique, beside the request's facts, too."""

    def __init__(self, request: Request) -> None:
        self.sections: list[Section] = []
        self.items: list[Item] = []
        self._slugs = Slugs()
        self._names = {item.id for item in request.facts.items}
        self._defined: dict[str, list[str]] = {}

    def module(self, package: str, module: Module) -> None:
        """A module's file, a leaf for each of its functions."""
        file = self._file(f"{package}/{module.name}.py", module.subject)
        for function in module.functions:
            topic = shortened(function.name.replace("_", " "), TOPIC_WORDS)
            signature = f"def {function.name}({', '.join(function.arguments)})"
            leaf = self._leaf(file, function.name, "function", topic, FUNCTION_WEIGHT)
            self._defined.setdefault(module.name, []).append(self._symbol(leaf, function.name, signature))

    def main(self, package: str) -> None:
        """The file with the entry point, which imports whatever the modules define."""
        file = self._file("main.py", f"runs {package}")
        needed = tuple(item for items in self._defined.values() for item in items)
        leaf = self._leaf(file, "main", "main", f"run {package} on a small example", MAIN_WEIGHT, needed)
        self._symbol(leaf, "main", "def main() -> None")

    def tests(self, module: Module) -> None:
        """The file with a module's test, which imports what the module defines."""
        name = f"test_{module.name}"
        file = self._file(f"tests/{name}.py", f"tests of {module.name}")
        needed = tuple(self._defined[module.name])
        leaf = self._leaf(file, name, "tests", f"check what {module.name} gives", TEST_WEIGHT, needed)
        self._symbol(leaf, name, f"def {name}() -> None")

    def _file(self, path: str, topic: str) -> str:
        name, order = self._slugs.take(path), self._under(None)
        self.sections.append(Section(id=name, title=path, topic=topic, kind="file", order=order))
        return name

    def _leaf(self, file: str, title: str, kind: str, topic: str, budget: int, requires: tuple[str, ...] = ()) -> str:
        name, order = self._slugs.take(title), self._under(file)
        self.sections.append(
            Section(
                id=name,
                title=title,
                topic=topic,
                kind=kind,
                parent=file,
                order=order,
                budget=budget,
                requires=requires,
            )
        )
        return name

    def _under(self, parent: str | None) -> int:
        """How many sections stand under a parent so far."""
        return sum(section.parent == parent for section in self.sections)

    def _symbol(self, leaf: str, name: str, signature: str) -> str:
        """The ledger's item of a leaf's symbol; its id is the name, where no fact has that."""
        item, number = name, 1
        while item in self._names:
            number += 1
            item = f"{name}.{number}"
        self._names.add(item)
        self.items.append(Item(id=item, kind="symbol", value=signature, owner=leaf))
        self.sections[-1] = self.sections[-1].changed(provides=(item,))
        return item
