"""GET /api/models/{id}: one model, its redirects, and how a missing one is answered."""

from __future__ import annotations

from typing import Any

import pytest

RIGHT, ANY = "hf_right", "hf_any"


def test_a_model_is_answered_whole(hub: Any) -> None:
    assert hub.get("/bob/gguf").json()["cardData"] == {"a": 1}


def test_expand_cuts_it_down(hub: Any) -> None:
    assert set(hub.get("/bob/gguf?expand=likes").json()) == {"_id", "id", "likes"}


def test_children_are_counted_by_relation_and_direct_ones_alone(hub: Any) -> None:
    assert hub.get("/Qwen/Q?expand=childrenModelCount").json()["childrenModelCount"] == {"finetune": 1}


def test_children_are_not_told_unasked(hub: Any) -> None:
    assert "childrenModelCount" not in hub.get("/Qwen/Q").json()


def test_a_child_named_by_base_models_and_tag_counts_once(open_hub: Any) -> None:
    base_models = {"relation": "merge", "models": [{"_id": "1", "id": "a/b"}]}
    hub = open_hub({"id": "a/b"}, {"id": "c/d", "tags": ["base_model:merge:a/b"], "baseModels": base_models})
    assert hub.get("/a/b?expand=childrenModelCount").json()["childrenModelCount"] == {"merge": 1}


def test_an_unknown_word_is_refused(hub: Any) -> None:
    assert hub.get("/Qwen/Q?expand=nonsense").status_code == 400


def test_wrong_case_redirects_with_the_query_kept(hub: Any) -> None:
    answer = hub.get("/qwen/q?expand=likes")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/api/models/Qwen/Q?expand=likes")


@pytest.mark.parametrize("former", ["old/name", "gpt2", "OLD/name"])
def test_a_former_name_redirects(open_hub: Any, former: str) -> None:
    hub = open_hub({"id": "new/name", "renamedFrom": ["old/name", "gpt2"]})
    answer = hub.get(f"/{former}", allow_redirects=True)
    assert (answer.json()["id"], len(answer.history)) == ("new/name", 1)


def test_a_name_in_use_again_belongs_to_its_bearer(open_hub: Any) -> None:
    hub = open_hub({"id": "new/name", "renamedFrom": "old/name"}, {"id": "old/name"})
    assert hub.get("/old/name").json()["id"] == "old/name"


def test_former_names_are_never_shown(open_hub: Any) -> None:
    assert "renamedFrom" not in open_hub({"id": "a/b", "renamedFrom": "c"}).get("/a/b").json()


def test_one_of_two_ids_that_differ_in_case_is_found_by_its_own(open_hub: Any) -> None:
    hub = open_hub({"id": "a/B"}, {"id": "a/b"})
    assert [hub.get(f"/{name}").json()["id"] for name in ("a/b", "a/B")] == ["a/b", "a/B"]


@pytest.mark.parametrize("hidden", [{}, {"removed": True, "removedAt": "2026-08-01"}, {"private": True}])
def test_missing_removed_and_private_look_alike_without_a_token(open_hub: Any, hidden: dict[str, Any]) -> None:
    hub = open_hub({"id": "a/gone", **hidden} if hidden else {"id": "a/other"})
    answer = hub.get("/a/gone")
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid username or password."})


def test_a_missing_model_is_not_found_with_a_token(hub: Any) -> None:
    answer = hub.get("/a/gone", token=ANY)
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "RepoNotFound")


@pytest.mark.parametrize("hidden", ["removed", "private"])
def test_what_is_removed_or_private_is_not_listed(open_hub: Any, hidden: str) -> None:
    assert open_hub({"id": "a/gone", hidden: True}, {"id": "a/b"}).ids() == ["a/b"]


def test_gated_and_disabled_models_are_answered(open_hub: Any) -> None:
    assert open_hub({"id": "a/b", "gated": "manual", "disabled": True}).get("/a/b").status_code == 200


def test_a_wrong_token_is_not_accepted(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, token=RIGHT)
    assert [hub.get(token=token).status_code for token in (ANY, RIGHT, None)] == [401, 200, 200]


def test_a_hub_can_refuse_anonymous_listings(open_hub: Any) -> None:
    hub = open_hub({"id": "a/b"}, require_token=True)
    assert [hub.get(token=token).status_code for token in (None, ANY)] == [401, 200]


def test_other_addresses_are_not_found(hub: Any) -> None:
    assert hub.get(f"{hub.url}/api/datasets").status_code == 404


def test_an_id_beyond_ascii_is_found(open_hub: Any) -> None:
    assert open_hub({"id": "a/模型 x"}).get("/a/模型 x").json()["id"] == "a/模型 x"
