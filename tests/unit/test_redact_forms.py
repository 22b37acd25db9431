# ruff: noqa: RUF001 -- the quotes are what a redaction looks like
"""Every form in which a secret is given by its name, and what only looks like one."""

from __future__ import annotations

import time

import pytest

from repo_sleeper.redact import redact

PASSWORDS = ("Tr0ub4dor" + "3x", "s9Kd!wq" + "27")
TOKENS = ("8f3c9a7b1e2d" + "4f6a8b0c", "Zx81kfQ0pLs7" + "2VbnWq4m")
JUMBLED = ("qZrLmPxWvTyNbKhJdS" + "fGaQeUiOcBnMkLpRt", "AbCdWvTyNbKhJ" + "dSfGaQeUiOcB")
WORDS = ("correcthorse" + "batterystaple", "purple" + "monkey")
FORMS = {
    PASSWORDS: (
        "DB_PASS=@",
        'DB_PASS = "@"',
        'dbPass: "@"',
        "pass: @",
        "PGPASSWORD=@",
        "  PASSWORD=@ ./run.sh",
        "password=@#tail",
        '"postgres://h/db?user=u&password=@"',
        "host=h user=u password=@ dbname=x",
        '"Server=h;User Id=sa;Password=@"',
        "define('DB_PASSWORD', '@')",
        'config.set("password", "@")',
        'setPassword("@")',
        'auth=("user","@")',
        'auth = HTTPBasicAuth("user", "@")',
        "<password>@</password>",
        '<add key="Password" value="@"/>',
        '{"name": "DB_PASSWORD", "value": "@"}',
        '- name: DB_PASSWORD\n  value: "@"',
        'let password: String = "@"',
        'let password: &\'static str = "@";',
        'password: Optional[str] = "@"',
        'password = """@"""',
        "password = '''\n@\n'''",
        '   7| password = """\n   8| @\n   9| """',
        "password = '@\"s9'",
        'password: "@\\"x"',
        '"{\\"password\\": \\"@\\"}"',
        'password = (\n    "@"\n)',
        "--password=@ --host x",
        "run --password @",
        'run --db-password "@" -x',
        "mysql -p@",
        "mysqldump -u root -p@ shop",
        "sshpass -p '@' ssh h",
        "Password : @,",
        "IDENTIFIED BY '@'",
        "create user a password '@'",
        "curl -u admin:@",
        "curl --user admin:@ https://example.org",
    ),
    TOKENS: (
        'url = "https://x/?api_key=@"',
        "Authorization: Token @",
        'curl -H "Authorization: Token @"',
        "run --api-key @ -v",
        'client.set("token", "@")',
    ),
    JUMBLED: ("secretKey: '@'",),
    WORDS: ('PASSWORD="@"', "dbPass: '@'"),
}


@pytest.mark.parametrize(
    ("form", "value"),
    [(form, value) for values, forms in FORMS.items() for form in forms for value in values],
)
def test_no_form_leaves_any_of_the_secret(form: str, value: str) -> None:
    text = form.replace("@", value)

    redacted, count = redact(text)

    assert count == 1
    assert value not in redacted
    assert "‹SECRET:assigned›" in redacted or "‹SECRET:bearer›" in redacted
    assert redact(redacted) == (redacted, 0)
    assert redacted.count("\n") == text.count("\n")


@pytest.mark.parametrize("value", ["Tr0ub@4dor3x", "p@s@w0rd"])
def test_a_password_in_a_url_goes_up_to_its_last_at(value: str) -> None:
    assert redact(f"postgres://u:{value}@host/db") == (
        "postgres://u:‹SECRET:url-password›@host/db",
        1,
    )


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        'token = "Bearer"',
        "password = self.password2",
        "password=settings.DB_PASSWORD,",
        "password=password, user=user",
        "connect(password=password2, host=host)",
        'password = "changeme-now"',
        'PASSWORD = "examplepassword"',
        '"password": "Passwort"',
        '"password": "required"',
        'autocomplete="new-password"',
        '<input name="password" value=""/>',
        "<password>string</password>",
        "<password>${PASSWORD}</password>",
        'config.get("password", "")',
        'config.get("password", "default_password")',
        'getenv("DB_PASSWORD", "SOME_OTHER_NAME2")',
        'get_secret_str("AGENT365_CLIENT_SECRET")',
        'raise ValueError("Pass `api_key=...` or set API_KEY")',
        "--password-file /run/secrets/db1",
        "--password <password>",
        "--password $PASSWORD1",
        "--token value",
        "mkdir -p src/app2/x1",
        "mysql -p shop",
        "docker run -p 8080:8080 mysql",
        "curl -u admin: https://example.org",
        "docker run -u 1000:1000 image",
        'auth=("user", password)',
        "bypass: level2x9",
        "compass = north2x9",
        "passed: 12of12x",
        "    pass",
        "input_tokens=tokens.cache_creation_5m_input_tokens,",
        "max_tokens=1,temperature=0.9, top_p=0.6",
        "Authorization: Token authentication",
        "identified by 'name'",
        "http://localhost:8080/path@v2",
        "https://example.org/?token=&next=1",
        "password: str | None = None",
        'password: Optional[str] = Field(None, description="its 1st")',
        'password == "password"',
    ],
)
def test_look_alikes_stay(text: str) -> None:
    assert redact(text) == (text, 0)


@pytest.mark.parametrize(
    "part",
    ["--a-", "--password ", "auth(a,", "identified with a ", "password:a|", "password\n",
     'password """a', "passwordA", "password,value:", "://a:b@c", "token=a,", "-u a:"],
)  # fmt: skip
def test_no_form_takes_long(part: str) -> None:
    line = part * (300_000 // len(part))

    started = time.process_time()
    redact(line)

    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        pytest.param('password = "s9Kd!w"', 1, id="six characters are a password"),
        pytest.param('password = "s9Kd!"', 0, id="five are none"),
        pytest.param('password = "purplemo"', 1, id="eight letters are a password"),
        pytest.param('password = "purplem"', 0, id="seven are a word"),
        pytest.param('password = "Correcthorse"', 0, id="a word as a title has it"),
        pytest.param('password = "s9Kd! wq27"', 0, id="two words"),
        pytest.param('password = "{purplemonkey}"', 0, id="a template of a word"),
        pytest.param('password = "1212121212"', 0, id="two characters over and over"),
        pytest.param('password = "aab1aa"', 0, id="hardly mixed"),
        pytest.param('password = "s9Kd!{w27"', 1, id="a brace alone makes no template"),
        pytest.param('password = "s9Kd!w27}"', 1, id="nor does one that closes nothing"),
        pytest.param('password = "s9{Kd}w27"', 0, id="a template"),
        pytest.param('token = "8f3c9a7b1e2d"', 1, id="twelve characters are drawn by lot"),
        pytest.param('token = "8f3c9a7b1e2"', 0, id="eleven may not be"),
    ],
)
def test_how_little_is_taken_for_a_secret(text: str, secrets: int) -> None:
    assert redact(text)[1] == secrets
