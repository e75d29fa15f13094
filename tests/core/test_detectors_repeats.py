"""Repeats: what stands twice, and what runs in a loop."""

import pytest

from hierdiff.detectors import Repeats
from hierdiff.document import parse
from hierdiff.findings import Finding

SENTENCE = "The old wall was raised after the storm of that winter."


def found(text: str) -> list[Finding]:
    document = parse(text)
    findings = list(Repeats().find(document))
    for finding in findings:
        for quote in (*finding.spans, *finding.against):
            assert quote.of(document.text) == quote.text
    return findings


def test_a_sentence_in_two_sections_the_later_one_goes() -> None:
    again = SENTENCE.replace("The old", "The  old").replace("raised", "*raised*")
    text = f"# A\n\nGulls cry. {SENTENCE} Boats come.\n\n# B\n\nIt rains. {again} Night falls.\n"
    (finding,) = found(text)
    assert finding.spans[0].text == again and finding.against[0].text == SENTENCE
    assert (finding.kind, finding.section, finding.expected) == ("repeated sentence", "b", "")
    assert finding.spans[0].start > finding.against[0].stop


def test_neighbouring_sentences_are_one_finding() -> None:
    pair = f"{SENTENCE} Then the council met for three long days in the hall."
    (finding,) = found(f"# A\n\n{pair}\n\n# B\n\nIt rains. {pair}\n")
    assert finding.spans[0].text == pair


def test_a_shared_passage_that_no_sentence_frames() -> None:
    words = " ".join(f"word{number}" for number in range(30))
    (finding,) = found(f"# A\n\nHere {words} ends.\n\n# B\n\nThere {words} stops.\n")
    assert (finding.kind, finding.spans[0].text, finding.expected) == ("repeated passage", words, None)


@pytest.mark.parametrize("phrase", ["the sea wall holds", "the tide comes in and", "and so it goes on and on"])
def test_a_phrase_in_a_loop(phrase: str) -> None:
    text = "# A\n\nIn the end " + " ".join([phrase] * 4) + " at last.\n"
    (finding,) = found(text)
    assert finding.kind == "loop" and finding.against[0].text == phrase
    fixed = text.replace(finding.spans[0].text, finding.expected or "")
    assert fixed == f"# A\n\nIn the end {phrase} at last.\n"


def test_a_sentence_in_a_loop_leaves_one() -> None:
    text = "# A\n\nIt begins. We build walls. We build walls. We build walls. It ends.\n"
    (finding,) = found(text)
    assert text.replace(finding.spans[0].text, "") == "# A\n\nIt begins. We build walls. It ends.\n"


def test_sentences_with_one_beginning_are_a_hint() -> None:
    ends = ("a wall", "a gate", "new pumps", "a bank")
    (finding,) = found("# A\n\n" + " ".join(f"The town council will build {end}." for end in ends) + "\n")
    assert (finding.kind, finding.hard, len(finding.spans)) == ("same beginnings", False, 3)
    assert finding.spans[0].text == "The town council will"


@pytest.mark.parametrize(
    "text",
    [
        f"# A\n\n{SENTENCE}\n\n# B\n\nThe new wall was raised after the storm of that winter.\n",
        "# A\n\nIt is so.\n\n# B\n\nIt is so.\n",
        f"# A\n\n{SENTENCE}\n\n```\n{SENTENCE}\n```\n\n> {SENTENCE}\n\n| {SENTENCE} |\n|---|\n",
        f"# {SENTENCE}\n\n## {SENTENCE}\n\nDone.\n",
        "# A\n\nVery, very, very good. Ha ha ha.\n",
        "# A\n\n- Set `a` to the value of this one\n\n# B\n\n- Set `a` to the value of this one\n",
    ],
)
def test_what_may_stand_twice(text: str) -> None:
    assert found(text) == []


def test_offsets_with_crlf_and_emoji() -> None:
    (finding,) = found(f"\ufeff# A\r\n\r\n{SENTENCE}\r\n\r\n# B 🌊\r\n\r\n🌊 Rain. {SENTENCE}\r\n")
    assert finding.spans[0].text == SENTENCE
