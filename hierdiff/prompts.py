"""Templates: the wording of a run, as jinja2 files.

A template is ours or from a folder that the user names, never from a goal, an outline or a model: those are values, and
what looks like template syntax in them stays text. The environment is sandboxed and an unknown name is an error.
"""

from pathlib import Path
from typing import Any, final

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.errors import FileError

_OURS = Path(__file__).parent / "prompts"


@final
class Templates:
    """Renders templates by name; `folder`, if given, is looked in first."""

    def __init__(self, folder: Path | None = None, *, ours: Path = _OURS) -> None:
        if folder is not None and not folder.is_dir():
            raise FileError(f"{folder} is no folder of templates", about=str(folder))
        folders = [ours] if folder is None else [folder, ours]
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([FileSystemLoader(one) for one in folders]),
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=False,
        )

    def render(self, name: str, **values: Any) -> str:
        """The text of template `name`.j2. Raises FileError naming the template when it cannot be rendered."""
        try:
            return self._environment.get_template(f"{name}.j2").render(**values).strip()
        except TemplateError as error:
            raise FileError(f"template '{name}.j2': {error}", about=name) from None
