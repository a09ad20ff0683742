"""The families: the rules, the shipped file, and what is said of a file that cannot be used."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from store.errors import RegistryError
from store.registry.loader import Family, Registry, lint, load_registry

HUB = Path(__file__).parents[2].parent / "shared" / "hub"
RADAR = sorted((HUB / "radar").glob("*.jsonl.gz"))
needs_hub_rows = pytest.mark.skipif(not RADAR, reason="no real Hub rows beside the project: ../shared/hub/radar")

ASKED_FOR = [
    "qwen",
    "deepseek",
    "kimi",
    "glm",
    "hunyuan",
    "minimax",
    "sensenova",
    "llama",
    "mistral",
    "gemma",
    "gpt-oss",
    "grok",
    "claude",
]
CLOSED = ["gemini", "gpt", "grok", "claude"]


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def real_names() -> set[str]:
    """Every model that the real rows list, and every base that one of them names."""
    names: set[str] = set()
    for path in RADAR:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                names.add(row["id"])
                names.update(tag.rsplit(":", 1)[1] for tag in row.get("tags", ()) if tag.startswith("base_model:"))
    return names


def registry_of(folder: Path, text: str) -> Registry:
    (folder / "families.toml").write_text(text, encoding="utf-8")
    return load_registry(folder)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(RegistryError) as caught:
        registry_of(folder, text)
    return str(caught.value)


# --- the shipped registry


def test_the_shipped_registry_lints_clean(shipped: Registry) -> None:
    assert lint(shipped) == []


@pytest.mark.parametrize("key", ASKED_FOR)
def test_every_family_that_was_asked_for_is_there(shipped: Registry, key: str) -> None:
    assert key in shipped.families


@pytest.mark.parametrize("key", CLOSED)
def test_a_closed_developer_is_a_family_too(shipped: Registry, key: str) -> None:
    assert not shipped.families[key].open


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Qwen/Qwen3.8-27B", ("qwen",)),
        ("qwen/Qwen3.8-27B", ()),
        ("unsloth/Qwen3-8B", ()),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", ("deepseek",)),
        ("THUDM/chatglm3-6b", ("glm",)),
        ("THUDM/agent-benchmark", ()),
        ("zai-org/GLM-5.2", ("glm",)),
        ("tencent/Hy3", ("hunyuan",)),
        ("tencent/HunyuanVideo", ("hunyuan",)),
        ("Tencent-Hunyuan/HunyuanDiT-v1.2", ("hunyuan",)),
        ("tencent/UI-Mate-27B", ()),
        ("meta-llama/Llama-Prompt-Guard-2-86M", ("llama",)),
        ("codellama/CodeLlama-7b-hf", ()),
        ("google/embeddinggemma-300m", ("gemma",)),
        ("google/t5gemma-2b-2b-ul2", ("gemma",)),
        ("google/siglip2-base-patch16-224", ()),
        ("google/flan-t5-base", ("t5",)),
        ("openai/gpt-oss-20b", ("gpt-oss",)),
        ("openai-community/gpt2-xl", ("gpt",)),
        ("gpt2", ("gpt",)),
        ("openai/whisper-small", ("whisper",)),
        ("openai/privacy-filter", ()),
        ("nvidia/Qwen3.6-35B-A3B-NVFP4", ()),
        ("allenai/olmOCR-7B-0225-preview", ()),
        ("Anthropic12311q/claude-fable-5", ()),
        ("facebook/sam-3d-body-dinov3", ("sam",)),
    ],
)
def test_a_name_is_official_where_its_developer_published_it(
    shipped: Registry, name: str, keys: tuple[str, ...]
) -> None:
    assert shipped.official_in(name) == keys


@needs_hub_rows
def test_no_real_name_is_official_in_two_families(shipped: Registry, real_names: set[str]) -> None:
    assert {name: found for name in real_names if len(found := shipped.official_in(name)) > 1} == {}


@needs_hub_rows
def test_the_quick_answer_is_what_asking_every_family_gives(shipped: Registry, real_names: set[str]) -> None:
    slow = {
        name: tuple(key for key, family in shipped.families.items() if family.official(name)) for name in real_names
    }
    assert {name: shipped.official_in(name) for name in real_names} == slow


@needs_hub_rows
@pytest.mark.parametrize("key", sorted({*ASKED_FOR} - {"claude"}))
def test_every_open_family_that_was_asked_for_occurs_in_the_real_rows(
    shipped: Registry, real_names: set[str], key: str
) -> None:
    assert any(shipped.families[key].official(name) for name in real_names)


@needs_hub_rows
@pytest.mark.parametrize("key", ["gemini", "claude"])
def test_a_family_without_weights_has_no_model_in_the_real_rows(
    shipped: Registry, real_names: set[str], key: str
) -> None:
    assert not any(shipped.families[key].official(name) for name in real_names)


# --- what official means


def test_a_publisher_matches_whole_and_with_its_case() -> None:
    qwen = Family(key="qwen", publishers=("Qwen",))
    assert [qwen.official(name) for name in ("Qwen/Q", "qwen/Q", "Qwen2/Q", "me/Qwen")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_single_name_is_no_publisher() -> None:
    assert not Family(key="qwen", publishers=("Qwen",)).official("Qwen")


def test_a_pattern_is_matched_against_the_whole_id() -> None:
    gemma = Family(key="gemma", include=("google/*gemma*",))
    assert [gemma.official(n) for n in ("google/gemma-2b", "google/bert", "me/google/gemma-2b")] == [
        True,
        False,
        False,
    ]


def test_a_pattern_heeds_case() -> None:
    assert not Family(key="gemma", include=("google/gemma-*",)).official("google/Gemma-2b")


def test_an_include_may_be_a_plain_id() -> None:
    family = Family(key="f", include=("a/one.model",))
    assert [family.official(name) for name in ("a/one.model", "a/one-model", "a/one.model2")] == [
        True,
        False,
        False,
    ]


def test_an_exclude_wins_over_publisher_and_include() -> None:
    family = Family(key="f", publishers=("a",), include=("b/*",), exclude=("a/x-*", "b/y"))
    assert [family.official(name) for name in ("a/x-1", "b/y", "a/y", "b/x-1")] == [False, False, True, True]


def test_a_family_without_rules_has_no_official_model() -> None:
    assert not Family(key="claude", open=False).official("Anthropic/anything")


def test_a_model_can_be_official_in_two_families(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[a]\npublishers = ["p"]\n[b]\ninclude = ["p/x-*"]\n[c]\ninclude = ["*/x-1"]')
    assert registry.official_in("p/x-1") == ("a", "b", "c")


def test_a_pattern_may_leave_the_publisher_open(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[a]\npublishers = ["p"]\n[c]\ninclude = ["*/x-1"]')
    assert registry.official_in("stranger/x-1") == ("c",)


# --- a registry of one's own


def test_two_lines_are_a_registry(tmp_path: Path) -> None:
    family = registry_of(tmp_path, '[qwen]\npublishers = ["Qwen"]').families["qwen"]
    assert family == Family(key="qwen", title="qwen", publishers=("Qwen",))


def test_lint_says_what_a_short_table_lacks(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[qwen]\npublishers = ["Qwen"]')
    assert [line.split(",")[0].split(" that")[0].split(" (")[0] for line in lint(registry)] == [
        "qwen: no title",
        "qwen: no developer",
        "qwen: no source",
        "qwen: no date of the check",
        "qwen: no tracked id",
    ]


def test_lint_finds_a_tracked_id_that_is_not_official(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[qwen]\npublishers = ["Qwen"]\ntracked = ["qwen/Qwen3-8B"]')
    assert "qwen: tracked qwen/Qwen3-8B is not official by its own rules" in lint(registry)


def test_lint_finds_an_include_that_adds_nothing(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[qwen]\npublishers = ["Qwen"]\ninclude = ["Qwen/Qwen3-*"]')
    assert "qwen: include Qwen/Qwen3-* adds nothing to its publisher" in lint(registry)


def test_lint_finds_a_title_that_is_another_familys_key(tmp_path: Path) -> None:
    registry = registry_of(tmp_path, '[a]\npublishers = ["p"]\n[b]\ntitle = "A"\npublishers = ["q"]')
    assert "b: its title is also a name of a" in lint(registry)


# --- the fingerprint


def test_the_fingerprint_is_a_sha256(shipped: Registry) -> None:
    assert len(bytes.fromhex(shipped.fingerprint)) == 32


def test_order_and_notes_do_not_touch_the_fingerprint(tmp_path: Path) -> None:
    one = registry_of(tmp_path, '[a]\npublishers = ["p", "q"]\n[b]\ninclude = ["r/*"]')
    other = registry_of(tmp_path, '[b]\ninclude = ["r/*"]\nnote = "x"\n[a]\ntitle = "A"\npublishers = ["q", "p"]')
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    "text",
    [
        '[b]\npublishers = ["p"]',
        '[a]\npublishers = ["q"]',
        '[a]\ninclude = ["p"]',
        '[a]\npublishers = ["p"]\nexclude = ["p/x"]',
    ],
)
def test_every_rule_is_in_the_fingerprint(tmp_path: Path, text: str) -> None:
    before = registry_of(tmp_path, '[a]\npublishers = ["p"]').fingerprint
    assert registry_of(tmp_path, text).fingerprint != before


def test_the_fingerprints_are_those_that_databases_hold(tmp_path: Path) -> None:
    """Of these files version 0.1 stored these; another text for the same rules would have all answers walked anew."""
    (tmp_path / "origins.csv").write_text(
        "publisher,country,kind,name,source,checked\nz\u00fcri,CH,lab,Z,x,y\na,unknown,person,A,x,y\na,FR,lab,B,x,y\n",
        encoding="utf-8",
    )
    registry = registry_of(tmp_path, '[b]\npublishers = ["q", "p"]\n[a]\ninclude = ["r/\u00e9*", "\\u0007\\"\\u007f"]')
    assert registry.fingerprint == "6d4de3746c8cb2c9b376d7c44e1d0a99dbb27bb268720036ff85b84f397a82ac"
    assert registry.origins_fingerprint == "1c54523147ae1899d245dc8b6968bb9dd77784f74466835df79b584603ae211e"


# --- finding a family


@pytest.mark.parametrize("name", ["stable-diffusion", "Stable Diffusion", " STABLE diffusion "])
def test_a_family_is_found_by_key_or_title_in_any_case(shipped: Registry, name: str) -> None:
    assert shipped.find(name) is shipped.families["stable-diffusion"]


def test_an_unknown_family_is_not_found(shipped: Registry) -> None:
    assert shipped.find("nonesuch") is None


@pytest.mark.parametrize(("typed", "meant"), [("qwn", "qwen"), ("Qwen3", "qwen"), ("lama", "llama"), ("gpt-2", "gpt")])
def test_a_mistyped_family_is_suggested_first(shipped: Registry, typed: str, meant: str) -> None:
    assert shipped.suggest(typed)[0] == meant


@pytest.mark.parametrize("typed", ["", "0000"])
def test_nothing_is_suggested_for_a_name_like_no_other(shipped: Registry, typed: str) -> None:
    assert shipped.suggest(typed) == []


# --- what is said of a file that cannot be used


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"There is no .*families\.toml\. Name a folder"):
        load_registry(tmp_path / "nowhere")


def test_invalid_toml_is_named_with_its_line(tmp_path: Path) -> None:
    assert "(at line 2, column 14)" in complaint(tmp_path, "[qwen]\npublishers = Qwen")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "families.toml").write_bytes(b"[qwen]\ntitle = '\xff'")
    with pytest.raises(RegistryError, match="cannot be read"):
        load_registry(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no family"),
        ('publishers = ["Qwen"]', "publishers stands outside of any family"),
        ('[Qwen]\npublishers = ["Qwen"]', "family Qwen: a key is what people type"),
        (
            '[qwen]\npublisher = ["Qwen"]',
            "family qwen: publisher: no such key. Known are title, developer, publishers",
        ),
        ('[qwen]\nkey = "q"\npublishers = ["Qwen"]', "family qwen: key: no such key"),
        ('[qwen]\npublishers = "Qwen"', "family qwen: publishers: Expected `array`, got `str`"),
        ('[qwen]\npublishers = "Qwen"', 'Write it as publishers = ["text", "text"]'),
        ("[qwen]\ninclude = [1]", "family qwen: include: Expected `str`, got `int`"),
        ('[qwen]\npublishers = ["Qwen"]\nopen = "no"', "Write it as open = true or open = false"),
        ('[qwen]\npublishers = ["Qwen"]\nchecked = 2026-11-23', 'Write it as checked = "text"'),
        (
            '[qwen]\npublishers = ["Qwen/Qwen3-8B"]',
            "'Qwen/Qwen3-8B' is no publisher. Ids and patterns go under include",
        ),
        ('[qwen]\npublishers = ["Qwen*"]', "'Qwen*' is no publisher"),
        ('[qwen]\ntitle = "Qwen"', "family qwen: no rule, so no model could be official"),
    ],
)
def test_a_bad_table_is_named_with_cause_and_way_out(tmp_path: Path, text: str, said: str) -> None:
    message = complaint(tmp_path, text)
    assert str(tmp_path / "families.toml") in message
    assert said in message
