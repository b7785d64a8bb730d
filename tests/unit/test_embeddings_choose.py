"""Which embedder the settings lead to, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from sidecar.embeddings import minilm
from sidecar.embeddings.base import EmbedderMisconfigured
from sidecar.embeddings.choose import EmbeddingOptions, Kind, make_embedder
from sidecar.embeddings.local import LocalEmbedder
from sidecar.embeddings.openai import OpenAIEmbedder
from sidecar.errors import ConfigError


@pytest.fixture
def with_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "installed", lambda: minilm.Files(Path("m"), Path("t")))


@pytest.fixture
def without_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "installed", lambda: None)


def kind_of(options: EmbeddingOptions) -> type | None:
    embedder = make_embedder(options).embedder
    return None if embedder is None else type(embedder)


@pytest.mark.usefixtures("with_local")
@pytest.mark.parametrize(
    ("embedder", "key", "url", "expected"),
    [
        ("auto", "", "", LocalEmbedder),
        ("auto", "sk-1", "", OpenAIEmbedder),
        ("auto", "", "http://127.0.0.1:11434/v1", OpenAIEmbedder),
        ("openai", "sk-1", "", OpenAIEmbedder),
        ("openai", "", "http://127.0.0.1:11434/v1", OpenAIEmbedder),
        ("local", "sk-1", "", LocalEmbedder),
        ("off", "sk-1", "", None),
    ],
)
def test_the_settings_decide(embedder: Kind, key: str, url: str, expected: type | None) -> None:
    assert kind_of(EmbeddingOptions(embedder=embedder, api_key=key, base_url=url)) is expected


@pytest.mark.usefixtures("without_local")
def test_auto_without_key_and_packages_is_off_and_names_both() -> None:
    choice = make_embedder(EmbeddingOptions())

    assert choice.embedder is None
    assert "OPENSYNC_EMBEDDING_API_KEY" in choice.reason
    assert "pip install 'opensync-pocketbase[local]'" in choice.reason


@pytest.mark.usefixtures("without_local")
def test_local_without_its_packages_says_how_to_install_them() -> None:
    with pytest.raises(ConfigError, match=r"pip install 'opensync-pocketbase\[local\]'"):
        make_embedder(EmbeddingOptions(embedder="local"))


def test_openai_without_key_and_address_names_the_variables() -> None:
    with pytest.raises(EmbedderMisconfigured, match="OPENSYNC_EMBEDDING_API_KEY"):
        make_embedder(EmbeddingOptions(embedder="openai"))


def test_a_key_of_another_program_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")

    assert kind_of(EmbeddingOptions()) is not OpenAIEmbedder
    with pytest.raises(EmbedderMisconfigured):
        make_embedder(EmbeddingOptions(embedder="openai"))


def test_the_reason_says_where_texts_go_and_never_the_key() -> None:
    choice = make_embedder(EmbeddingOptions(api_key="sk-secret"))

    assert "api.openai.com" in choice.reason
    assert "text-embedding-3-small" in choice.reason
    assert "sk-secret" not in choice.reason + repr(EmbeddingOptions(api_key="sk-secret"))


@pytest.mark.usefixtures("with_local")
def test_switched_off_says_so() -> None:
    assert "OPENSYNC_EMBEDDER=off" in make_embedder(EmbeddingOptions(embedder="off")).reason
