"""Wording: the prompts of our planners, as jinja2 files of this package.

What a user, an outline or a model wrote is a value of a template and never part of one; the environment is sandboxed,
and a name that a template does not know is an error.
"""

from importlib import resources
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hierdiff.request import Request

MOST_FACTS = 60
"""Facts and items that a prompt lists at most."""


def worded(name: str, **values: Any) -> str:
    """The text of the template `prompts/NAME.j2` with these values."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    source = resources.files("hierdiff_planners").joinpath(f"prompts/{name}.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(**values).strip()


def said(request: Request) -> dict[str, Any]:
    """What every prompt may say of a request, its texts on one line each."""
    return {
        "goal": request.goal,
        "kind": request.kind,
        "words": request.words,
        "audience": " ".join(request.audience.split()),
        "style": " ".join(request.style.split()),
    }
