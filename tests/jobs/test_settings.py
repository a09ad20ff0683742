"""Where each setting comes from, and where the token may come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.settings import SETTINGS, SettingsError, read_settings, read_token

TOKEN = "hf_" + "made_up"


def test_every_setting_has_a_default(tmp_path: Path) -> None:
    chosen = read_settings({}, {}, tmp_path).chosen
    assert {setting.name: chosen[setting.name].value for setting in SETTINGS} == {
        "db": "modelroots.db",
        "registry": "",
        "endpoint": "https://huggingface.co",
        "snapshots": "snapshots",
        "keep_daily": "",
        "keep_monthly": "",
        "cron": "30 2 * * *",
    }


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_variable_sets_each(tmp_path: Path, setting: object) -> None:
    name, variable = setting.name, setting.variable  # type: ignore[attr-defined]
    chosen = read_settings({}, {variable: "x"}, tmp_path).chosen[name]
    assert (chosen.value, chosen.origin) == ("x", variable)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_file_sets_each(tmp_path: Path, setting: object) -> None:
    name = setting.name  # type: ignore[attr-defined]
    (tmp_path / "modelroots.toml").write_text(f'{name} = "x"\n')
    assert read_settings({}, {}, tmp_path).chosen[name].value == "x"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    assert read_settings({}, {"HF_ENDPOINT": ""}, tmp_path).endpoint == "https://huggingface.co"


def test_no_registry_means_the_one_shipped(tmp_path: Path) -> None:
    assert read_settings({}, {}, tmp_path).registry is None


@pytest.mark.parametrize("text", ["db = ", "db = 3", 'token = "x"', "\udcff"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "modelroots.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=r"modelroots\.toml"):
        read_settings({}, {}, tmp_path)


def test_without_being_asked_no_login_is_looked_up(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    assert read_token({"HF_HOME": str(tmp_path), "HF_TOKEN_PATH": str(tmp_path / "token")}, None) is None


def test_the_environment_s_token_is_read() -> None:
    assert read_token({"HF_TOKEN": f" {TOKEN}\n"}, None) == TOKEN


def test_a_named_file_goes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_token({"HF_TOKEN": "hf_" + "other"}, str(tmp_path / "token")) == TOKEN


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_named_place_without_a_token_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    with pytest.raises(SettingsError, match="token"):
        read_token({"HF_TOKEN": TOKEN}, str(tmp_path / "token"))


@pytest.mark.parametrize(
    ("daily", "monthly", "keep"), [("", "", None), ("30", "", (30, 0)), ("", "24", (0, 24)), ("30", "24", (30, 24))]
)
def test_snapshots_are_kept_where_nobody_says_how_many(
    tmp_path: Path, daily: str, monthly: str, keep: tuple[int, int] | None
) -> None:
    environment = {"MODELROOTS_KEEP_DAILY": daily, "MODELROOTS_KEEP_MONTHLY": monthly}
    assert read_settings({}, environment, tmp_path).keep == keep


@pytest.mark.parametrize("wrong", ["-1", "some", "1.5", "\u0663", "1" * 30])
def test_a_number_of_days_that_is_none_is_told_with_its_origin(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingsError, match="MODELROOTS_KEEP_DAILY: keep_daily must be a whole number"):
        _ = read_settings({}, {"MODELROOTS_KEEP_DAILY": wrong}, tmp_path).keep
