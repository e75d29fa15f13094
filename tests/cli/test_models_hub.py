"""hierdiff models, with checkpoints of the Hugging Face hub."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest
from cli.conftest import Cli, one_line

pytest.importorskip("torch")

from huggingface_hub import constants
from torch_helpers.hub import ID, SHA, Hub, serving

from hierdiff_torch.models.tiny import byte_tokenizer

PARITY = Path(__file__).resolve().parents[1] / "torch" / "parity"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Hub]:
    """A hub with a tiny LLaDA, which is the one that the library knows, and an empty cache."""
    files = {path.name: path.read_bytes() for path in (PARITY / "llada").iterdir()}
    with serving(Hub({**files, "tokenizer.json": byte_tokenizer().to_str().encode(), "modeling.py": b"x"})) as served:
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "ENDPOINT", served.endpoint)
        address = served.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address)
        yield served


def test_a_checkpoint_is_pulled_described_and_listed(cli: Cli, hub: Hub) -> None:
    said = one_line(cli("models", "info", ID), 2)
    assert f"{ID} is not in the hub's cache, or not all of it; run 'hierdiff models pull {ID}'" in said
    assert hub.asked == []
    pulled = cli("models", "pull", ID)
    assert pulled.exit_code == 0, pulled.output
    assert Path(pulled.stdout.strip()).name == SHA
    assert pulled.stderr.splitlines() == [f"pulling {ID}: fetching: 0.5 MB", f"pulling {ID}: fetching: done"]
    assert "modeling.py" not in hub.bodies
    hub.asked.clear()
    again = cli("models", "pull", f"{ID}@main")
    assert (again.stdout, again.stderr) == (pulled.stdout, "")
    told = json.loads(cli("models", "info", ID, "--json").stdout)
    assert (told["name"], told["family"]) == (ID, "llada") and told["fingerprint"].startswith(f"{ID}:")
    listed = {model["name"]: model for model in json.loads(cli("models", "list", "--json").stdout)["models"]}
    assert listed[ID]["uri"] == f"torch:{ID}" and listed[ID]["bytes"] > 500_000
    assert hub.asked == []


def test_a_checkpoint_of_an_unknown_family_is_not_listed(cli: Cli, hub: Hub) -> None:
    hub.files["config.json"] = b'{"model_type": "unheard_of"}'
    assert cli("models", "pull", ID).exit_code == 0
    assert ID not in cli("models", "list").stdout


def test_what_cannot_be_had_is_one_line(cli: Cli, hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "only 'smol' and hub ids such as" in one_line(cli("models", "pull", "../a"), 2)
    assert "has no owner/other, or it is private" in _last(cli("models", "pull", "owner/other").stderr)
    assert one_line(cli("models", "pull", "owner/other"), 2)
    (folder / "owner").mkdir()
    (folder / "owner" / "here").mkdir()
    assert "name others by their folder" in one_line(cli("models", "pull", "owner/here"), 2)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "unset HF_HUB_OFFLINE" in one_line(cli("models", "pull", ID), 2)
    written = cli("write", "Tides", "--backend", f"torch:{ID}")
    assert written.exit_code == 2 and "unset HF_HUB_OFFLINE" in _last(written.stderr)


def _last(said: str) -> str:
    return said.splitlines()[-1]
