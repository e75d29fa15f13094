"""The factories behind the judge URIs: what follows the colon, and the backend that the run has, become a judge."""

from typing import cast

from hierdiff.chat import Chat, key_for
from hierdiff.errors import RequestError
from hierdiff.judges.asked import Asked
from hierdiff.judges.doubt import Doubt
from hierdiff.judges.entailment import Entailer, Entailment
from hierdiff.judges.meaning import Embedder, Meaning
from hierdiff.judges.rival import Rival
from hierdiff.judges.surprise import Surprise
from hierdiff.plugins import load
from hierdiff.protocols import Backend, Judge

KEY = "HIERDIFF_JUDGE_KEY"
MODELS = "transformers"
"""Who reads folders of models, in the groups `hierdiff.embedders` and `hierdiff.entailers`."""


def open_doubt(target: str, backend: Backend) -> Judge:
    """`doubt`: which side of a contradiction the backend's model holds for the likelier."""
    return Doubt(backend)


def open_surprise(target: str, backend: Backend) -> Judge:
    """`surprise`, or `surprise:all` to read sections that no finding points to as well."""
    if target.strip() not in ("", "all"):
        raise RequestError(f"the surprise judge is 'surprise' or 'surprise:all', not 'surprise:{target.strip()}'")
    return Surprise(backend, everywhere=target.strip() == "all")


def open_rival(target: str, backend: Backend) -> Judge:
    """`rival`: sentences that the backend's model holds for likelier the other way round."""
    return Rival(backend)


def open_meaning(target: str, backend: Backend) -> Judge:
    """`meaning`, with the model that was pulled, or `meaning:FOLDER`."""
    return Meaning(cast(Embedder, load("embedders", MODELS)(target)))


def open_entailment(target: str, backend: Backend) -> Judge:
    """`entailment:FOLDER`."""
    return Entailment(cast(Entailer, load("entailers", MODELS)(target)))


def open_asked(target: str, backend: Backend) -> Judge:
    """`asked:https://HOST/v1#MODEL`. Its key is in HIERDIFF_JUDGE_KEY (for api.openai.com also in OPENAI_API_KEY)."""
    url, _, model = target.strip().partition("#")
    if not url or not model.strip():
        raise RequestError("the asked judge needs a server and a model: asked:https://HOST/v1#MODEL")
    return Asked(Chat(url, model, key=key_for(url, KEY)))
