"""PromptedPlanner: a chat model plans, code checks.

The model is told the contract and asked for one level of sections at a time: a long document's chapters first, then
each chapter that no canvas holds by a question of its own, all at once, told the whole outline and who owns what. What
is wrong in an answer is mended by the rules of `hierdiff.mending`; what no rule mends is asked for again with the
problem named, so many rounds and no more.
"""

from contextlib import AsyncExitStack
from typing import final

from hierdiff.chat import Chat, key_for
from hierdiff.errors import NotYetError, RequestError
from hierdiff.mending import Mend
from hierdiff.outline import Outline
from hierdiff.protocols import Backend, Planner
from hierdiff.request import Request
from hierdiff_planners.asking import asker
from hierdiff_planners.levels import Levels, Told

KEY = "HIERDIFF_PLANNER_KEY"
"""The environment variable that holds the key of a planner's server."""
ROUNDS = 3
"""How often one question is put, unless said otherwise."""


@final
class PromptedPlanner:
    """Plans by asking `model`: a `hierdiff.chat.Chat`, a function (sync or async) of a text or of `messages`, or an
    object with the methods of an OpenAI client (which needs the `name` of a model), a LangChain chat model or a
    pydantic-ai agent. Raises RequestError for anything else.

    `rounds` is how often one question is put at most. `told` hears of progress. `mends` says what had to be put right
    in the answers of the last plan.
    """

    def __init__(
        self, model: object, *, name: str | None = None, rounds: int = ROUNDS, told: Told | None = None
    ) -> None:
        if rounds < 1:
            raise RequestError(f"a planner needs one round at least, not {rounds}")
        self._ask, self._rounds, self._told = asker(model, name), rounds, told
        self._chat = model if isinstance(model, Chat) else None
        self.mends: tuple[Mend, ...] = ()

    async def plan(self, request: Request, backend: Backend) -> Outline:
        """The outline, no section of it larger than a canvas that the backend writes well.

        Raises PlannerError with the last problem when no usable plan came, ChatError when no answer did.
        """
        if request.kind == "code":
            raise NotYetError("the prompted planner writes reports; code needs the code planner, or --outline FILE")
        levels = Levels(self._ask, self._rounds, self._told, request, backend.capabilities)
        async with AsyncExitStack() as stack:
            if self._chat is not None:
                await stack.enter_async_context(self._chat)
            outline = await levels.planned()
        self.mends = tuple(levels.mends)
        return outline


def open_prompted(target: str, *, told: Told | None = None) -> Planner:
    """The planner of `prompted:https://HOST/v1#MODEL`. Its key is in HIERDIFF_PLANNER_KEY (for api.openai.com also in
    OPENAI_API_KEY). Raises RequestError for what is no such address."""
    url, _, model = target.strip().partition("#")
    if not url or not model.strip():
        raise RequestError("the prompted planner needs a server and a model: prompted:https://HOST/v1#MODEL")
    return PromptedPlanner(Chat(url, model, key=key_for(url, KEY)), told=told)
