"""A small tokenizer with words and merges, made on the spot: like a real one, it cuts rare characters into bytes."""

from dataclasses import replace
from functools import cache

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from hierdiff_torch.models.family import Family
from hierdiff_torch.models.tiny import SPECIAL
from hierdiff_torch.vocabulary import Vocabulary

_TEXT = """
The harbour town has lived with high water for as long as anyone can remember, and this article says so. # Title
* one ** two | three | `code` <b> [link](https://example.org) -- a_b {c} 中文 The sea is high. The wall is high.
It was built in 1953; it is 3.5 m high, and it cost 1,200 pounds. “Why?” they ask. Naïve café owners know.
"""


@cache
def tokenizer() -> Tokenizer:
    """Byte-level BPE with some hundred merges and the special tokens of the tiny model."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]  # stubs say read-only
    made.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]  # stubs say read-only
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=letters, show_progress=False)
    made.train_from_iterator(_TEXT.splitlines() * 3, trainer)
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return made


def vocabulary(*, mask: bool = False, unused: int = 0) -> Vocabulary:
    """Its vocabulary, for a family with `<|im_end|>` as EOS, with or without a mask token; the model has `unused` more
    places than there are tokens."""
    one = tokenizer()
    known = one.get_vocab()
    family = Family("words", eos=(known["<|im_end|>"],))
    if mask:
        family = replace(family, block=4, shift=False, mask=known["<|mask|>"])
    return Vocabulary(one, family, one.get_vocab_size() + unused)
