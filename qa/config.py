"""Settings: defaults, then `qa.toml`, then `QA_SECTION__KEY`, then command flags.

Read once at the entry point and passed down. Unknown keys are refused, so that a misspelt setting
cannot silently keep its default.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qa.config_reports import ReportSettings
from qa.config_words import Word, WordSettings
from qa.errors import ConfigError
from qa.sections import (
    ArchiveSettings,
    ClusterSettings,
    EventSettings,
    LedgerSettings,
    Place,
    ProofSettings,
    S3Settings,
    Section,
)


class AudioSettings(Section):
    """What recordings are accepted, and what decoding may cost."""

    max_duration_s: int = Field(4 * 3600, gt=0, description="longest recording accepted, seconds")
    max_file_mb: int = Field(2048, gt=0, description="largest recording file accepted, MiB")
    decoder_memory_mb: int = Field(
        512, ge=256, description="address space of the decoding process, MiB (it uses about 230)"
    )
    decoder_timeout_s: int = Field(
        600, gt=0, description="longest wall time for decoding one recording, seconds"
    )
    scratch_dir: Path | None = Field(
        None, description="folder for decoded samples while a call is heard (default: system temp)"
    )


class SourceSettings(Section):
    """One source of recordings (a recorder, a PBX): its channels, and where its calls come from."""

    agent_channel: Literal["left", "right"] = Field(
        "left", description="which channel of a stereo recording holds the agent"
    )
    folder: Place | None = Field(
        None,
        description="inbox: recordings anywhere below it, tables at its top; a folder, or "
        "s3://bucket/folder",
    )
    names: tuple[str, ...] = Field(
        (),
        description="patterns of the file names, the first that fits counts, such as "
        "{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav",
    )
    sidecars: bool = Field(True, description="whether a.json beside a.wav tells of that call")
    finished: Literal["stable", "done"] = Field(
        "stable",
        description="a recording is finished when its size and time stand still for stable_s, or "
        "when a.wav.done (or a.done) lies beside it",
    )
    stable_s: float = Field(
        10.0, ge=0, le=86400, description="seconds that a file must stand still"
    )
    cdr: tuple[Path, ...] = Field((), description="files of call records (Master.csv)")
    cdr_format: Literal["asterisk", "asterisk-custom", "freeswitch"] = Field(
        "asterisk", description="what writes the call records"
    )
    cdr_columns: tuple[str, ...] = Field(
        (), description="fields of the call records in order, where they are not the usual ones"
    )
    cdr_timezone: str | None = Field(
        None, description="zone of the call records' times (default: timezone); UTC for usegmtime"
    )
    extensions: str = Field(
        "[1-9][0-9]{2,3}", description="regular expression that the agents' extensions fit whole"
    )


class IngestSettings(Section):
    """How the inbox is watched, and what the reconciliation finds suspicious."""

    poll_s: float = Field(10.0, ge=0.5, le=3600, description="seconds between looks at an inbox")
    one_sided_speech_s: float = Field(
        1.0, ge=0, description="a channel with less speech than so many seconds counts as silent"
    )
    fault_share: float = Field(
        0.2,
        gt=0,
        le=1,
        description="share of a source's calls in a day, silent or one-sided, from which its "
        "recorder is taken to be faulty",
    )
    fault_calls: int = Field(
        5, ge=1, description="silent or one-sided calls of a source in a day that this takes"
    )


class HearingSettings(Section):
    """Which recogniser is used, and how."""

    model: str = Field(
        "base",
        description="speech model, a name from models/registry.yaml; sensevoice and paraformer "
        "need the extra `sherpa`",
    )
    device: Literal["cpu", "cuda", "auto"] = Field("cpu", description="where the model runs")
    compute_type: str = Field(
        "int8", description="Whisper's compute type in CTranslate2 (int8, float16, …)"
    )
    threads: int = Field(1, ge=1, description="threads per worker process; 1 is fastest overall")
    beam_size: int = Field(5, ge=1, le=10, description="Whisper's beams; 1 is greedy, faster")
    batch: int = Field(
        0,
        ge=0,
        le=256,
        description="windows that Whisper decodes together; 0 means 4 (short ones 8), on a GPU 32",
    )
    short_windows: bool = Field(
        False,
        description="pack 20 s of speech into a window instead of 30 s, and let Whisper encode "
        "each only as long as its speech: less work on a processor, other transcripts, more wrong "
        "verdicts (docs/benchmarks.md)",
    )
    quick_first: bool = Field(
        False,
        description="let Whisper read with one beam first, and with `beam_size` only the windows "
        "that it is unsure of: half the work of decoding, other transcripts "
        "(docs/benchmarks.md)",
    )
    vocabulary: Literal["chinese", "all"] = Field(
        "all",
        description="tokens that Whisper may write: those of all its hundred languages, or only "
        "those of Chinese, digits, capitals and Latin letters by ones and twos: less work, hardly "
        "other transcripts (docs/benchmarks.md)",
    )
    vad_aggressiveness: int = Field(
        1, ge=0, le=3, description="webrtcvad: 0 keeps most, 3 drops most"
    )
    second_model: str = Field(
        "",
        description="a larger model that reads again by what somebody may be fined; where it hears "
        "otherwise, a person decides; empty for none",
    )
    speakers: bool = Field(
        False,
        description="tell agent and customer apart in mono recordings, by their voices; needs the "
        "model 'campplus' (qa models pull campplus)",
    )


class BatchSettings(Section):
    """How many processes work through the recordings, and what each may take."""

    workers: int = Field(
        0,
        ge=0,
        description="worker processes; 0 means one per processor core, or one per GPU where the "
        "model runs on GPUs",
    )
    decoders: int = Field(
        0,
        ge=0,
        le=64,
        description="processes that decode recordings and find the speech in them, per worker; 0 "
        "means one, and for a worker on a GPU its share of the processor cores, at most 8",
    )
    ahead: int = Field(
        2, ge=0, le=64, description="recordings that each worker has decoded ahead, at most"
    )
    together: int = Field(
        0,
        ge=0,
        le=64,
        description="recordings that each worker hears at once, so that the model decodes their "
        "windows together; 0 means 1, on a GPU 16",
    )
    worker_memory_mb: int = Field(
        0,
        ge=0,
        description="memory of one worker, MiB: near it the worker is replaced between two "
        "recordings, beyond it at once; 0 means its share of four fifths of the machine's",
    )
    worker_recordings: int = Field(
        1000, ge=1, description="recordings after which a worker is replaced by a fresh one"
    )
    claim: int = Field(
        200, ge=1, le=10_000, description="recordings that a run claims in the database at once"
    )
    lease_s: float = Field(
        120.0, ge=5, description="seconds that a claim lasts unless the run renews it"
    )
    patience_s: float = Field(
        600.0, ge=0, description="seconds that a run waits for a database locked, full or away"
    )
    wait_s: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="seconds that a command waits while another run, or an upload that is being "
        "heard, works on the database; then it is refused",
    )


class TableSettings(Section):
    """Files that hold values of the rulesets."""

    stations: Path | None = Field(
        None,
        description="repair station of each compound: CSV, JSON Lines or YAML "
        "(default: the stations.csv of the folders that were taken in)",
    )
    knowledge: Path | None = Field(
        None, description="what agents must not state wrongly: a YAML list of entries with ids"
    )


class ScoringSettings(Section):
    """Which rules judge, and the values that the regulations leave open."""

    ruleset: str = Field(
        "heating-repair",
        description="id of a ruleset (the published one, else the bundled one), or a YAML file, "
        "which then is in force itself",
    )
    values: dict[str, Any] = Field(
        default_factory=dict,
        description="replaces named values of the ruleset (hotline, brand, max_rings, …)",
    )
    tables: TableSettings = TableSettings()


class DatabaseSettings(Section):
    """Where records are kept."""

    url: str | None = Field(
        None, description="SQLAlchemy URL (default: SQLite file qa.sqlite3 in data_dir)"
    )


class AccountSettings(Section):
    """How people log in."""

    session_idle_minutes: int = Field(
        60, ge=5, le=1440, description="a browser without a request for so long is logged out"
    )
    session_absolute_minutes: int = Field(
        720, ge=10, le=10_080, description="a browser is logged out so long after its log-in"
    )
    password_min_chars: int = Field(10, ge=8, le=64, description="shortest password, characters")
    throttle_after: int = Field(
        5, ge=1, le=100, description="wrong passwords for one login before each further try waits"
    )
    throttle_address_after: int = Field(
        50, ge=1, le=10_000, description="wrong passwords from one address before its tries wait"
    )
    throttle_max_seconds: int = Field(
        300, ge=1, le=86_400, description="longest wait between two tries, seconds"
    )


class ReviewSettings(Section):
    """How people review: appeals, spot checks, figures."""

    appeal_days: int = Field(
        7, ge=1, le=90, description="days in which an agent may appeal after a call was released"
    )
    draw_checks: bool = Field(
        True, description="draw the spot checks of the days that are over after each `qa run`"
    )
    daily_checks: int = Field(
        2, ge=1, le=20, description="spot checks a day for each agent on duty, for their lead"
    )
    weekly_checks: int = Field(5, ge=1, le=100, description="spot checks a week for the head")
    risk_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of the spot checks that are drawn by risk, 0–1, rounded down; "
        "the rest is chance",
    )
    check_seed: str = Field(
        "tingjian", min_length=1, max_length=200, description="text that chance follows from"
    )
    check_due_hours: int = Field(
        24, ge=1, description="hours after the end of a day until its spot checks are overdue"
    )
    weekly_due_hours: int = Field(
        72, ge=1, description="hours after the end of a week until the head's are overdue"
    )
    min_result_chars: int = Field(
        10, ge=1, le=500, description="shortest written result of a spot check, characters"
    )
    min_ranked_calls: int = Field(
        10,
        ge=2,
        description="an agent with fewer scored calls in a period stands apart from the others",
    )


class ServeSettings(Section):
    """Where the service listens, and how it is reached."""

    host: str = Field(
        "127.0.0.1",
        description="address to listen on; one that is not this machine's loopback needs accounts, "
        "and TLS or a reverse proxy",
    )
    port: int = Field(8787, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    tls_certificate: Path | None = Field(
        None, description="PEM file of the certificate and its chain; with it the service is https"
    )
    tls_key: Path | None = Field(
        None, description="PEM file of the certificate's private key, without a passphrase"
    )
    behind_proxy: tuple[str, ...] = Field(
        (),
        description="IP addresses or networks of the reverse proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto are believed",
    )
    allowed_hosts: tuple[str, ...] = Field(
        (), description="names under which people open the service (the Host header, without port)"
    )
    max_upload_mb: int = Field(
        512, gt=0, description="largest recording taken through the page or the API, MiB"
    )
    process_uploads: bool = Field(
        True,
        description="transcribe and judge uploads, and do the runs asked for on the page, in a "
        "process beside the service; false leaves both to 'qa run'",
    )
    inbox: Place | None = Field(
        None,
        description="folder, or s3://bucket/folder, that a run started on the page takes in "
        "(default: none)",
    )
    nightly: str | None = Field(
        None,
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="time of day, such as 02:00 in the zone of timezone, at which the service "
        "runs 'qa nightly' (default: never)",
    )
    workers: int = Field(
        1,
        ge=0,
        le=64,
        description="processes that answer requests; 0 is one for each processor, at most four",
    )
    metrics: Literal["token", "loopback", "off"] = Field(
        "token",
        description="who reads /metrics: token is whoever may start runs or read the audit log; "
        "loopback is also everybody on this machine; off is nobody",
    )


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="QA_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_dir: Path = Field(Path("qa-data"), description="folder of the database and working files")
    models_dir: Path | None = Field(
        None, description="folder of the speech models (default: models/ beside the package)"
    )
    timezone: str = Field("Asia/Shanghai", description="zone of times that are written without one")
    audio: AudioSettings = AudioSettings()
    hearing: HearingSettings = HearingSettings()
    batch: BatchSettings = BatchSettings()
    cluster: ClusterSettings = ClusterSettings()
    scoring: ScoringSettings = ScoringSettings()
    database: DatabaseSettings = DatabaseSettings()
    review: ReviewSettings = ReviewSettings()
    serve: ServeSettings = ServeSettings()
    accounts: AccountSettings = AccountSettings()
    ingest: IngestSettings = IngestSettings()
    archive: ArchiveSettings = ArchiveSettings()
    events: EventSettings = EventSettings()
    ledger: LedgerSettings = LedgerSettings()
    proof: ProofSettings = ProofSettings()
    s3: S3Settings = S3Settings()
    reports: ReportSettings = ReportSettings()
    sources: dict[str, SourceSettings] = Field(
        default_factory=dict,
        description="channel layout per source name, 'default' for the rest; and where its calls "
        "come from (docs/how-to/ingest.md)",
    )

    words: dict[str, WordSettings] = Field(
        default_factory=dict,
        description="domain words that Whisper is told to expect, per ruleset id, 'default' for "
        "the rest; none at first (docs/how-to/recognisers.md)",
    )

    lexicon: dict[str, tuple[Word, ...]] = Field(
        default_factory=dict,
        description="names and words, per ruleset id, 'default' for the rest: the page of a call "
        "writes them where something that sounds like them was heard unsurely, and marks it",
    )

    @property
    def database_url(self) -> str:
        """The URL in force."""
        return self.database.url or f"sqlite:///{self.data_dir / 'qa.sqlite3'}"

    def source(self, name: str | None) -> SourceSettings:
        """Find the channel layout of a source: its own, `default`, or the agent on the left."""
        fallback = self.sources.get("default", SourceSettings())
        return self.sources.get(name, fallback) if name else fallback

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take flags, then environment, then the file named by `QA_CONFIG` or `./qa.toml`."""
        file = TomlConfigSettingsSource(settings_cls, settings_file())
        return init_settings, env_settings, file


def settings_file() -> Path:
    """Name the file that settings are read from; it need not exist."""
    return Path(os.environ.get("QA_CONFIG") or "qa.toml")


def load_settings(**overrides: Any) -> Settings:
    """Read the settings in force.

    Args:
        overrides: values from command flags, by field name.

    Raises:
        ConfigError: a key is unknown or a value out of range; the message names each key.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise ConfigError("settings are wrong:\n" + "\n".join(lines)) from error
    except ValueError as error:  # a TOML file that does not parse
        raise ConfigError(f"settings file: {error}") from error
