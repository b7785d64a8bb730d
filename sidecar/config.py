"""Settings: a name, a type, a default and a sentence each, in this one place.

`docs/reference/settings.md` and `opensync config` are made from this class. Sources, strongest
first: arguments, `OPENSYNC_*` variables, files named like them in lower case in the folder
$CREDENTIALS_DIRECTORY, `stack.json` in the data folder (written by `opensync up`, so that every
command run beside a local stack finds it).
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from sidecar.errors import ConfigError

PREFIX = "OPENSYNC_"
STACK_FILE = "stack.json"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = "127.0.0.0/8,::1/128"


def _split(value: object) -> object:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_split)]
OptionalInt = Annotated[int | None, BeforeValidator(lambda value: None if value == "" else value)]


class Settings(BaseSettings):
    """Effective settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data: Path = Field(
        default=Path("data"),
        description="Folder that holds everything: the database, secrets, logs. Back it up.",
    )
    port: int = Field(
        default=8080, ge=1, le=65535, description="Port of the public address of a local stack."
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address that a local stack and the sidecar listen on. "
        "A local stack signs every visitor in, so keep it on loopback.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8080",
        description="Address people and plugins reach the service at; used in links and for the "
        "same-origin check.",
    )
    pocketbase_url: str = Field(
        default="http://127.0.0.1:8090", description="Where the sidecar reaches PocketBase."
    )
    pocketbase_email: str = Field(
        default="", description="E-mail of the PocketBase superuser the sidecar works as."
    )
    pocketbase_password: SecretStr = Field(
        default=SecretStr(""), description="Password of that superuser."
    )
    sidecar_port: int = Field(
        default=8091,
        ge=1,
        le=65535,
        description="Port the sidecar listens on. A local stack takes another when it is busy.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks of the proxy whose `Remote-*` headers are believed, "
        "comma-separated. Empty: no header is believed.",
    )
    proxy_secret: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="When set, `Remote-*` headers count only beside an `X-OpenSync-Proxy` header "
        "with this value. Traefik adds it; other programs on the proxy's address cannot.",
    )
    allowed_origins: Names = Field(
        default=(),
        description="Further origins whose pages may use a browser's session, comma-separated, "
        "such as a dashboard that is served elsewhere. The public URL always may.",
    )
    admin_group: str = Field(
        default="admins",
        description="Group in `Remote-Groups` whose members may open the PocketBase admin UI.",
    )
    sign_out_url: str = Field(
        default="", description="Where the dashboard's sign-out link leads (Authelia's logout)."
    )
    user_token_seconds: int = Field(
        default=3600,
        ge=60,
        le=86400,
        description="Life of the PocketBase token that `/api/me` hands to a browser.",
    )
    max_body_bytes: int = Field(
        default=50 * 1024 * 1024,
        ge=1024,
        description="Largest request body; a larger one is answered 413.",
    )
    body_room_bytes: int = Field(
        default=256 * 1024 * 1024,
        ge=1024,
        description="How much of all request bodies together is held while they arrive and are "
        "parsed, at least the largest body; half of it for one user. What finds no room waits as "
        "long as for a rate, and is answered 503 then.",
    )
    max_body_items: int = Field(
        default=200_000,
        ge=100,
        description="Most sessions, messages and parts of one sync request together; more are "
        "answered 413. Each takes about a kilobyte of memory, however small it is.",
    )
    body_pause_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a client may send nothing in the middle of a body; then it is "
        "answered 408.",
    )
    rate_sync: float = Field(
        default=500.0,
        ge=0,
        description="Sync requests a second that one API key may send for long; 20 seconds' worth "
        "may come at once. What comes faster waits for its turn. 0: no limit.",
    )
    rate_read: float = Field(
        default=200.0,
        ge=0,
        description="Other requests a second that one user may send for long, likewise.",
    )
    rate_wrong_keys: float = Field(
        default=10.0,
        ge=0,
        description="Wrong keys and tokens a second that are answered to one address, likewise. "
        "A right key from the same address is not held up.",
    )
    rate_delay_seconds: float = Field(
        default=10.0,
        ge=0,
        le=60,
        description="How long a request waits for its turn at most; one whose turn is later is "
        "answered 429 at once.",
    )
    metrics_networks: Networks = Field(
        default=LOOPBACK,
        validate_default=True,
        description="Networks that may read `/metrics`, comma-separated.",
    )
    api_log_days: int = Field(
        default=30, ge=1, description="Days that rows of the request log (`apiLogs`) are kept."
    )
    trash_days: int = Field(
        default=30,
        ge=0,
        le=3650,
        description="Days that deleted sessions can be restored; 0: deleted is gone at once.",
    )
    embedder: Literal["auto", "openai", "local", "off"] = Field(
        default="auto",
        description="What makes vectors of texts for search by meaning: `openai` (or a server that "
        "speaks its protocol), `local` (on this machine), `off`; `auto` takes the first where a "
        "key or an address is set, else the local one where it is installed.",
    )
    embedding_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key of the embeddings service. Texts are sent there only when this or "
        "the address is set.",
    )
    embedding_base_url: str = Field(
        default="",
        description="Address of an embeddings service that speaks OpenAI's protocol, such as "
        "`http://127.0.0.1:11434/v1`. Empty: OpenAI's own.",
    )
    embedding_model: str = Field(
        default="", description="Model of the embeddings. Empty: `text-embedding-3-small`."
    )
    embedding_dimensions: OptionalInt = Field(
        default=None, ge=1, le=8192, description="Length of the vectors. Empty: the model's own."
    )
    embedding_input_tokens: OptionalInt = Field(
        default=None,
        ge=16,
        description="Tokens that the model reads of one text. Empty: as is known of the model, "
        "512 where nothing is.",
    )
    embedding_timeout_seconds: float = Field(
        default=60.0, gt=0, description="How long one request for embeddings may take."
    )
    embedding_threads: int = Field(
        default=0, ge=0, description="Threads of the local embedder; 0: half of the processors."
    )
    embedding_pause_seconds: float = Field(
        default=3.0,
        ge=0,
        description="How long a message or a session rests unchanged before it is embedded, and "
        "how often it is looked for.",
    )
    qdrant_url: str = Field(
        default="",
        description="Address of a Qdrant server that holds the vector index. Empty: the index is "
        "kept in the data folder.",
    )
    qdrant_api_key: SecretStr = Field(default=SecretStr(""), description="API key of that server.")
    chat_model: str = Field(
        default="",
        description="Chat model that answers questions about past sessions (`/api/ask`), such as "
        "`gpt-5-mini`. Empty: questions are answered 501.",
    )
    chat_base_url: str = Field(
        default="",
        description="Address of a chat service that speaks OpenAI's protocol. Empty: that of the "
        "embeddings, else OpenAI's own.",
    )
    chat_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key of the chat service. Empty: that of the embeddings, where both are "
        "at the same address.",
    )
    chat_timeout_seconds: float = Field(
        default=60.0, gt=0, description="How long the chat model may be silent."
    )
    chat_output_tokens: int = Field(
        default=2_000, ge=1, description="Longest answer of the chat model, its thinking included."
    )
    backup_dir: Path | None = Field(
        default=None,
        description="Folder that `opensync backup` keeps backups in, best on another disk; with a "
        "bucket, the folder they are made in. Empty: `backups` in the data folder.",
    )
    backup_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that backups are encrypted with; `opensync backup key` makes one. Empty: "
        "they are not encrypted.",
    )
    backup_every_hours: float = Field(
        default=0,
        ge=0,
        description="Hours from one backup that the sidecar makes by itself to the next; 0: it "
        "makes none.",
    )
    backup_keep_last: int = Field(
        default=0, ge=0, description="How many newest backups are kept when old ones are removed."
    )
    backup_keep_daily: int = Field(
        default=7, ge=0, description="Of how many days the newest backup is kept, too."
    )
    backup_keep_weekly: int = Field(
        default=4,
        ge=0,
        description="Of how many weeks the newest backup is kept, too. With 0 in all three, no "
        "backup is removed by itself.",
    )
    backup_bucket: str = Field(
        default="",
        description="Bucket of an S3-compatible store that backups are kept in, with a folder if "
        "there is one: `bucket/folder`. Empty: they are kept in the folder.",
    )
    backup_endpoint: str = Field(
        default="",
        description="Address of that store, such as `https://s3.example.org`. Empty: AWS.",
    )
    backup_region: str = Field(
        default="us-east-1", description="Region of the bucket; most stores but AWS take any."
    )
    backup_access_key_id: str = Field(
        default="",
        description="Access key of the store. Empty: what AWS' own variables or the machine's role "
        "give.",
    )
    backup_secret_access_key: SecretStr = Field(
        default=SecretStr(""), description="Secret of that access key."
    )
    spool_after_seconds: float = Field(
        default=3.0,
        gt=0,
        le=60,
        description="How long a sync request waits for PocketBase; then it is kept in the spool "
        "and answered. Large ones wait a little longer.",
    )
    spool_bytes: int = Field(
        default=2 * 1024**3,
        ge=0,
        description="How much the spool keeps while PocketBase is away; more is answered 503. "
        "0: nothing is kept.",
    )
    spool_hours: float = Field(
        default=168.0,
        gt=0,
        description="How long PocketBase may take nothing from the spool until that takes no more, "
        "either.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe log line that is written."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="Log lines for people (`text`) or for collectors (`json`)."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # A folder with one file a secret: systemd makes it for LoadCredential=, Docker mounts it.
        credentials = SecretsSettingsSource(
            settings_cls, secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY") or None
        )
        return init_settings, env_settings, credentials, _StackFile(settings_cls, init_settings)


class _StackFile(PydanticBaseSettingsSource):
    """What `opensync up` wrote down about the stack whose data folder is in use."""

    def __init__(
        self, settings_cls: type[BaseSettings], arguments: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings_cls)
        data = arguments().get("data") or os.environ.get(f"{PREFIX}DATA") or "data"
        self._values = read_stack_file(Path(data))

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return {k: v for k, v in self._values.items() if k in self.settings_cls.model_fields}


def read_stack_file(data: Path) -> dict[str, Any]:
    """Return the contents of `stack.json` in the data folder, empty where there is none."""
    path = data / STACK_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"{path} cannot be read. Mend or remove it; `opensync up` writes it anew."
        ) from exc
    if not isinstance(values, dict):
        raise ConfigError(f"{path} does not hold a JSON object. Remove it and run `opensync up`.")
    return values


def load_settings(**overrides: Any) -> Settings:
    """Read the settings, or raise ConfigError that lists every bad variable by its name."""
    try:
        return Settings(**overrides)
    except ValidationError as exc:
        # One line a variable: a list with several bad items has an error for each.
        wrong = {str(error["loc"][0]): error["msg"] for error in exc.errors()}
        raise ConfigError(
            "These settings are wrong:\n"
            + "\n".join(f"  {PREFIX}{name.upper()}: {why}" for name, why in wrong.items())
            + "\n`opensync config` shows what is in effect; docs/reference/settings.md lists them."
        ) from exc


def misspelt_variables(environ: dict[str, str]) -> list[str]:
    """Return a sentence for each `OPENSYNC_*` variable that no setting reads."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    sentences = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            sentences.append(f"No setting reads the variable {name}.{hint}")
    return sentences
