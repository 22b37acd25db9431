# ruff: noqa: RUF001 -- the quotes are what a redaction looks like
"""What leaves the machine holds no secrets, and what is shown holds nothing a terminal obeys."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repo_sleeper.redact import clean, is_secret_path, redact
from repo_sleeper.redact.known import KNOWN, Rule

HEX = "0123456789abcdef"
MIXED = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "1password": "ops_eyJ" + MIXED * 3,
    "adafruit": "aio_" + MIXED[:28],
    "age": "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" * 2,
    "airtable": "pat" + MIXED[:14] + "." + HEX * 4,
    "alibaba": "LTAI" + MIXED[:20],
    "anthropic": "sk-ant-" + "api03-" + MIXED,
    "artifactory": "AKC" + MIXED,
    "asana": "1/1" + "200123456789012" + ":" + HEX * 2,
    "atlassian": "ATATT3" + MIXED * 2,
    "aws": "AKIA" + "IOSFODNN7EXAMPLQ",
    "aws-bedrock": "ABSK" + MIXED * 3,
    "azure-client": "abc" + "8Q~" + MIXED[:34],
    "azure-storage": "AccountKey=" + MIXED * 2 + "==",
    "buildkite": "bkua_" + HEX * 2 + HEX[:8],
    "cerebras": "csk-" + HEX * 3,
    "clojars": "CLOJARS_" + HEX * 3 + HEX[:12],
    "cloudflare": "v1.0-" + HEX + HEX[:8] + "-" + HEX * 9 + HEX[:2],
    "confluent": "cflt" + MIXED * 2,
    "databricks": "dapi" + HEX * 2,
    "digitalocean": "dop_v1_" + HEX * 4,
    "discord": "MTE4" + MIXED[:20] + "." + "Gx1y2z" + "." + MIXED[:38],
    "discord-webhook": "discord.com/api/webhooks/1234567890/" + MIXED * 2,
    "docker": "dckr_pat_" + MIXED[:27],
    "doppler": "dp.pt." + MIXED + "abc",
    "duffel": "duffel_live_" + (MIXED * 2)[:43],
    "dynatrace": "dt0c01." + "A" * 24 + "." + "B2" * 32,
    "easypost": "EZAK" + (MIXED * 2)[:54],
    "facebook": "EAAC" + MIXED,
    "flyio": "fo1_" + (MIXED * 2)[:43],
    "frameio": "fio-u-" + (MIXED * 2)[:64],
    "github": "ghp_" + MIXED[:36],
    "gitlab": "glpat-" + MIXED[:20],
    "google": "AIza" + MIXED[:35],
    "google-oauth": "GOCSPX-" + MIXED[:28],
    "grafana": "glsa_" + MIXED[:32] + "_1a2b3c4d",
    "groq": "gsk_" + MIXED + MIXED[:12],
    "harness": "pat." + MIXED[:22] + "." + HEX + HEX[:8] + "." + MIXED[:20],
    "heroku": "HRKU-" + MIXED[:36],
    "huggingface": "hf_" + MIXED[:34],
    "infracost": "ico-" + MIXED[:32],
    "jfrog": "cmVmd" + (MIXED * 2)[:59],
    "langsmith": "lsv2_pt_" + HEX * 2 + "_" + HEX[:10],
    "launchdarkly": "sdk-" + "01234567-89ab-cdef-0123-456789abcdef",
    "linear": "lin_api_" + MIXED,
    "mailchimp": HEX * 2 + "-us12",
    "mailgun": "key-" + HEX * 2,
    "mapbox": "sk.eyJ" + MIXED + "." + MIXED[:22],
    "netlify": "nfp_" + MIXED[:36],
    "new-relic": "NRAK-" + "A1B2C3D4E5F6G7H8I9J0K1L2M3N",
    "notion": "ntn_" + MIXED + "abcd",
    "npm": "npm_" + MIXED[:36],
    "nvidia": "nvapi-" + MIXED * 2,
    "openai": "sk-proj-" + MIXED + "T3BlbkFJ" + MIXED,
    "openrouter": "sk-or-" + "v1-" + HEX * 4,
    "perplexity": "pplx-" + MIXED,
    "planetscale": "pscale_tkn_" + MIXED,
    "posthog": "phc_" + MIXED + "abc",
    "postman": "PMAK-" + HEX + HEX[:8] + "-" + HEX * 2 + "ab",
    "prefect": "pnu_" + MIXED[:36],
    "pulumi": "pul-" + HEX * 2 + HEX[:8],
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + MIXED,
    "readme": "rdme_" + HEX * 4 + HEX[:6],
    "replicate": "r8_" + MIXED[:37],
    "rubygems": "rubygems_" + HEX * 3,
    "scalingo": "tk-us-" + (MIXED * 2)[:48],
    "sendgrid": "SG." + MIXED[:22] + "." + MIXED + "abc",
    "sendinblue": "xkeysib-" + HEX * 4 + "-" + MIXED[:16],
    "sentry": "sntrys_" + MIXED * 2,
    "shippo": "shippo_live_" + HEX * 2 + HEX[:8],
    "shopify": "shpat_" + HEX * 2,
    "sk": "sk-" + HEX * 2,
    "slack": "xoxb-" + "123456789012-abcdefABCDEF",
    "slack-webhook": "hooks.slack.com/services/" + "T00000000/B00000000/" + MIXED[:24],
    "sourcegraph": "sgp_" + HEX * 2 + HEX[:8],
    "square": "sq0atp-" + MIXED[:22],
    "stripe": "sk_live_" + MIXED[:24],
    "supabase": "sbp_" + HEX * 2 + HEX[:8],
    "tailscale": "tskey-auth-" + MIXED[:20],
    "tavily": "tvly-" + MIXED[:32],
    "teams-webhook": "shop.webhook.office" + ".com/webhookb2/" + MIXED * 2,
    "telegram": "1234567890" + ":AA" + MIXED[:33],
    "terraform": MIXED[:14] + ".atlasv1." + MIXED * 2,
    "twilio": "SK" + HEX * 2,
    "typeform": "tfp_" + (MIXED * 2)[:59],
    "vault": "hvs." + MIXED,
    "vercel": "vcp_" + MIXED[:24],
    "voyage": "pa-" + (MIXED * 2)[:43],
    "xai": "xai-" + MIXED * 2,
    "yandex": "AQVN" + MIXED[:36],
    "zapier-webhook": "hooks.zapier.com" + "/hooks/catch/1234567/abcdefg",
}


# Of some kinds there are keys of several forms.
KEYS = (
    *SECRETS.items(),
    ("aws", "ASIA" + "IOSFODNN7EXAMPLQ"),
    ("discord-webhook", "discordapp.com/api/webhooks/1234567890/" + MIXED * 2),
    ("docker", "dckr_oat_" + MIXED[:32]),
    ("flyio", "fm2_" + MIXED * 3),
    ("github", "github_pat_" + MIXED + "_" + MIXED),
    ("google-oauth", "ya29." + MIXED),
    ("grafana", "glc_" + MIXED),
    ("harness", "sat." + MIXED[:22] + "." + HEX + HEX[:8] + "." + MIXED[:20]),
    ("huggingface", "api_org_" + MIXED[:34]),
    ("openai", "sk-svcacct-" + MIXED),
    ("openai", "sk-" + MIXED[:20] + "T3BlbkFJ" + MIXED[:20]),
    ("slack", "xapp-" + "1-A0B1C2D3E4F-" + MIXED),
    ("slack", "xoxe.xoxp-" + "1-" + MIXED),
    ("square", "EAAA" + MIXED * 2),
    ("stripe", "whsec_" + MIXED[:32]),
    ("supabase", "sb_secret_" + MIXED[:31]),
    ("twilio", "AC" + HEX * 2),
)


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_key_known_by_its_looks_is_taken_out(kind: str, key: str) -> None:
    text = f"client = connect('{key}')  # production"

    redacted, count = redact(text)

    assert redacted == f"client = connect('‹SECRET:{kind}›')  # production"
    assert count == 1


@pytest.mark.parametrize("rule", KNOWN, ids=lambda rule: f"{rule.kind} {rule.hint}")
def test_every_form_has_an_example(rule: Rule) -> None:
    assert any(kind == rule.kind and rule.pattern.search(key) for kind, key in KEYS)


@pytest.mark.parametrize(
    "text",
    [
        'password = "hunter2-is-mine"',
        "DB_PASSWORD=s3cr3tpa55",
        "export API_TOKEN=a8f5f167f44f4964e6c998dee827110c",
        "password: Tr0ub4dor&3",
        '"secret_key": "q8Zr2LmP0xWv7Ty4Nb1K"',
        "const apiKey = 'Zx81kfQ0pLs72Vbn';",
        'settings["access_key"] = "wJalrXUtnFEMIK7MDENGbPxRfiCY"',
        'client_secret := "4f9d1c2b7e6a8d0f3b5c"',
        'PASSWORD: str = "correct-h0rse"',
        "postgres://shop:v3rysecret@db.internal:5432/shop",
        "https://user:a%20b@example.org/",
        "Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543",
        "authorization: Basic dXNlcjpwYXNzd29yZDEyMw==",
        f"token eyJ{MIXED}.eyJ{MIXED}.{MIXED}",
    ],
)
def test_a_secret_given_by_its_name_or_place_is_taken_out(text: str) -> None:
    redacted, count = redact(text)

    assert count == 1
    assert "‹SECRET:" in redacted


def test_a_name_within_a_secret_is_part_of_it() -> None:
    redacted = redact('password = "token=Zx81kfQ0pLs72Vbn"; after()')

    assert redacted == ('password = "‹SECRET:assigned›"; after()', 1)


@pytest.mark.parametrize(
    "text",
    [
        'password = "password"',
        'password = input("Password: ")',
        "password: str",
        "token = request.headers.get('X-Token')",
        "secret = get_secret(name)",
        'token = f"{kind}/{version}"',
        "API_KEY=your-key-here",
        "API_KEY=$OTHER_KEY",
        "password=changeme123",
        'api_key = "xxxxxxxxxxxxxxxx"',
        "max_tokens: 4096",
        "usage.completionTokensDetails = usage.prompt_tokens_details",
        'password_field = "new_password_confirmation"',
        "password = aaaaaaaa",
        'secret = "two words only"',
        "https://example.org/a:b/c",
        "postgres://user:${PASSWORD}@host/db",
        "bearer authentication-is-required",
        "commit 356a192b7913b04c54574d18c28d46e6395428ab",
        "sk-learn and sk-image",
    ],
)
def test_code_that_only_speaks_of_secrets_stays(text: str) -> None:
    assert redact(text) == (text, 0)


KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA7\nqQ==\n"
    "-----END RSA PRIVATE KEY-----"
)


def test_a_private_key_loses_its_body_and_keeps_its_lines() -> None:
    redacted, count = redact(f"key = '''{KEY}'''\nafter = 1")

    assert count == 1
    assert "MII" not in redacted
    assert "Proc-Type" not in redacted
    assert redacted.count("\n") == KEY.count("\n") + 1
    assert redacted.endswith("'''\nafter = 1")


def test_a_numbered_excerpt_of_a_key_keeps_its_numbers() -> None:
    text = "".join(f"{n:4}| {line}\n" for n, line in enumerate(KEY.split("\n"), start=7))

    redacted, _ = redact(text)

    assert [line[:6] for line in redacted.splitlines()] == [f"{n:4}| " for n in range(7, 13)]
    assert "MII" not in redacted


def test_a_key_without_end_stops_where_code_begins() -> None:
    redacted, count = redact("-----BEGIN PRIVATE KEY-----\nMIIEabc\n\ndef total(x):\n    pass")

    assert count == 1
    assert redacted == "‹SECRET:private-key›\n‹SECRET:private-key›\n\ndef total(x):\n    pass"


def test_a_key_on_one_line_leaves_the_rest_of_it() -> None:
    redacted, _ = redact(
        r"k = '-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----' + tail"
    )

    assert redacted == "k = '‹SECRET:private-key›' + tail"


def test_what_stands_before_the_end_of_a_key_is_part_of_it() -> None:
    redacted, _ = redact("-----BEGIN PRIVATE KEY-----\nqQ==-----END PRIVATE KEY----- + tail")

    assert redacted == "‹SECRET:private-key›\n‹SECRET:private-key› + tail"


@pytest.mark.parametrize("between", ["\n", "\nbetween = 1\n", " + "])
def test_every_one_of_several_keys_is_taken_out(between: str) -> None:
    redacted, count = redact(f"{KEY}{between}{KEY}\nafter = 1")

    assert count == 2
    assert "MII" not in redacted
    assert between in redacted
    assert redacted.endswith("after = 1")


secrets_and_code = st.lists(
    st.one_of(
        st.sampled_from(sorted(SECRETS.values())),
        st.sampled_from([KEY, "password = '", "'", '"', "=", "://u:p4ss@h", "\n", "‹", "token: "]),
        st.text(max_size=20),
    ),
    max_size=12,
).map("".join)


@given(secrets_and_code)
def test_redaction_is_idempotent_and_keeps_lines(text: str) -> None:
    redacted, _ = redact(text)

    assert redact(redacted) == (redacted, 0)
    assert redacted.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "token",
        "token=",
        "eyJ-",
        "eyJaaaaaaaaaaaaa.",
        "://a:b",
        "sk-",
        "pat.aaa.",
        "_",
        "\t",
        'password="',
        "bearer ",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n+",
    ],
)
def test_no_line_takes_long(part: str) -> None:
    """A megabyte in a pattern that quadratic matching would need hours for."""
    line = part * (1_000_000 // len(part))

    started = time.process_time()
    redact(line)
    clean(line)

    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "code",
    [
        0x1B,
        0x0,
        0xD,
        0x7F,
        0x9B,
        0x202E,
        0x2066,
        0x200B,
        0x200D,
        0xFEFF,
        0x2028,
        0xAD,
        0xE0041,
        0xE0101,
        0xD800,
        0x10FF1B,
        0x3164,
        0xFE00,
        0x2060,
        0x61C,
    ],
    ids=hex,
)
def test_what_a_terminal_obeys_or_nobody_sees_is_shown_as_a_replacement(code: int) -> None:
    assert clean(f"a{chr(code)}b") == "a\ufffdb"


@pytest.mark.parametrize("text", ["a\tb\nc", "naïve ‹ß› 日本 ✓ ❤️", ""])
def test_what_a_person_can_read_stays(text: str) -> None:
    assert clean(text) == text


def test_windows_line_ends_become_plain() -> None:
    assert clean("a\r\nb\r") == "a\nb\ufffd"


@given(st.text())
def test_cleaning_is_idempotent_and_leaves_no_control_character(text: str) -> None:
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert all(char in "\n\t" or char.isprintable() or char.isspace() or ord(char) > 0xFF
               for char in cleaned)  # fmt: skip


NEVER_READ = """
    .envrc prod.env cert.p12 cert.pfx cert.pkcs12 old.kdb release.jks release.keystore
    login.ppk signing.asc notes.gpg client.ovpn prod.tfvars prod.tfvars.json
    terraform.tfstate.backup age.agekey shop.sqlite shop.sqlite3 shop.db nightly.dump
    cart.py.bak tls.key id_dsa id_ecdsa id_ed25519_sk id_rsa.old id_xmss secret secrets
    secrets.prod.json credential .pypirc .pgpass .htpasswd .git-credentials .dockercfg .my.cnf
    .boto .s3cfg _netrc serviceaccount.json prod-credentials.json client_secret_12.json
    kubeconfig terraform.rc .terraformrc shadow wallet.dat .gnupg/trust .azure/profile
    .gcloud/config .kube/config .docker/config.json
"""


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "app/.env.production",
        "deploy/server.pem",
        "id_ed25519",
        "home/.ssh/config",
        "credentials",
        "credentials.json",
        "infra/prod.tfstate",
        ".npmrc",
        ".netrc",
        "secrets.yaml",
        "a/vault.kdbx",
        "service-account-prod.json",
        ".aws/config",
        "dump.sql.gz",
        "ID_RSA",
        *NEVER_READ.split(),
    ],
)
def test_a_file_named_like_a_secret_is_one(path: str) -> None:
    assert is_secret_path(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        "id_rsa.pub",
        "src/secrets.py",
        "keyboard.py",
        "docs/credentials.md.template",
        "environment.py",
        "tokens.go",
        "key.rs",
        "monkey.py",
        "secrets.md",
        "secret.ts",
        "id_card.py",
        "shadow.css",
        "kubeconfig.go",
        "docs/aws/config",
    ],
)
def test_a_file_that_only_speaks_of_secrets_is_none(path: str) -> None:
    assert not is_secret_path(path)


@pytest.mark.parametrize(
    "line",
    [
        "PA\u017f\u017fWORD = 'kX8#qLm29zvT'",
        "to\u212aen = 'kX8qLm29zvTpQ4rW7'",
        "IDENT\u0131F\u0130ED BY 'kX8qLm29zvT'",
    ],
)
def test_letters_that_only_count_as_such_when_case_is_ignored_hide_nothing(line: str) -> None:
    assert redact(line)[1] == 1
