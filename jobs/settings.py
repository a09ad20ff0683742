"""What the user chose: flag, else environment, else modelroots.toml, else default. Read once and frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

FILE = "modelroots.toml"


class SettingsError(Exception):
    """A setting that cannot be used; the text names it, where it came from, and the way out."""


class Setting(NamedTuple):
    """One setting: its name in modelroots.toml, its environment variable, what it is when nobody says."""

    name: str
    variable: str
    default: str
    meaning: str


SETTINGS = (
    Setting("db", "MODELROOTS_DB", "modelroots.db", "the database file"),
    Setting("registry", "MODELROOTS_REGISTRY", "", "a folder with families.toml; empty: the one shipped"),
    Setting("endpoint", "HF_ENDPOINT", "https://huggingface.co", "the Hub to read"),
    Setting("snapshots", "MODELROOTS_SNAPSHOTS", "snapshots", "the folder that nightly snapshots go to"),
    Setting("keep_daily", "MODELROOTS_KEEP_DAILY", "", "keep one snapshot a day of so many days; empty: keep all"),
    Setting("keep_monthly", "MODELROOTS_KEEP_MONTHLY", "", "and one a month of so many months"),
    Setting("cron", "MODELROOTS_CRON", "30 2 * * *", "when the scheduled job runs, UTC"),
)


class Chosen(NamedTuple):
    """A setting's value and where it came from: a flag, a variable, a file, or `default`."""

    value: str
    origin: str


class Settings(NamedTuple):
    """All settings. Paths are as given, relative to the current folder; the token is never among them."""

    chosen: Mapping[str, Chosen]

    @property
    def db(self) -> Path:
        return Path(self.chosen["db"].value)

    @property
    def registry(self) -> Path | None:
        folder = self.chosen["registry"].value
        return Path(folder) if folder else None

    @property
    def endpoint(self) -> str:
        return self.chosen["endpoint"].value

    @property
    def snapshots(self) -> Path:
        return Path(self.chosen["snapshots"].value)

    @property
    def keep(self) -> tuple[int, int] | None:
        """Of how many days and of how many months a snapshot is kept; None where all are. Raises `SettingsError`."""
        daily, monthly = self._number("keep_daily"), self._number("keep_monthly")
        return None if daily is None and monthly is None else (daily or 0, monthly or 0)

    def _number(self, name: str) -> int | None:
        value, origin = self.chosen[name]
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise SettingsError(f"{origin}: {name} must be a whole number, not {value!r}, or empty to keep all.")
        return int(value)

    @property
    def cron(self) -> str:
        return self.chosen["cron"].value


def read_settings(flags: Mapping[str, str | None], environment: Mapping[str, str], folder: Path) -> Settings:
    """Flag > environment > modelroots.toml in `folder` > default. An empty variable counts as not set.

    Raises `SettingsError` for a file that is no TOML or names a setting that is none.
    """
    path = folder / FILE
    in_file = _read_file(path)
    chosen = {}
    for setting in SETTINGS:
        flag, variable = flags.get(setting.name), environment.get(setting.variable)
        if flag is not None:
            chosen[setting.name] = Chosen(flag, f"--{setting.name}")
        elif variable:
            chosen[setting.name] = Chosen(variable, setting.variable)
        elif setting.name in in_file:
            chosen[setting.name] = Chosen(in_file[setting.name], str(path))
        else:
            chosen[setting.name] = Chosen(setting.default, "default")
    return Settings(chosen)


def _read_file(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    import tomllib  # few folders have the file

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Mend or remove it.") from error
    known = {setting.name for setting in SETTINGS}
    for name, value in found.items():
        if name not in known:
            raise SettingsError(f"{path} sets {name!r}, which is no setting. There are: {', '.join(sorted(known))}.")
        if not isinstance(value, str):
            raise SettingsError(f"{path}: {name} must be text in quotes, not {value!r}.")
    return found


def read_token(environment: Mapping[str, str], token_from: str | None) -> str | None:
    """The Hub token: HF_TOKEN, or what `--token-from` names: `login` (the stored login) or a file.

    Never a stored login unless asked. Raises `SettingsError` where the named place holds none.
    """
    if token_from is None:
        return environment.get("HF_TOKEN", "").strip() or None
    if token_from == "login":  # noqa: S105  # the word, not a secret
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from huggingface_hub import get_token  # 0.3 s, and only who asks for it waits

        token = get_token()
    else:
        try:
            token = Path(token_from).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"--token-from {token_from}: {error.strerror}. Name a file, or `login`.") from error
    if not token:
        raise SettingsError(f"--token-from {token_from}: there is no token there. Log in first, or set HF_TOKEN.")
    return token
