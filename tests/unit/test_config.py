"""Settings: what counts where, and what a wrong one is told."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from repo_sleeper import config, places, trust
from repo_sleeper.config import Settings, loading, rules
from repo_sleeper.errors import ConfigError, SetupError
from repo_sleeper.git import Repository
from tests.conftest import GitRepo

FIXTURES = Path(__file__).parents[2] / "fixtures" / "config"
GOOD = sorted(FIXTURES.glob("good-*.toml"))
BAD = sorted(FIXTURES.glob("bad-*.toml"))


@pytest.fixture
def place(repo: GitRepo) -> Repository:
    git_dir = repo.root / ".git"
    return Repository(repo.root, git_dir, git_dir)


def user_says(text: str) -> Path:
    file = config.user_config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def repository_says(place: Repository, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode()
    (place.root / ".sleeper.toml").write_bytes(raw)
    trust.grant(place)


def test_a_number_beyond_all_numbers_is_not_finite() -> None:
    with pytest.raises(ConfigError, match="must be a finite number"):
        config.load(None, env={}, overrides={"budget.usd_per_day": 10**400})


def test_without_any_file_the_defaults_hold(place: Repository) -> None:
    assert config.load(place, env={}) == Settings()
    assert config.load(None, env={}) == Settings()


def test_option_goes_before_environment_before_user_before_default(place: Repository) -> None:
    user_says("[ask]\ntokens = 900\nfiles = 9\nremember = false\n")

    settings = config.load(
        place, env={"SLEEPER_ASK_FILES": "8", "SLEEPER_ASK_TOKENS": "800"},
        overrides={"ask.tokens": 700, "ask.remember": None},
    )  # fmt: skip

    assert (settings.ask.tokens, settings.ask.files) == (700, 8)
    assert settings.ask.remember is False
    assert config.load(place, env={}).ask.tokens == 900


def test_the_environment_goes_before_the_repository(place: Repository) -> None:
    repository_says(place, "[ask]\nfiles = 3\n")

    assert config.load(place, env={}).ask.files == 3
    assert config.load(place, env={"SLEEPER_ASK_FILES": "30"}).ask.files == 30


def test_each_setting_knows_where_it_comes_from(place: Repository) -> None:
    user_says("[idle]\nquiet_s = 60\n")
    repository_says(place, "[ask]\nfiles = 3\ntokens = 1000000\n")

    origins = config.origins(
        place, env={"SLEEPER_IDLE_MAX_LOAD": "2"}, overrides={"budget.calls_per_day": 1}
    )

    assert origins["idle.quiet_s"] == "user"
    assert origins["ask.files"] == "repository"
    assert origins["ask.tokens"] == "default"
    assert origins["idle.max_load"] == "environment"
    assert origins["budget.calls_per_day"] == "option"
    assert len(origins) == len(config.RULES)


def test_an_untrusted_repository_says_nothing(place: Repository) -> None:
    (place.root / ".sleeper.toml").write_text("[model]\napi_base = 'http://evil.example'\n")

    assert config.load(place, env={}) == Settings()


def test_a_repository_only_narrows(place: Repository) -> None:
    user_says(
        "[budget]\nusd_per_day = 1.0\ncalls_per_day = 10\n"
        "[index]\nignore = ['a']\nlanguages = ['go', 'python']\n[idle]\nquiet_s = 100\n"
        "[think]\nkinds = ['likely-bug', 'architecture']\n"
    )
    repository_says(
        place,
        "[budget]\nusd_per_day = 9.0\ncalls_per_day = 5\n"
        "[index]\nignore = ['b', 'a']\nlanguages = ['python', 'rust']\nmax_file_kb = 65536\n"
        "[idle]\nquiet_s = 300\n[history]\nmax_commits = 50\n"
        "[think]\nkinds = ['likely-bug', 'debugging-strategy']\nenabled = false\n",
    )

    settings = config.load(place, env={})

    assert settings.budget.usd_per_day == 1.0
    assert settings.budget.calls_per_day == 5
    assert settings.index.ignore == ("a", "b")
    assert settings.index.languages == ("python",)
    assert settings.index.max_file_kb == 1024
    assert settings.idle.quiet_s == 300
    assert settings.history.max_commits == 50
    assert settings.think.kinds == ("likely-bug",)
    assert settings.think.enabled is False


def test_a_repository_cannot_switch_thinking_on_or_shorten_the_quiet(place: Repository) -> None:
    user_says("[think]\nenabled = false\n[idle]\nquiet_s = 100\n")
    repository_says(place, "[think]\nenabled = true\n[idle]\nquiet_s = 1\n")

    settings = config.load(place, env={})

    assert settings.think.enabled is False
    assert settings.idle.quiet_s == 100


def test_languages_with_nothing_in_common_are_an_error_not_all_languages(place: Repository) -> None:
    user_says("[index]\nlanguages = ['go']\n")
    repository_says(place, "[index]\nlanguages = ['rust']\n")

    with pytest.raises(ConfigError, match="leaves none of the languages you allow"):
        config.load(place, env={})


def test_a_repository_chooses_a_model_when_the_person_has_none(place: Repository) -> None:
    repository_says(place, "[model]\nname = 'anthropic/claude-haiku-4-5'\n")

    assert config.load(place, env={}).model.name == "anthropic/claude-haiku-4-5"


def test_a_repository_chooses_among_the_models_of_the_person_s_provider(place: Repository) -> None:
    user_says("[model]\nname = 'openai/gpt-5'\nsent_price = 9.0\ncached_price = 1.0\n")
    repository_says(place, "[model]\nname = 'openai/gpt-5-mini'\n")

    model = config.load(place, env={}).model

    assert model.name == "openai/gpt-5-mini"
    assert model.sent_price is None, "that was the price of another model"


@pytest.mark.parametrize(
    "own",
    ["name = 'ollama/qwen3'", "key_env = 'MY_KEY'", "api_base = 'http://127.0.0.1:1/v1'"],
)
def test_a_repository_cannot_send_code_to_another_provider_than_the_person_s(
    place: Repository, own: str
) -> None:
    user_says(f"[model]\n{own}\n")
    repository_says(place, "[model]\nname = 'openai/gpt-5-mini'\n")

    assert config.load(place, env={}).model.name in {"", "ollama/qwen3"}


def test_an_empty_name_in_a_repository_chooses_nothing(place: Repository) -> None:
    user_says("[model]\nname = 'openai/gpt-5'\n")
    repository_says(place, "[model]\nname = ''\n")

    assert config.load(place, env={}).model.name == "openai/gpt-5"


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_repository_file_loads(place: Repository, file: Path) -> None:
    repository_says(place, file.read_bytes())

    assert config.load(place, env={}) != Settings()


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem.removeprefix("bad-"))
def test_a_mistake_in_a_repository_file_is_one_line_with_file_and_key(
    place: Repository, file: Path
) -> None:
    """The first line of each fixture is what the person reads."""
    expected = file.read_text().splitlines()[0].removeprefix("# ")
    repository_says(place, file.read_bytes())

    with pytest.raises(ConfigError) as told:
        config.load(place, env={})

    assert str(told.value) == expected
    assert told.value.hint
    if "model." in str(told.value) and "cannot be set by a repository" in str(told.value):
        assert told.value.hint == "a repository cannot choose where code is sent; remove the line"
    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf[ask]\n", ".sleeper.toml: begins with a byte order mark"),
        ("[ask]\n# canary".encode("utf-16"), ".sleeper.toml: not UTF-8 text"),
        ("[ask]\n# canary".encode("utf-16-le"), ".sleeper.toml: not UTF-8 text"),
        (b"[ask]\n# canary \xff", ".sleeper.toml, line 2: not UTF-8 text"),
    ],
)
def test_other_encodings_are_refused_without_a_word_of_the_content(
    place: Repository, content: bytes, expected: Any
) -> None:
    repository_says(place, content)

    with pytest.raises(ConfigError) as told:
        config.load(place, env={})

    assert str(told.value) == expected


def test_an_odd_settings_file_cannot_be_trusted_and_is_never_waited_for(
    place: Repository, tmp_path: Path
) -> None:
    secret = tmp_path / "credentials"
    secret.write_text("canary")
    file = place.root / ".sleeper.toml"
    for make, expected in (
        (lambda: file.symlink_to(secret), "is a symbolic link"),
        (lambda: os.mkfifo(file), "not a regular file"),
        (file.mkdir, "not a regular file"),
        (lambda: file.write_bytes(b"#" * 10_000_000), "10,000,000 bytes is too large"),
    ):
        make()
        with pytest.raises(ConfigError, match=expected) as told:
            trust.grant(place)
        assert "canary" not in str(told.value)
        assert config.load(place, env={}) == Settings()
        shutil.rmtree(file) if file.is_dir() else file.unlink()


def test_settings_in_a_folder_that_may_not_be_entered_are_a_mistake_in_words(
    place: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    for call in ("open", "stat", "lstat"):
        monkeypatch.setattr(os, call, refuse)  # root may enter anything: no real refusal

    with pytest.raises(ConfigError, match="permission denied"):
        trust.settings_bytes(place)


def test_the_person_s_own_file_may_be_a_link_and_its_mistakes_name_it(
    place: Repository, tmp_path: Path
) -> None:
    dotfile = tmp_path / "dotfiles.toml"
    dotfile.write_text("[budget]\nusd_per_dya = 1\n")
    file = config.user_config_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(dotfile)

    with pytest.raises(ConfigError, match=r"did you mean budget\.usd_per_day\?") as told:
        config.load(place, env={})

    assert str(told.value).startswith("~/config/sleeper/config.toml, line 2: ")


def test_a_file_that_may_not_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    user_says("")

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(ConfigError, match="permission denied"):
        config.load(None, env={})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("SLEEPER_MODEL_LOCAL_ONLY", "yes", True),
        ("SLEEPER_MODEL_LOCAL_ONLY", "Off", False),
        ("SLEEPER_MODEL_MAX_OUTPUT_TOKENS", " 50 ", 50),
        ("SLEEPER_MODEL_SENT_PRICE", "0.5", 0.5),
        ("SLEEPER_MODEL_NAME", "ollama/x", "ollama/x"),
        ("SLEEPER_INDEX_IGNORE", "a, b/**,", ("a", "b/**")),
        ("SLEEPER_INDEX_IGNORE", "[ab].py,c", ("[ab].py", "c")),
        ("SLEEPER_INDEX_IGNORE", '["docs/*", "{a,b}.py"]', ("docs/*", "{a,b}.py")),
        ("SLEEPER_INDEX_IGNORE", "[]", ()),
    ],
)
def test_the_environment_spells_every_type(name: str, text: str, expected: Any) -> None:
    group, _, key = name.removeprefix("SLEEPER_").lower().partition("_")

    assert getattr(getattr(config.load(None, env={name: text}), group), key) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("SLEEPER_MODEL_LOCAL_ONLY", "perhaps", "must be true or false"),
        ("SLEEPER_BUDGET_CALLS_PER_DAY", "1.5", "must be a whole number"),
        ("SLEEPER_BUDGET_USD_PER_DAY", "cheap", "must be a number"),
        ("SLEEPER_BUDGET_USD_PER_DAY", "1e999", "must be a finite number"),
        ("SLEEPER_INDEX_IGNORE", '["docs/*"', "must be a list of texts"),
        ("SLEEPER_MODEL_NMAE", "x", "no such setting; did you mean SLEEPER_MODEL_NAME?"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    name: str, text: str, expected: Any
) -> None:
    with pytest.raises(ConfigError) as told:
        config.load(None, env={name: text})

    assert str(told.value).startswith(f"{name}: ")
    assert expected in str(told.value)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "-1"])
@pytest.mark.parametrize(
    "key", [key for key, rule in rules.RULES.items() if rule.type.startswith("float")]
)
def test_no_sum_or_span_is_below_nothing_or_without_end(key: str, number: str) -> None:
    with pytest.raises(ConfigError, match="must be"):
        config.load(None, env={f"SLEEPER_{key.replace('.', '_').upper()}": number})


def test_variables_that_are_not_settings_are_left_alone() -> None:
    env = {"SLEEPER_TEST_CRASH_ON": "x.py", "SLEEPER_MODEL_NAME": "", "PATH": "/bin"}

    assert config.load(None, env=env) == Settings()


def test_an_empty_variable_means_no_model_and_nothing_else() -> None:
    user_says("[model]\nname = 'openai/a'\napi_base = 'https://example.com/v1'\n")

    empty = {"SLEEPER_MODEL_NAME": "", "SLEEPER_MODEL_API_BASE": ""}
    model = config.load(None, env=empty).model

    assert (model.name, model.api_base) == ("", "https://example.com/v1")


def test_a_wrong_option_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"no such setting: ask\.token; did you mean ask\.tokens"):
        config.load(None, env={}, overrides={"ask.token": 5})
    with pytest.raises(ConfigError, match=r"option: ask\.tokens must be at least 100"):
        config.load(None, env={}, overrides={"ask.tokens": 5})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("api_base = 'ftp://host/v1'", "must be an address"),
        ("api_base = 'http://[::1'", "must be an address"),
        ("api_base = 'https://host:port/v1'", "must be an address"),
        ("api_base = 'https://user:pw@host/v1'", "must not contain a user or password"),
        ("api_base = 'http://api.example.org/v1'", "must start with https://"),
        ("key_env = 'sk-abcdefabcdef'", "not the key itself"),
        ("key_env = 'MY KEY'", "must be the name of a variable"),
        ("name = 'a b'", "must be a name such as"),
    ],
)
def test_an_endpoint_or_key_that_cannot_be_meant_is_refused_and_not_repeated(
    text: str, expected: Any
) -> None:
    user_says(f"[model]\n{text}\n")

    with pytest.raises(ConfigError, match=expected) as told:
        config.load(None, env={})

    assert "abcdef" not in str(told.value)
    assert "user:pw" not in str(told.value)


def test_a_key_never_travels_in_clear_to_another_machine() -> None:
    user_says("[model]\nname = 'openai/x'\napi_base = 'http://192.168.1.9:8080/v1'\n")
    assert config.load(None, env={}).model.api_base

    with pytest.raises(ConfigError, match="https:// when a key is sent"):
        config.load(None, env={"SLEEPER_MODEL_KEY_ENV": "MY_KEY"})


def test_the_key_of_one_provider_is_not_for_the_ask_model_of_another() -> None:
    user_says("[model]\nname = 'openai/a'\nask_name = 'anthropic/b'\nkey_env = 'MY_KEY'\n")

    with pytest.raises(ConfigError, match="same provider"):
        config.load(None, env={})


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("model.https_proxy", "http://proxy:3128", "http://u:p@proxy:3128"),
        ("model.https_proxy", "https://proxy:3128/", "proxy:3128"),
        ("model.https_proxy", "", "http://proxy:port"),
        ("model.ca_bundle", "~/certs.pem", "certs.pem"),
        ("model.service_tier", "flex", "gratis"),
        ("idle.hours", "22:00-07:00, 12:30-24:00", "22-7"),
        ("idle.hours", "", "25:00-07:00"),
        ("idle.hours", "22:00-24:00", "22:00-24:30"),
    ],
)
def test_ways_tiers_and_hours_are_checked(key: str, good: str, bad: str) -> None:
    config.load(None, env={}, overrides={key: good})
    with pytest.raises(ConfigError, match=key):
        config.load(None, env={}, overrides={key: bad})


@pytest.mark.parametrize("glob", ["/docs", "./docs/**", "../docs", "!docs", ""])
def test_a_glob_that_would_leave_nothing_out_is_refused(glob: str) -> None:
    with pytest.raises(ConfigError, match=r"index.ignore must be a glob"):
        config.load(None, env={}, overrides={"index.ignore": (glob,)})


def test_a_tier_that_may_be_left_empty_is_offered_as_an_empty_text() -> None:
    with pytest.raises(ConfigError, match='must be among "", auto, default, flex'):
        config.load(None, env={}, overrides={"model.service_tier": "gratis"})


# --- the example ------------------------------------------------------------------------------


def test_the_example_is_a_valid_repository_file_that_changes_nothing(place: Repository) -> None:
    repository_says(place, config.example_text())

    assert config.load(place, env={}) == Settings()


def test_the_example_names_every_setting_with_its_default_and_a_comment_below() -> None:
    lines = config.example_text().splitlines()
    seen, table = [], ""
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        bare = line.removeprefix("# ")
        if line.startswith("["):
            table = line.strip("[]")
        name, equals, value = bare.partition(" = ")
        rule = config.RULES.get(f"{table}.{name}")
        if equals and rule:
            seen.append(f"{table}.{name}")
            assert below.startswith("# "), line
            own = rule.repo == "nothing"
            assert line.startswith("# ") is own, line
            assert below.startswith("# Only in your own file.") is own, line
            optional = rule.type == "float | None" or (own and rule.type == "str")
            found = tomllib.loads(f"x = {value}")["x"]
            found = tuple(found) if isinstance(found, list) else found
            assert optional or found == rule.default, line

    assert seen == list(config.RULES)


def test_the_example_with_every_line_uncommented_is_a_valid_user_file() -> None:
    text = "\n".join(
        line.removeprefix("# ") if " = " in line and "=" in line.split()[2:3] else line
        for line in config.example_text().splitlines()
    )
    user_says(text)

    assert config.load(None, env={}).model.key_env == "ANTHROPIC_API_KEY"


# --- keys -------------------------------------------------------------------------------------


def model(**values: object) -> Settings:
    return config.load(None, env={}, overrides={f"model.{k}": v for k, v in values.items()})


ENV = {"OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": " a ", "GOOGLE_API_KEY": "g", "MINE": "m"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai/gpt-5-mini", "o"),
        ("gpt-5-mini", "o"),
        ("claude-haiku-4-5", "a"),
        ("anthropic/claude-haiku-4-5", "a"),
        ("gemini/gemini-2.5-flash", "g"),
        ("groq/llama", None),
        ("ollama/qwen3", None),
        ("unheard-of", None),
        ("", None),
    ],
)
def test_the_key_is_the_provider_s_customary_one(name: str, expected: Any) -> None:
    assert config.api_key(model(name=name), ENV) == expected


def test_the_variable_the_person_names_goes_before() -> None:
    assert config.api_key(model(name="openai/x", key_env="MINE"), ENV) == "m"
    assert config.api_key(model(name="openai/x", key_env="NOT_THERE"), ENV) is None


def test_an_endpoint_of_one_s_own_gets_only_the_key_named_for_it() -> None:
    own = {"name": "openai/x", "api_base": "https://llm.example.org/v1"}

    assert config.api_key(model(**own), ENV) is None
    assert config.api_key(model(**own, key_env="MINE"), ENV) == "m"


def test_ask_may_have_another_provider_s_key() -> None:
    settings = model(name="openai/x", ask_name="claude-opus")

    assert config.api_key(settings, ENV, ask=True) == "a"
    assert config.api_key(settings, ENV) == "o"


def test_the_providers_with_a_key_are_known_by_name() -> None:
    assert config.providers_in(ENV) == ["anthropic", "gemini", "openai"]
    assert config.providers_in({"OPENAI_API_KEY": " "}) == []
    assert config.key_variable("mistral/small") == "MISTRAL_API_KEY"
    assert config.key_variable("ollama/x") == ""


def test_structure_only_is_a_choice() -> None:
    assert config.without_model(model(name="a/b", ask_name="a/c")).model == Settings().model


# --- writing ----------------------------------------------------------------------------------


def test_a_first_setting_creates_the_file_for_its_owner_alone() -> None:
    file = config.write_user_settings({"model.name": "ollama/qwen3", "budget.usd_per_day": 0.25})

    assert file.stat().st_mode & 0o777 == 0o600
    settings = config.load(None, env={})
    assert (settings.model.name, settings.budget.usd_per_day) == ("ollama/qwen3", 0.25)


def test_writing_keeps_what_is_there_word_for_word() -> None:
    before = "# mine\n[model]  # models\nname = 'a/b' # old\n\n[index]\nignore = [\n  'x',\n]\n"
    file = user_says(before)

    config.write_user_settings({"model.name": "c/d", "model.deadline_s": 5, "ask.files": 7,
                                "index.languages": ("go",)})  # fmt: skip

    text = file.read_text()
    assert '# mine\n[model]  # models\ndeadline_s = 5.0\nname = "c/d"\n' in text
    assert "ignore = [\n  'x',\n]\n" in text
    assert config.load(None, env={}).ask.files == 7
    assert config.load(None, env={}).index.languages == ("go",)


def test_writing_twice_changes_nothing() -> None:
    values = {"model.name": "ollama/qwen3"}
    first = config.write_user_settings(values).read_text()

    assert config.write_user_settings(values).read_text() == first


def test_a_file_that_cannot_be_edited_safely_is_left_alone() -> None:
    file = user_says("index.ignore = [\n'x',\n]\n")

    with pytest.raises(ConfigError, match="cannot be edited safely"):
        config.write_user_settings({"index.ignore": ["y"]})

    assert file.read_text() == "index.ignore = [\n'x',\n]\n"


def test_a_wrong_value_is_never_written() -> None:
    with pytest.raises(ConfigError, match="must be at least 0"):
        config.write_user_settings({"budget.usd_per_day": -1})
    with pytest.raises(ConfigError, match="no such setting"):
        config.write_user_settings({"budget.usd": 1})
    assert not config.user_config_file().exists()


# --- places -----------------------------------------------------------------------------------


def test_private_folders_are_private() -> None:
    for folder in (config.user_state_dir(), config.runtime_dir()):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_was_open_to_others_is_closed() -> None:
    config.user_state_dir().chmod(0o777)

    assert config.user_state_dir().stat().st_mode & 0o777 == 0o700


def test_a_link_in_place_of_a_private_folder_is_refused(tmp_path: Path) -> None:
    folder = config.user_state_dir()
    folder.rmdir()
    folder.symlink_to(tmp_path)

    with pytest.raises(SetupError, match="not a folder of yours"):
        config.user_state_dir()


def test_a_file_in_place_of_a_private_folder_is_refused() -> None:
    folder = config.user_state_dir()
    folder.rmdir()
    folder.write_text("")

    with pytest.raises(SetupError, match="cannot be used"):
        config.user_state_dir()


def test_the_socket_s_folder_has_a_short_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "absent"))
    monkeypatch.setenv("XDG_STATE_HOME", "/tmp/s")  # noqa: S108 -- only its length matters
    monkeypatch.setattr(places, "_private", lambda folder: folder)
    assert config.runtime_dir() == Path("/tmp/s/sleeper/run")  # noqa: S108

    monkeypatch.setenv("XDG_STATE_HOME", "/" + "long" * 30)
    with pytest.raises(SetupError, match="too long a path for a socket"):
        config.runtime_dir()


@pytest.mark.parametrize("base", ["", "  ", "/srv/own"])
def test_our_folders_are_where_platformdirs_has_them(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", base)
    own = platformdirs.user_config_path("sleeper", appauthor=False)

    assert config.user_config_file() == own / "config.toml"


@pytest.mark.parametrize(
    "text",
    ["[ask]\n[ask]\n", "[asks]\n", " [ask]\n", "# caf\u00e9 \x00\n", "ask.files = 3\n"],
)
def test_only_comments_and_headers_need_no_rules(text: str) -> None:
    assert not loading._says_nothing(text.encode())
    assert loading._says_nothing(b"# one\n\n[ask]\n# files = 3\n[idle]\n")


def test_every_limit_is_of_a_setting() -> None:
    assert rules._LIMITS.keys() <= rules.RULES.keys()
