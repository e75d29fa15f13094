"""Made-up text for scripted backends: plausible, no two sentences alike, the same on every machine."""

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = _words(
    "quiet older narrow patient northern shared modest careful distant local steady hidden broad simple early late "
    "public common fragile open slow heavy gentle mixed"
)
NOUNS = _words(
    "harbour council ledger market orchard workshop archive bridge garden library quarry meadow station reservoir "
    "kitchen school foundry theatre valley nursery depot canal mill chapel"
)
VERBS = _words(
    "supports follows reshapes explains limits outlasts protects replaces measures informs divides restores "
    "anticipates rewards reveals absorbs steadies questions mirrors sustains"
)
PLACES = _words("beside beyond behind before despite through without within across against under along")
ENDS = (
    "when the weather turns",
    "as its neighbours agreed",
    "although few people noticed",
    "while costs stay low",
    "once the survey ends",
    "because nobody objected",
    "if the season allows",
    "until repairs begin",
    "since records began",
    "where the road bends",
    "after the first vote",
    "unless plans change",
)


def prose(name: str, seed: int, words: int) -> str:
    """About `words` words in whole sentences, decided by the name and the seed."""
    if words <= 8:
        return phrase(name, seed, words).capitalize() + "."
    random = Random(f"{name} {seed}")
    subject = " ".join(name.replace("-", " ").replace("_", " ").split())
    sentences = [f"The {random.choice(ADJECTIVES)} {random.choice(NOUNS)} of {subject} {random.choice(VERBS)} it."]
    while sum(len(sentence.split()) for sentence in sentences) + 7 < words:
        sentences.append(_sentence(random))
    return " ".join(sentences)


def _sentence(random: Random) -> str:
    one, two, three = random.sample(NOUNS, 3)
    early, late = random.sample(ADJECTIVES, 2)
    opening = f"The {early} {one} {random.choice(VERBS)} a {late} {two}"
    return f"{opening} {random.choice(PLACES)} the {three} {random.choice(ENDS)}."


def phrase(name: str, seed: int, words: int) -> str:
    """`words` words without a stop, decided by the name and the seed."""
    random = Random(f"{name} {seed} phrase")
    found: list[str] = []
    while len(found) < words:
        found += [random.choice(ADJECTIVES), random.choice(NOUNS), random.choice(PLACES)]
    if words % 3 == 0:
        found[words - 1] = "alone"
    return " ".join(found[:words])


def heading(name: str, seed: int, words: int) -> str:
    """One line of at most five words, like a title, decided by the name and the seed."""
    text = phrase(name, seed, min(words, 5))
    return text[:1].upper() + text[1:]
