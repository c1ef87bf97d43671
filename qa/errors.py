"""The error tree. A finding is data; only what stops work is raised.

Messages name the call or file and what to do; they never hold words of a conversation, a phone
number or a customer's name. Fields travel positionally so that every error survives pickling.
"""

from enum import StrEnum


class QAError(Exception):
    """Anything that Tingjian itself reports."""


class ConfigError(QAError):
    """Stop before work starts: a setting, ruleset or model is wrong."""


class RulesetError(ConfigError):
    """A ruleset cannot be used.

    Args:
        source: file or name of the ruleset.
        problem: what is wrong, with the line where known.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(source, problem)
        self.source, self.problem = source, problem

    def __str__(self) -> str:
        return f"{self.source}: {self.problem}"


class ModelNotFoundError(ConfigError):
    """A speech model is not on this machine.

    Args:
        name: registry name.
        advice: how to get it, one way a line.
    """

    def __init__(self, name: str, advice: str) -> None:
        super().__init__(name, advice)
        self.name, self.advice = name, advice

    def __str__(self) -> str:
        return f"speech model '{self.name}' is not installed.\n{self.advice}"


class ModelCorruptError(ConfigError):
    """A model file does not have the bytes that the registry promises."""

    def __init__(self, file: str, expected: str, actual: str) -> None:
        super().__init__(file, expected, actual)
        self.file, self.expected, self.actual = file, expected, actual

    def __str__(self) -> str:
        return (
            f"{self.file}: wrong SHA-256, the file was refused.\n"
            f"  expected {self.expected}\n  found    {self.actual}"
        )


class RecordingFault(StrEnum):
    """Why a recording cannot be used; stored with the recording and shown to people."""

    EMPTY_FILE = "empty_file"
    TRUNCATED = "truncated"
    NOT_AUDIO = "not_audio"
    NO_SAMPLES = "no_samples"
    UNREADABLE_CODEC = "unreadable_codec"
    TOO_MANY_CHANNELS = "too_many_channels"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    BAD_SAMPLES = "bad_samples"
    SILENT = "silent"
    VANISHED = "vanished"
    CHANGED = "changed"
    DECODER_CRASHED = "decoder_crashed"
    DECODER_TIMEOUT = "decoder_timeout"
    UNREADABLE = "unreadable"
    LOCKED = "locked"
    SEAL_BROKEN = "seal_broken"
    DELETED = "deleted"


class RecordingError(QAError):
    """A recording cannot be used; mark it, go on, do not retry until its bytes change.

    Args:
        file: file name of the recording, without its folder.
        fault: the reason code.
        advice: what is wrong and what to do about it, in one sentence.
    """

    def __init__(self, file: str, fault: RecordingFault, advice: str) -> None:
        super().__init__(file, fault, advice)
        self.file, self.fault, self.advice = file, fault, advice

    def __str__(self) -> str:
        return f"{self.file}: {self.fault.value}: {self.advice}"


class AudioDecodeError(RecordingError):
    """The bytes cannot be turned into samples."""


class AudioTooShortError(RecordingError):
    """There is audio, but nothing in it to inspect."""


class EngineError(QAError):
    """The recogniser failed; trying again may help.

    Args:
        call: call or recording id.
        problem: the library's error class and where it happened.
    """

    def __init__(self, call: str, problem: str) -> None:
        super().__init__(call, problem)
        self.call, self.problem = call, problem

    def __str__(self) -> str:
        return f"{self.call}: the recogniser failed: {self.problem}"


class ScratchError(EngineError):
    """The scratch folder cannot hold the decoded samples; not the recording's fault.

    Args:
        call: file name of the recording.
        problem: what is wrong and what to do.
    """

    def __str__(self) -> str:
        return f"{self.call}: {self.problem}"


class ClusterError(QAError):
    """The cluster cannot be used, or was lost; what was heard is kept, and a run goes on with it.

    Args:
        problem: what is wrong and what to do.
    """

    def __str__(self) -> str:
        return f"cluster: {self.args[0]}"


class CheckError(QAError):
    """A check broke on a call: a bug. Its line becomes undecided and the run exits 1.

    Args:
        rule_id: the rule whose check broke.
        problem: the error's class.
    """

    def __init__(self, rule_id: str, problem: str) -> None:
        super().__init__(rule_id, problem)
        self.rule_id, self.problem = rule_id, problem

    def __str__(self) -> str:
        return f"rule {self.rule_id} failed inside its check: {self.problem}"


class ServeError(QAError):
    """The service cannot go on."""


class StoreError(QAError):
    """The database refused or cannot be reached."""


class StoreUnavailableError(StoreError):
    """The database is locked, full, or away: the same may well succeed later."""


class NotFoundError(StoreError):
    """No such row.

    Args:
        kind: what was looked for.
        key: its id.
    """

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(kind, key)
        self.kind, self.key = kind, key

    def __str__(self) -> str:
        return f"no {self.kind} '{self.key}'"


class ConflictError(StoreError):
    """A stale or illegal transition."""


class IngestError(QAError):
    """A folder or table cannot be read at all (a single bad row is reported, not raised).

    Args:
        file: the file or folder.
        problem: what is wrong and what to do.
    """

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(file, problem)
        self.file, self.problem = file, problem

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"
