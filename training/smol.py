"""The run whose adapter is shipped with `torch:smol`.

    python training/corpus.py texts && python training/samples.py texts/base.jsonl
    python training/smol.py texts out

Blocks of 4 and 8 only and most of them all masked, because that is how the engine drafts; two fifths of the texts are
holes that see what follows, because that is what the base cannot do at all. Stopped, the same command goes on.
"""

import sys
from pathlib import Path

from hierdiff_torch.training.convert import draw, finish, prepared
from hierdiff_torch.training.recipe import Recipe
from hierdiff_torch.training.state import Point

RECIPE = Recipe(steps=400, blocks=(4, 8), weights=(0.5, 0.5), infill=0.4, whole=0.75, paired=0.9, every=50)


def main() -> None:
    """Train, saying where it stands."""
    texts, out = Path(sys.argv[1]), Path(sys.argv[2])
    run = prepared("smol", [texts], out, RECIPE)

    def told(point: Point, steps: int) -> None:
        if point.step % 5 == 0:
            print(f"step {point.step}/{steps} loss {point.loss} nats {point.nats} right {point.right}", flush=True)
            draw(run)

    run.run(told)
    record = finish(run)
    for one in record.held[-4:]:
        print(one)


if __name__ == "__main__":
    main()
