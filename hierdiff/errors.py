"""Every error that hierdiff raises on purpose, as one tree.

    HierdiffError
    ├── MisuseError              the call cannot be done as asked; nothing was started (exit 2)
    │   ├── RequestError         an empty goal, an impossible length, a setting out of range
    │   ├── OutlineError         a plan that is not valid: names the node and the rule it breaks
    │   ├── CanvasError          spans outside the text or overlapping, a canvas no backend can take
    │   ├── FileError            a file that cannot be read or written, or is not what it should be
    │   ├── UnknownPluginError   no backend or planner of that name; lists those there are
    │   ├── MissingExtraError    an optional dependency is not installed; gives the pip line
    │   └── NotYetError          a command or a kind of model that a later release brings
    └── RunError                 the run itself failed (exit 1)
        ├── PlannerError         the planner gave no usable outline
        ├── BackendError         a canvas could not be filled
        ├── ChatError            a chat server refused, failed or did not answer
        ├── ModelError           a model could not be fetched, read or trusted
        └── StoreError           the run's log could not be written or read

Each carries what it happened to (`about`: a section id, a file, a plugin's name) and says what to do next.
"""


class HierdiffError(Exception):
    """Root of the tree: catch this to catch everything that hierdiff raises on purpose."""

    def __init__(self, message: str, *, about: str | None = None) -> None:
        super().__init__(message)
        self.about = about


class MisuseError(HierdiffError):
    """The call cannot be done as asked; change the call. Nothing was started."""


class RequestError(MisuseError):
    """The request asks for something that cannot be: an empty goal, a length out of range."""


class OutlineError(MisuseError):
    """The plan breaks a rule. `about` is the section or item, `rule` the short name of the rule."""

    def __init__(self, message: str, *, about: str | None = None, rule: str = "valid") -> None:
        super().__init__(message, about=about)
        self.rule = rule


class CanvasError(MisuseError):
    """A span lies outside the text or overlaps another, or a canvas is larger than the backend takes."""


class FileError(MisuseError):
    """A file cannot be read or written, or its content is not what it should be."""


class UnknownPluginError(MisuseError):
    """No backend or planner goes by that name; the message lists those that are installed."""


class MissingExtraError(MisuseError):
    """An optional dependency is missing; the message is the pip command that brings it."""


class NotYetError(MisuseError):
    """A command, a flag or a kind of model that a later release brings."""


class RunError(HierdiffError):
    """The run failed although it was asked for correctly."""


class PlannerError(RunError):
    """The planner gave no usable outline."""


class BackendError(RunError):
    """A canvas could not be filled. `about` is the canvas's section."""


class ChatError(RunError):
    """A chat server refused, failed or did not answer. `about` is its address; no key is ever in it."""


class ModelError(RunError):
    """A model could not be fetched, read or trusted."""


class StoreError(RunError):
    """The run's log could not be written or read."""
