"""Vocabulary: text to tokens and back, and which tokens a kind of text may not hold."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import final

import torch
from tokenizers import Tokenizer
from torch import Tensor

from hierdiff.document import count_words
from hierdiff_torch.models.family import Family

_MARKUP = re.compile(r"[#*_|`<>\[\]{}~^\\=@$]|https?:|www|\t|\r| {2,}|--|[^\x00-\u024F\u2010-\u2026\u20AC]")

_OPENING = re.compile(r"[ \n]*[A-Za-z\u00C0-\u024F\"“‘']|\n+$")
_STOPS = frozenset({".", "!", "?", '."', ".”", '!"', '?"', ".)"})
_FUNCTION = """a an the and or but nor so yet of in on at by for from to with without into onto over under about as than
then that this these those it its they them their there here he she his her we us our you your who which what when where
how is are was were be been being has have had do does did will would can could may might must should not no s more most
also such other some any all each both many much up out if while because between through during after before"""

_ITSELF = "article essay paragraph section report chapter author reader text passage summary discussion document"
_SELDOM = 4.0
"""Nats by which such a word is less likely: a text that calls itself an article has lost its subject."""

_SAMPLE = (
    "Communities along the coast have adapted to rising water for generations, but the pace of change now exceeds what "
    "local institutions were designed to handle. Infrastructure built for one century must serve another; drainage "
    "systems, embankments and early-warning networks require maintenance that municipal budgets rarely include. "
    "Researchers emphasise that effective protection depends less on a single technology than on coordination between "
    "residents, engineers and government agencies. In addition, insurance companies increasingly distinguish between "
    "neighbourhoods, which means that households with similar incomes can face very different costs."
)


@final
class Vocabulary:
    """A tokenizer with its family's special tokens. Text from users never turns into special tokens."""

    def __init__(self, tokenizer: Tokenizer, family: Family, size: int) -> None:
        self._tokenizer = tokenizer
        self._family = family
        self._size = size

    def encode(self, text: str) -> list[int]:
        """Plain text as tokens; what looks like a special token is text, too."""
        self._tokenizer.encode_special_tokens = True
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def markers(self, text: str) -> list[int]:
        """A family's own markers as tokens, special ones included."""
        return self._marking.encode(text, add_special_tokens=False).ids

    def decode(self, tokens: Sequence[int]) -> str:
        """Tokens as text; half a character at an end is left out."""
        return self._tokenizer.decode(list(tokens), skip_special_tokens=True).strip("\ufffd")

    def offsets(self, text: str) -> list[tuple[int, int, int]]:
        """Each token of a text with the characters it stands for: `(token, start, stop)`, none of them twice (of the
        tokens that are bytes of one character, the first has it)."""
        self._tokenizer.encode_special_tokens = True
        found = self._tokenizer.encode(text, add_special_tokens=False)
        edges = pairwise(accumulate((stop for _, stop in found.offsets), max, initial=0))
        return [(token, start, stop) for token, (start, stop) in zip(found.ids, edges, strict=True)]

    @cached_property
    def start(self) -> int:
        """What a text begins after when nothing stands before it: the end of a line."""
        return self.encode("\n")[-1]

    @cached_property
    def tokens_per_word(self) -> float:
        """Tokens for a word of English prose, measured on a sample."""
        return len(self.encode(_SAMPLE)) / count_words(_SAMPLE)

    def prepare(self) -> None:
        """Work out now what is worked out once: passes over the whole vocabulary."""
        for one in (self.free, self.prose, self.common, self.opening, self.stops, self.breaks):
            del one

    @cached_property
    def eos(self) -> frozenset[int]:
        """The tokens by which the model says that it is done."""
        return frozenset(self._family.eos)

    @cached_property
    def free(self) -> Tensor:
        """`(vocabulary,)`, added to logits: no special token but EOS, and no mask."""
        return self._forbid(self._special)

    @cached_property
    def prose(self) -> Tensor:
        """`(vocabulary,)`, added to logits: plain prose, without markup, tables, links and other scripts, and seldom
        the words by which a text speaks of itself."""
        pieces = self._pieces
        markup = {token for token, piece in enumerate(pieces) if _MARKUP.search(piece) and not self._part(piece)}
        bias = self._forbid((markup - self.eos) | self._special)
        forms = [form for word in _ITSELF.split() for form in (" " + word, " " + word + "s", word.capitalize())]
        single = [tokens[0] for tokens in map(self.encode, forms) if len(tokens) == 1]
        bias[torch.tensor(single, dtype=torch.long)] -= _SELDOM
        return bias

    @cached_property
    def common(self) -> frozenset[int]:
        """The tokens every text repeats: function words and punctuation. Punishing them bends the grammar."""
        words = [
            form
            for word in _FUNCTION.split()
            for form in (word, " " + word, word.capitalize(), " " + word.capitalize())
        ]
        single = {tokens[0] for tokens in map(self.encode, words) if len(tokens) == 1}
        pieces = self._plain
        return frozenset(single | {token for token, piece in enumerate(pieces) if not any(map(str.isalnum, piece))})

    @cached_property
    def opening(self) -> Tensor:
        """`(vocabulary,)`, added to logits where a paragraph of prose begins: a letter or a quotation mark, no list."""
        pieces = self._plain
        return self._forbid(token for token, piece in enumerate(pieces) if not _OPENING.match(piece))

    @cached_property
    def stops(self) -> list[int]:
        """The tokens that end a sentence."""
        pieces = self._plain
        return [token for token, piece in enumerate(pieces) if piece.strip() in _STOPS]

    @cached_property
    def breaks(self) -> frozenset[int]:
        """The tokens that end a line."""
        pieces = self._plain
        return frozenset(token for token, piece in enumerate(pieces) if piece.rstrip(" ").endswith("\n"))

    @cached_property
    def _marking(self) -> Tokenizer:
        """A copy that reads special tokens. The tokenizer itself never does, not even for a moment: another thread may
        be at it."""
        copy = Tokenizer.from_str(self._tokenizer.to_str())
        copy.encode_special_tokens = False
        return copy

    @cached_property
    def _pieces(self) -> list[str]:
        """Every token as text, special ones by their names."""
        return self._tokenizer.decode_batch([[token] for token in range(self._size)], skip_special_tokens=False)

    @cached_property
    def _plain(self) -> list[str]:
        """Every token as text, special ones as nothing."""
        return self._tokenizer.decode_batch([[token] for token in range(self._size)])

    @property
    def _special(self) -> set[int]:
        added = self._tokenizer.get_added_tokens_decoder()
        known = {token for token, kind in added.items() if kind.special}
        unused = set(range(self._tokenizer.get_vocab_size(), self._size))
        return (known | unused | ({self._family.mask} if self._family.mask is not None else set())) - self.eos

    def _part(self, piece: str) -> bool:
        """Whether a piece is part of a character (a byte of UTF-8), which only together with others means something."""
        return piece == "\ufffd" and self._size < 1000

    def _forbid(self, tokens: Iterable[int]) -> Tensor:
        bias = torch.zeros(self._size)
        bias[torch.tensor(sorted(token for token in tokens if token < self._size), dtype=torch.long)] = float("-inf")
        return bias
