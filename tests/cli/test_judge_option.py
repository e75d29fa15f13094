"""--judge: named on the command line, found by entry point, asked beside the rules."""

import json
import sys
import tomllib
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from chat_helpers.server import says, serving
from cli.conftest import Cli, one_line

ROOT = Path(__file__).resolve().parents[2]
OPEN = "The promenade stays open to walkers."
SHUT = "Nobody may walk on the promenade."
TEXT = f"# T\n\n## A\n\n{OPEN} It is fine.\n\n## B\n\n{SHUT} It rains.\n"
SAID = {"a": "stays open", "b": "Nobody may walk", "wrong": "b", "kind": "denial", "correction": "Anybody may walk"}
PLUGIN = """
class Judge:
    def __init__(self, target, backend):
        self.target = target

    async def weigh(self, document, findings):
        return [one.changed(hard=True, votes=(self.target,)) for one in findings]
"""


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    """A text with nothing that a rule sees."""
    (folder / "d.md").write_text(TEXT, encoding="utf-8")


@pytest.fixture(autouse=True)
def installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody's with a judge, and our own entry points, as an installation has them."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    ours = "".join(f"{name} = {value}\n" for name, value in points["hierdiff.judges"].items())
    made = folder / "site" / "somebody-1.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody\nVersion: 1\n", encoding="utf-8")
    lines = f"[hierdiff.judges]\n{ours}theirs = somebody_judges:Judge\n"
    (made / "entry_points.txt").write_text(lines, encoding="utf-8")
    (folder / "site" / "somebody_judges.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder / "site"))
    monkeypatch.delitem(sys.modules, "somebody_judges", raising=False)


def test_every_entry_point_of_a_judge_is_there() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    for group in ("hierdiff.judges", "hierdiff.embedders", "hierdiff.entailers"):
        for name, value in points[group].items():
            point = EntryPoint(name, value, group)
            assert callable(getattr(import_module(point.module), point.attr))


def test_check_asks_no_model_unless_one_is_named(cli: Cli) -> None:
    assert cli("check", "d.md", "--backend", "nobody:").exit_code == 0
    with serving(lambda body, number: says({"contradictions": [SAID]})) as server:
        result = cli("check", "d.md", "--judge", f"asked:{server.url}#m", "--backend", "nobody:", "--json")
        (question,) = server.bodies
    assert result.exit_code == 1, result.output
    (found,) = json.loads(result.stdout)["findings"]
    assert found["detector"] == "asked" and found["expected"] == "Anybody may walk"
    assert question["model"] == "m"


def test_two_judges_that_agree_make_a_finding_that_is_acted_on(cli: Cli, folder: Path) -> None:
    with serving(lambda body, number: says({"contradictions": [SAID] if number == 0 else []})) as server:
        asked = f"asked:{server.url}#m"
        result = cli("revise", "d.md", "--judge", asked, "--judge", "theirs:them", "--backend", "scripted:", "--json")
    assert result.exit_code == 0, result.output
    (revision,) = json.loads(result.stdout)["revisions"]
    assert revision["accepted"] and revision["after"] == "Anybody may walk"
    assert (folder / "d.revised.md").read_text("utf-8") == TEXT.replace("Nobody may walk", "Anybody may walk")


def test_one_judge_alone_changes_nothing(cli: Cli, folder: Path) -> None:
    with serving(lambda body, number: says({"contradictions": [SAID]})) as server:
        result = cli("revise", "d.md", "--judge", f"asked:{server.url}#m", "--backend", "scripted:", "--json")
    assert result.exit_code == 0, result.output
    assert (folder / "d.revised.md").read_text("utf-8") == TEXT


def test_write_takes_judges_too(cli: Cli, outline: Path) -> None:
    result = cli(
        "write", "--outline", str(outline), "--judge", "rival", "--judge", "surprise", "--backend", "scripted:"
    )
    assert result.exit_code == 0, result.output


def test_a_judge_that_is_none_is_said_in_one_line(cli: Cli) -> None:
    assert "there is no judge 'nobody'" in one_line(cli("check", "d.md", "--judge", "nobody"), 2)
    assert "asked:https://HOST/v1#MODEL" in one_line(cli("check", "d.md", "--judge", "asked:"), 2)
    assert "surprise:all" in one_line(cli("check", "d.md", "--judge", "surprise:some"), 2)


def test_a_chat_server_that_is_not_there_is_said_in_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda body, number: says({}, finish="stop")) as server:
        url = server.url
    monkeypatch.setattr("hierdiff.chat.Chat._pause", lambda self, state: 0.0)
    assert "cannot be reached" in one_line(cli("check", "d.md", "--judge", f"asked:{url}#m"), 1)
