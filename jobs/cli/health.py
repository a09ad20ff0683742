"""`doctor` and `config`: is everything in place, and what was chosen where."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer

from jobs.cli.crawling import is_offline
from jobs.cli.output import Answer, Form, Format, give
from jobs.cli.state import EndpointOption, JsonOption, TokenOption, state_of
from jobs.settings import SETTINGS, read_token


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(config)


def doctor(
    context: typer.Context,
    json: JsonOption = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no Hub.")] = False,
    endpoint: EndpointOption = None,
    token_from: TokenOption = None,
) -> None:
    """Looks at the machine, the database, the registry and the Hub; exits with 1 where there is a problem."""
    from jobs.doctor.examine import examine

    settings = state_of(context).at(endpoint)
    token = read_token(os.environ, token_from)
    offline = offline or is_offline()
    checks = list(examine(settings, token, offline=offline))
    give(Answer([asdict(check) for check in checks]), Form(Format.JSON if json else Format.TABLE))
    if any(check.state == "problem" for check in checks):
        raise typer.Exit(1)


def config(context: typer.Context, json: JsonOption = False) -> None:
    """Each setting, its value, and where that came from: flag, environment, modelroots.toml or default."""
    chosen = state_of(context).settings.chosen
    items = [
        {
            "name": setting.name,
            "value": chosen[setting.name].value,
            "origin": chosen[setting.name].origin,
            "variable": setting.variable,
            "meaning": setting.meaning,
        }
        for setting in SETTINGS
    ]
    token = "set" if os.environ.get("HF_TOKEN") else "not set"  # never its value
    items.append(
        {"name": "token", "value": token, "origin": "HF_TOKEN", "variable": "HF_TOKEN", "meaning": "the Hub token"}
    )
    give(Answer(items), Form(Format.JSON if json else Format.TABLE))
