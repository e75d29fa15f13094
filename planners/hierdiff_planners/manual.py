"""ManualPlanner: the outline is a file that somebody wrote."""

from pathlib import Path
from typing import final

from hierdiff.budget import budgeted
from hierdiff.errors import FileError
from hierdiff.ledger import Ledger
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Planner
from hierdiff.request import Request
from hierdiff.tree_plan import planned_for
from hierdiff.yaml_text import parse_yaml, read_text
from hierdiff_planners import markdown_outline, yaml_outline

YAML_ENDINGS = (".yaml", ".yml", ".json")
MARKDOWN_ENDINGS = (".md", ".markdown", ".txt")


def read_outline(path: str | Path, *, facts: Ledger | None = None) -> tuple[Outline, int | None]:
    """The outline in a YAML or Markdown file, and the words it asks for (None if it says nothing of its length).

    Budgets are as they are written; `facts` are put into the ledger. A file without `words` whose leaves all have
    their own asks for their sum. Raises FileError or OutlineError, naming the file.
    """
    path = Path(path).expanduser()
    facts = facts or Ledger()
    text = read_text(_known(path))
    if path.suffix.lower() in MARKDOWN_ENDINGS:
        return markdown_outline.outline_from(text, facts, file=str(path), title=path.stem), None
    outline, words = yaml_outline.outline_from(parse_yaml(text, name=str(path)), facts, file=str(path))
    budgets = [leaf.budget for leaf in outline.leaves]
    return outline, words or (sum(budgets) if all(budgets) else None)


@final
class ManualPlanner:
    """Plans by reading an outline file.

    The request's facts go into its ledger and its words are shared out over the sections. A request that was made
    without `words` leaves the length to the file. Sections stay as they are written, whatever the backend's canvases
    take: reading a file opens no backend.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = _known(Path(path).expanduser())

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The file's outline with budgets. Raises FileError or OutlineError, naming the file."""
        outline, words = read_outline(self._path, facts=request.facts)
        outline = planned_for(request, outline)
        asked = "words" in request.model_fields_set
        return budgeted(outline, request.words if asked or words is None else words)


def open_manual(target: str) -> Planner:
    """The planner of `manual:FILE`. Raises FileError if no file is named, or one that is neither YAML nor Markdown."""
    if not target.strip():
        raise FileError("the manual planner needs an outline file: manual:outline.yaml, or --outline outline.yaml")
    return ManualPlanner(target.strip())


def _known(path: Path) -> Path:
    """The path, if its ending says that it is YAML or Markdown."""
    if path.suffix.lower() not in (*YAML_ENDINGS, *MARKDOWN_ENDINGS):
        endings = ", ".join((*YAML_ENDINGS, *MARKDOWN_ENDINGS))
        raise FileError(f"{path} is no outline file: its name must end in {endings}", about=str(path))
    return path
