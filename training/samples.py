"""Texts of the base model itself, to train its adapter on: what it is good at, in the prompts that hierdiff gives it.

Each goal of goals.txt is a document whose sections wait for nothing; the Writer writes it with the base, and every
section becomes one line of JSON: the tokens' text before it (`prompt`) and the text (`text`).

    python training/samples.py OUT.jsonl [--words 100] [--seed 0] [--held]
"""

import argparse
import asyncio
import json
from pathlib import Path

from hierdiff.budget import budgeted
from hierdiff.context.contexts import Contexts
from hierdiff.outline import Outline, Section
from hierdiff.prompts import Templates
from hierdiff.request import Request
from hierdiff.settings import Settings
from hierdiff.testing import ScriptedPlanner
from hierdiff.writer import Writer
from hierdiff_torch import TorchBackend, load
from hierdiff_torch.models.loaded import Loaded

GOALS = Path(__file__).with_name("goals.txt")


def goals(*, held: bool) -> list[tuple[str, list[str]]]:
    """Goals with their section titles: those to train on, or those held out."""
    lines = [line for line in GOALS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    mine = [line.removeprefix("held: ") for line in lines if line.startswith("held: ") == held]
    found = [line.split(": ", 1) for line in mine]
    return [(goal, titles.split("; ")) for goal, titles in found]


def outline_of(goal: str, titles: list[str], words: int) -> Outline:
    """Sections that wait for nothing."""
    sections = tuple(Section(id=f"s{number}", title=title, order=number) for number, title in enumerate(titles))
    return budgeted(Outline(title=goal, sections=sections), words * len(titles))


def prompt_of(canvas_shared: str, own: str, model: Loaded) -> str:
    """What stands before a section's first token, with the markers of the model's chat."""
    chat = model.family.chat
    system = chat.system[0] + canvas_shared + chat.system[1]
    return system + chat.user[0] + own + chat.user[1] + chat.assistant


async def sampled(goal: str, outline: Outline, backend: TorchBackend, model: Loaded, seed: int) -> list[dict[str, str]]:
    """One document, section by section."""
    request = Request(goal=goal, words=sum(leaf.budget for leaf in outline.leaves), seed=seed)
    document = await Writer(ScriptedPlanner(outline), backend, settings=Settings(rounds=0)).write(request)
    contexts = Contexts(request, outline, Templates())
    return [
        {"prompt": prompt_of(contexts.shared, contexts.own(leaf, {}), model), "text": document.body(leaf.id)}
        for leaf in outline.leaves
    ]


async def main() -> None:
    """Write a line for every section of every goal."""
    parser = argparse.ArgumentParser(description="Sample training texts from the base model.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--words", type=int, default=100, help="words a section (100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held", action="store_true", help="the goals that are never trained on")
    arguments = parser.parse_args()
    model = load("smol")
    backend = TorchBackend(model, rows=32)
    wanted = goals(held=arguments.held)
    with arguments.out.open("w", encoding="utf-8") as out:
        for at in range(0, len(wanted), 4):
            jobs = [
                sampled(goal, outline_of(goal, titles, arguments.words), backend, model, arguments.seed + at + number)
                for number, (goal, titles) in enumerate(wanted[at : at + 4])
            ]
            for lines in await asyncio.gather(*jobs):
                out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            out.flush()
            print(
                f"{min(at + 4, len(wanted))} of {len(wanted)} documents, {backend.cost.tokens:,} tokens, "
                f"{backend.cost.tokens / backend.cost.seconds:.0f} a second",
                flush=True,
            )
    await backend.close()


if __name__ == "__main__":
    asyncio.run(main())
