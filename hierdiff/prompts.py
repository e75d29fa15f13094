"""Templates: the wording of a run, as jinja2 files.

A template is ours or from a folder that the user names, never from a goal, an outline or a model: those are values, and
what looks like template syntax in them stays text. The environment is sandboxed and an unknown name is an error. A
template may write so much, take so long and go round so often, and no more: see `bounded`.
"""

from pathlib import Path
from typing import Any, final

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, Template

from hierdiff.bounded import Bounds, Sandbox, bound
from hierdiff.errors import FileError

_OURS = Path(__file__).parent / "prompts"


@final
class Templates:
    """Renders templates by name; `folder`, if given, is looked in first. A file is read once."""

    def __init__(self, folder: Path | None = None, *, ours: Path = _OURS) -> None:
        if folder is not None and not folder.is_dir():
            raise FileError(f"{folder} is no folder of templates; name one that holds files such as own.j2")
        folders = [ours] if folder is None else [folder, ours]
        environment = Sandbox(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
        self._bounds = Bounds()
        environment.loader = bound(environment, ChoiceLoader([FileSystemLoader(one) for one in folders]), self._bounds)
        self._environment = environment
        self._loaded: dict[str, Template] = {}

    def render(self, name: str, **values: Any) -> str:
        """The text of template `name`.j2. Raises FileError naming the template when it cannot be rendered."""
        try:
            template = self._loaded.get(name)
            if template is None:
                template = self._loaded[name] = self._environment.get_template(f"{name}.j2")
            with self._bounds:
                return self._bounds.gathered(template.generate(values)).strip()
        except Exception as error:  # whatever a user's template does wrong: jinja2 lets any error through
            said = " ".join(str(error).split())[:300] or type(error).__name__
            raise FileError(f"template '{name}.j2': {said}", about=name) from None
