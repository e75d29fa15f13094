"""Checkpoints of the hub, from a hub on this machine: what is asked of it, what is kept, what is said of failures."""

import errno
import json
import shutil
import time
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub import constants
from torch_helpers.hub import ID, SHA, Hub, serving

from hierdiff.errors import FileError, MisuseError, ModelError
from hierdiff_torch.loading import checkpoint_folder, load, on_hub
from hierdiff_torch.models import hub as module
from hierdiff_torch.models.hub import HubId, cached, cached_ids, fetch, hub_id
from hierdiff_torch.models.hub_errors import HubError
from hierdiff_torch.models.tiny import byte_tokenizer

PARITY = Path(__file__).parent / "parity" / "llada"
WHOLE = {"config.json", "generation_config.json", "tokenizer.json", "model.safetensors"}
TINY = HubId(ID)
SECRET = "hf_" + "s3cret" * 5

Told = list[tuple[str, int, int]]
Fetch = Callable[..., Path]


@pytest.fixture
def hub() -> Generator[Hub]:
    """A hub with a tiny LLaDA, and beside it code, pickles and what lies in folders."""
    files = {path.name: path.read_bytes() for path in PARITY.iterdir()}
    files |= {"tokenizer.json": byte_tokenizer().to_str().encode(), "modeling.py": b"raise SystemExit"}
    files |= {"pytorch_model.bin": b"x", "old.pt": b"x", "README.md": b"x", "onnx/model.safetensors": b"x"}
    with serving(Hub(files)) as served:
        yield served


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"


@pytest.fixture
def get(hub: Hub, cache: Path) -> Fetch:
    """Fetch from the hub of the test into its cache."""

    def fetched(wanted: HubId = TINY, told: Told | None = None, *, again: bool = False) -> Path:
        heard: Told = [] if told is None else told
        return fetch(wanted, lambda *one: heard.append(one), again=again, cache=cache, endpoint=hub.endpoint)

    return fetched


@pytest.fixture
def everywhere(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This hub and this cache are what the environment names."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


def test_an_id_is_owner_and_name_and_perhaps_a_revision() -> None:
    assert hub_id("GSAI-ML/LLaDA-8B-Instruct") == HubId("GSAI-ML/LLaDA-8B-Instruct")
    assert hub_id("a/b.c_d@refs/pr/1") == HubId("a/b.c_d", "refs/pr/1")
    assert str(hub_id(f"a/b@{SHA}")) == f"a/b@{SHA}"


BAD = [
    "smol", "a/b/c", "/a/b", "a//b", "../b", "a/..", "a\\b", "a/b\\c", "~/b", "./b", "a/b@", "a/b@../../c",
    "a/b@/c", "a/b@c/../d", "a/b@c\\d", "a/b@c@d", "-a/b", "a/.b", "a/b--c", "a/b.", "é/b", "https://x/a/b",
    "a/b@a/b/c/d/e/f", "a/b.git", "C:/b", "", "a/b\n", "a b/c", "a/b\0", "a" * 97 + "/b", "a" * 300 + "/b",
    "a/b@" + "c" * 97,
]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_nothing_else_is_an_id_and_the_error_says_what_is_one(text: str) -> None:
    assert hub_id(text) is None
    if text != "smol":
        with pytest.raises(
            FileError, match=r"neither 'smol', 'smol-block', 'tiny'.*hub id such as GSAI-ML/LLaDA-8B-Instruct"
        ):
            load(text)


def test_only_json_and_safetensors_are_asked_for(hub: Hub, get: Fetch, cache: Path) -> None:
    told: Told = []
    folder = get(told=told)
    assert {path.name for path in folder.iterdir()} == hub.bodies == WHOLE
    assert {line.rpartition("/")[2] for line in hub.asked if "/resolve/" in line} == WHOLE
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]
    assert folder.is_relative_to(cache) and folder.name == SHA
    size = sum(len(hub.files[name]) for name in WHOLE)
    assert told[0] == ("fetching", 0, size) and told[-1] == ("fetching", size, size)
    assert all(done < of for _, done, of in told[:-1])


def test_what_is_in_the_cache_is_used_without_a_word(
    hub: Hub, get: Fetch, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = get()
    told: Told = []
    hub.asked.clear()
    assert get(told=told) == folder == get(HubId(ID, "main")) == get(HubId(ID, SHA))
    assert hub.asked == told == []
    assert cached(TINY, cache=cache) == folder and cached_ids(cache=cache) == {ID: folder}
    assert cached(HubId(ID, "0" * 40), cache=cache) is None
    assert get(again=True) == folder and hub.bodies == WHOLE
    assert capfd.readouterr() == ("", "")


def test_a_commit_is_fetched_as_it_is_named(hub: Hub, get: Fetch) -> None:
    assert get(HubId(ID, SHA)).name == SHA
    with pytest.raises(HubError, match=r"@v9: 127.0.0.1 has no such revision; give a branch"):
        get(HubId(ID, "v9"))


@pytest.mark.usefixtures("everywhere")
def test_a_target_is_loaded_under_its_id(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = load(ID)
    assert (loaded.name, loaded.family.name) == (ID, "llada")
    said = capsys.readouterr().err.splitlines()
    assert said == [f"hierdiff: fetching {ID}: 0.5 MB", f"hierdiff: fetching {ID}: done"]
    hub.asked.clear()
    assert load(ID).fingerprint == loaded.fingerprint
    assert hub.asked == [] and capsys.readouterr().err == ""
    monkeypatch.chdir(tmp_path)
    assert on_hub(ID) == TINY
    (tmp_path / "owner").mkdir()
    (tmp_path / ID).mkdir()
    assert on_hub(ID) is None
    with pytest.raises(FileError, match="as a path that exists it is not taken for a hub id"):
        load(ID)
    shutil.copy(PARITY / "config.json", tmp_path / ID)
    assert checkpoint_folder(ID) == Path(ID)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_connection_that_is_cut_leaves_nothing_that_is_taken_for_whole(
    hub: Hub, get: Fetch, cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    hub.cut = name
    told: Told = []
    with pytest.raises(HubError, match=rf"{ID} could not be fetched from 127.0.0.1 \(.*\); check the network.*kept"):
        get(told=told)
    assert all(done < of for _, done, of in told), "a download that failed must not be told as finished"
    assert cached(TINY, cache=cache) is None and cached_ids(cache=cache) == {}
    hub.cut = None
    hub.asked.clear()
    assert {path.name for path in get().iterdir()} == WHOLE
    assert name in hub.bodies


def test_a_snapshot_that_another_program_left_unfinished_is_completed(hub: Hub, get: Fetch, cache: Path) -> None:
    """Without the library's list of files it cannot say what is missing."""
    folder = get()
    for missing in ("model.safetensors", "tokenizer.json", "config.json"):
        (folder / missing).unlink()
        shutil.rmtree(cache / f"models--{ID.replace('/', '--')}" / "trees")
        module_memory_forgotten()
        assert get() == folder and (folder / missing).is_file()


def module_memory_forgotten() -> None:
    """As if the process were new: the library remembers the lists that it has read."""
    from huggingface_hub import _tree_cache

    getattr(_tree_cache, "_IN_MEMORY_TREE_CACHE").clear()  # noqa: B009  # private, and of the process


REFUSALS = [
    ("/api/", 401, "", r"owner/tiny-llada cannot be read without a valid token.*check the id.* HF_TOKEN"),
    ("/api/", 401, "RepoNotFound", r"127.0.0.1 has no owner/tiny-llada, or it is private: check the id"),
    ("/api/", 403, "", r"does not let this token read"),
    ("/api/", 500, "", r"answered 500 when asked for owner/tiny-llada; try again later"),
    ("/resolve/", 403, "GatedRepo", r"owner/tiny-llada is gated: accept its terms .* run 'hf auth login'"),
    ("/resolve/", 503, "", r"answered 503"),
    ("/tree/", 500, "", r"answered 500"),
]


@pytest.mark.parametrize(("where", "status", "code", "said"), REFUSALS, ids=lambda one: str(one)[:20])
def test_a_refusal_is_one_line_with_the_remedy_and_without_the_token(
    hub: Hub,
    get: Fetch,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    where: str,
    status: int,
    code: str,
    said: str,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    hub.refuse = lambda path: (status, code) if where in path else None
    with pytest.raises(HubError, match=said) as caught:
        get()
    assert f"Bearer {SECRET}" in hub.tokens
    assert SECRET not in str(caught.value) and "\n" not in str(caught.value) and caught.value.__suppress_context__
    assert isinstance(caught.value, ModelError) and isinstance(caught.value, MisuseError)
    assert cached(TINY, cache=cache) is None
    assert capfd.readouterr() == ("", "")


def test_a_token_that_cannot_be_sent_is_not_shown(get: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", f"{SECRET}\x01é")
    with pytest.raises(HubError, match="could not be fetched") as caught:
        get()
    assert SECRET not in str(caught.value)


def test_offline(hub: Hub, get: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(HubError, match=r"not in the hub's cache, or not all of it; unset HF_HUB_OFFLINE"):
            get()
        assert hub.asked == []
    folder = get()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert get() == folder


def test_a_hub_that_is_not_there(cache: Path) -> None:
    with pytest.raises(HubError, match=r"from 127.0.0.1 \(Connect.*\); check the network") as caught:
        fetch(TINY, lambda *_: None, cache=cache, endpoint="http://user:password@127.0.0.1:9")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (("model.safetensors",), r"only pickled weights \(old.pt\), which are never opened; give the id"),
        (("model.safetensors", "old.pt", "pytorch_model.bin"), r"has no model.safetensors: give the id"),
        (("config.json",), r"has no config.json: it is no checkpoint"),
    ],
)
def test_a_repository_that_cannot_be_used_is_not_fetched(
    hub: Hub, get: Fetch, gone: tuple[str, ...], said: str
) -> None:
    for name in gone:
        del hub.files[name]
    with pytest.raises(HubError, match=said):
        get()
    assert hub.bodies == set()


def test_shards_are_fetched_with_their_index(hub: Hub, get: Fetch, cache: Path) -> None:
    shard = "model-00001-of-00002.safetensors"
    hub.files[shard] = hub.files.pop("model.safetensors")
    hub.files["model.safetensors.index.json"] = json.dumps({"weight_map": {"a": shard, "b": "lost"}}).encode()
    with pytest.raises(HubError, match="did not arrive whole"):
        get()
    assert shard in hub.bodies and cached(TINY, cache=cache) is None


def test_a_full_disk_is_said_before_and_while(hub: Hub, get: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
        with pytest.raises(HubError, match=r"0 MB free, owner/tiny-llada needs 1; set HF_HOME"):
            get()
    assert hub.bodies == set()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "snapshot_download", full)
    with pytest.raises(HubError, match=r"the disk of .* is full; free some space or set HF_HOME"):
        get(again=True)


def test_a_cache_that_cannot_be_made_is_said(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(HubError, match=r"cannot be stored under .*; set HF_HOME"):
        fetch(TINY, lambda *_: None, cache=tmp_path / "file" / "hub", endpoint=hub.endpoint)
