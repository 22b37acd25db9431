"""Secrets out before text leaves the machine; control characters out before it is shown."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

# Every repetition below is bounded, possessive, or ends its pattern: no line can make this slow.


@dataclass(frozen=True, slots=True)
class _Rule:
    """A key that is known by its looks; `hint` must be in the text before the pattern is tried."""

    kind: str
    hint: str
    pattern: re.Pattern[str]


def _rule(kind: str, hint: str, pattern: str) -> _Rule:
    return _Rule(kind, hint, re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})"))


_KNOWN = (
    _rule("adafruit", "aio_", r"aio_[A-Za-z0-9]{28}"),
    _rule("age", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}+"),
    _rule("airtable", "pat", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    _rule("alibaba", "LTAI", r"LTAI[A-Za-z0-9]{12,}+"),
    _rule("anthropic", "sk-ant-", r"sk-ant-[\w-]{20,}+"),
    _rule("artifactory", "AKC", r"AKC[A-Za-z0-9]{10,}+"),
    _rule("asana", "/1", r"[0-9]/1[0-9]{15,}+:[a-f0-9]{32}"),
    _rule("atlassian", "ATATT3", r"ATATT3[\w=-]{60,}+"),
    _rule("aws", "A", r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA)[A-Z0-9]{16}(?![A-Z0-9])"),
    _rule("aws-bedrock", "ABSK", r"ABSK[A-Za-z0-9+/]{100,}+={0,2}"),
    _rule("azure-storage", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{40,}+={0,2}"),
    _rule("azure-client", "8Q~", r"[\w~.-]{3}8Q~[\w~.-]{31,34}"),
    _rule("buildkite", "bkua_", r"bkua_[a-f0-9]{40}"),
    _rule("cerebras", "csk-", r"csk-[a-z0-9]{40,}+"),
    _rule("clojars", "CLOJARS_", r"CLOJARS_[a-z0-9]{60}"),
    _rule("cloudflare", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    _rule("confluent", "cflt", r"cflt[A-Za-z0-9+/]{56,}+"),
    _rule("databricks", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?"),
    _rule("digitalocean", "_v1_", r"do[opr]_v1_[a-f0-9]{64}"),
    _rule("discord", ".", r"[MNO][A-Za-z0-9_-]{23,25}\.[\w-]{6}\.[\w-]{27,38}"),
    _rule("discord-webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{60,}+"),
    _rule("docker", "dckr_", r"dckr_(?:pat|oat)_[\w-]{27,}+"),
    _rule("doppler", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}+"),
    _rule("duffel", "duffel_", r"duffel_(?:test|live)_[\w=-]{43}"),
    _rule("dynatrace", "dt0c01.", r"dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    _rule("easypost", "EZ", r"EZ[AT]K[A-Za-z0-9]{54}"),
    _rule("facebook", "EAA", r"EAA[MC][A-Za-z0-9]{20,}+"),
    _rule("flyio", "fo1_", r"fo1_[\w-]{43}"),
    _rule("flyio", "fm", r"fm[12][ar]?_[A-Za-z0-9+/=]{100,}+"),
    _rule("frameio", "fio-u-", r"fio-u-[\w=-]{64}"),
    _rule("gitlab", "gl", r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|agent|imt|oas|ffct)-[\w.-]{20,}+"),
    _rule("github", "gh", r"gh[oprsu]_[A-Za-z0-9]{36,}+"),
    _rule("github", "github_pat_", r"github_pat_\w{60,}+"),
    _rule("google", "AIza", r"AIza[\w-]{35}"),
    _rule("google-oauth", "GOCSPX-", r"GOCSPX-[\w-]{28}"),
    _rule("google-oauth", "ya29.", r"ya29\.[\w-]{20,}+"),
    _rule("grafana", "gl", r"gl(?:c|sa)_[A-Za-z0-9+/_=]{32,}+"),
    _rule("groq", "gsk_", r"gsk_[A-Za-z0-9]{40,}+"),
    _rule("harness", "pat.", r"[ps]at\.[\w-]{22}\.[a-f0-9]{24}\.[A-Za-z0-9]{20}"),
    _rule("heroku", "HRKU-", r"HRKU-[\w-]{36,}+"),
    _rule("huggingface", "hf_", r"hf_[A-Za-z0-9]{30,}+"),
    _rule("huggingface", "api_org_", r"api_org_[A-Za-z0-9]{30,}+"),
    _rule("infracost", "ico-", r"ico-[A-Za-z0-9]{32}"),
    _rule("jfrog", "cmVmd", r"cmVmd[A-Za-z0-9]{59}"),
    _rule("langsmith", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    _rule("launchdarkly", "-", r"(?:api|sdk|mob)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    _rule("linear", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+"),
    _rule("mailchimp", "-us", r"[a-f0-9]{32}-us\d{1,2}(?!\d)"),
    _rule("mailgun", "key-", r"key-[a-f0-9]{32}(?![a-f0-9])"),
    _rule("mapbox", "k.", r"[ps]k\.eyJ[\w-]{40,}+\.[\w-]{20,}+"),
    _rule("microsoft-teams", ".webhook.office.com", r"[\w-]{1,60}\.webhook\.office\.com/webhookb2/[\w@/-]{60,}+"),
    _rule("netlify", "nfp_", r"nfp_[A-Za-z0-9]{36,}+"),
    _rule("new-relic", "NR", r"NR(?:AK|II|JS|RA)-[A-Za-z0-9_-]{19,}+"),
    _rule("notion", "ntn_", r"ntn_[A-Za-z0-9]{40,}+"),
    _rule("npm", "npm_", r"npm_[A-Za-z0-9]{36}"),
    _rule("nvidia", "nvapi-", r"nvapi-[\w-]{60,}+"),
    _rule("1password", "ops_eyJ", r"ops_eyJ[A-Za-z0-9+/=_-]{100,}+"),
    _rule("openai", "T3BlbkFJ", r"sk-[\w-]{10,120}?T3BlbkFJ[\w-]{15,}+"),
    _rule("openai", "sk-", r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,}+"),
    _rule("openrouter", "sk-or-", r"sk-or-(?:v1-)?[\w-]{30,}+"),
    _rule("sk", "sk-", r"sk-[A-Za-z0-9]{20,}+"),  # DeepSeek, Moonshot and other look-alikes
    _rule("perplexity", "pplx-", r"pplx-[A-Za-z0-9]{32,}+"),
    _rule("planetscale", "pscale_", r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,}+"),
    _rule("posthog", "ph", r"ph[cx]_[A-Za-z0-9]{40,}+"),
    _rule("postman", "PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}"),
    _rule("prefect", "pn", r"pn[ub]_[A-Za-z0-9]{36}"),
    _rule("pulumi", "pul-", r"pul-[a-f0-9]{40}"),
    _rule("pypi", "pypi-", r"pypi-[\w-]{50,}+"),
    _rule("readme", "rdme_", r"rdme_[a-z0-9]{70}"),
    _rule("replicate", "r8_", r"r8_[A-Za-z0-9]{37,}+"),
    _rule("rubygems", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _rule("scalingo", "tk-us-", r"tk-us-[\w-]{48}"),
    _rule("sendgrid", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{30,}+"),
    _rule("sendinblue", "xkeysib-", r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    _rule("sentry", "sntry", r"sntry[su]_[A-Za-z0-9+/=_-]{40,}+"),
    _rule("shippo", "shippo_", r"shippo_(?:live|test)_[a-f0-9]{40}"),
    _rule("shopify", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    _rule("slack", "xox", r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}+"),
    _rule("slack", "xapp-", r"xapp-\d-[A-Za-z0-9-]{20,}+"),
    _rule("slack-webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{40,}+"),
    _rule("sourcegraph", "sgp_", r"sgp_(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}"),
    _rule("square", "EAAA", r"EAAA[\w-]{50,}+"),
    _rule("square", "sq0", r"sq0[a-z]{3}-[\w-]{22,}+"),
    _rule("stripe", "_", r"(?:[rs]k|whsec)_(?:(?:test|live|prod)_)?[A-Za-z0-9]{24,}+"),
    _rule("supabase", "sb", r"sb(?:p_[a-f0-9]{40}|_secret_[\w-]{30,}+)"),
    _rule("tavily", "tvly-", r"tvly-[\w-]{20,}+"),
    _rule("telegram", ":AA", r"\d{8,10}:AA[\w-]{33}"),
    _rule("terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}+"),
    _rule("tailscale", "tskey-", r"tskey-[a-z]{2,12}-[\w-]{10,}+"),
    _rule("twilio", "SK", r"(?:SK|AC)[a-f0-9]{32}(?![a-f0-9])"),
    _rule("typeform", "tfp_", r"tfp_[\w.=-]{59}"),
    _rule("vault", "hv", r"hv[sbr]\.[\w-]{24,}+"),
    _rule("vercel", "vc", r"vc[apirk]_[A-Za-z0-9]{24,}+"),
    _rule("voyage", "pa-", r"pa-[\w-]{43}(?![\w-])"),
    _rule("xai", "xai-", r"xai-[A-Za-z0-9]{60,}+"),
    _rule("yandex", "AQVN", r"AQVN[\w-]{35,38}"),
    _rule("zapier-webhook", "hooks.zapier.com", r"hooks\.zapier\.com/hooks/catch/[\w/]{10,}+"),
)  # fmt: skip

_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{10,}+\.eyJ[\w-]{10,}+\.[\w-]{10,}+")
_URL = re.compile(r"(://[^\s:/@\"'`<>‹]{0,100}:)([^\s/@\"'`<>‹]{1,200})(?=@)")
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)[ \t]{1,4})([A-Za-z0-9._~+/-]{16,500}+={0,2})")

_WORDS = (
    r"passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[_-]?keys?|access[_-]?keys?"
    r"|private[_-]?keys?|auth[_-]?keys?|signing[_-]?keys?|encryption[_-]?keys?|credentials?"
)
_QUOTED = re.compile(
    rf"(?i)({_WORDS})((?:_[a-z0-9_]{{1,30}})?[\"'\]]{{0,2}}[ \t]{{0,8}}(?::[ \t]{{0,2}}str)?"
    r"[ \t]{0,8}(?::=|=>|==|=|:)[ \t]{0,8}[bfru]{0,2}[\"'`])([^\"'`\r\n‹›]{4,300})(?=[\"'`])"
)
_UNQUOTED = re.compile(
    rf"(?i)({_WORDS})((?:_[a-z0-9_]{{1,30}})?[ \t]{{0,8}}[=:][ \t]{{0,4}})"
    r"([^\s\"'`#‹›(){}\[\];,<>]{6,300})(?=[ \t]{0,20}(?:$|[#&;]))",
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(
    r"(?i)(?:x{3,}|[*.]{3,}|<|\$|%|\{|@|your|my[_-]|example|sample|change[_-]?me|replace|placeholder"
    r"|dummy|fake|todo|redacted|none$|null$|true$|false$|undefined$|https?:|/)"
)
_WORDY = re.compile(r"[_.:/-]?[A-Za-z]{1,30}\d{0,2}(?:[_.:/-]{1,2}[A-Za-z]{0,30}\d{0,2})*")

_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_NUMBERED = re.compile(r"[ \t]{0,80}(?:\d{1,9}\|[ \t]?)?")
_KEY_LINE = re.compile(
    r"[\s\"'`,;()]*+(?:[A-Za-z0-9+/]*+={0,2}(?:\\[nr]){0,4}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment):.{0,200})[\s\"'`+,;\\()]*+"
)

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U0010ff00-\U0010ffff]"
)

_SECRET_NAMES = re.compile(
    r"\.env(?:\..*|rc)?|.*\.env|.*\.(?:pem|key|p12|pfx|pkcs12|kdbx?|jks|keystore|ppk|asc|gpg|ovpn"
    r"|tfstate|tfvars|agekey|sqlite3?|db|dump|sql\.gz|bak)|.*\.tfstate\..*|.*\.tfvars\.json"
    r"|id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:_sk)?(?:[._-].*)?|credentials?(?:\..*)?"
    r"|secrets?(?:\.(?!py$|js$|ts$|go$|rs$|rb$|java$|c$|h$|md$|rst$).*)?"
    r"|\.(?:npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|dockercfg|my\.cnf|boto|s3cfg)"
    r"|_netrc|service[_-]?account.*\.json|.*-?credentials\.json|client_secret.*\.json|kubeconfig"
    r"|terraform\.rc|\.terraformrc|shadow|wallet\.dat",
    re.IGNORECASE,
)
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"})
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".pub")


def redact(text: str) -> tuple[str, int]:
    """The text with every secret we can recognise replaced, and how many there were.

    Idempotent, and the number of lines never changes. What is replaced reads `‹SECRET:kind›`.
    """
    text, count = _without_private_keys(text)
    for rule in _KNOWN:
        if rule.hint in text:
            text, found = rule.pattern.subn(_mark(rule.kind), text)
            count += found
    for step in (_without_jwt, _without_url_passwords, _without_bearers, _without_assignments):
        text, found = step(text)
        count += found
    return text, count


def clean(text: str) -> str:
    """The text with everything a terminal obeys or a reader cannot see shown as U+FFFD.

    Newline and tab stay; so do the two selectors that choose how an emoji looks.
    """
    return _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n"))


def is_secret_path(path: str) -> bool:
    """Whether files of this name hold secrets: never read, never sent, whatever the settings."""
    *folders, name = path.split("/")
    if name.lower().endswith(_TEMPLATES):
        return False
    return not _SECRET_FOLDERS.isdisjoint(folders) or _SECRET_NAMES.fullmatch(name) is not None


def _mark(kind: str) -> str:
    return f"‹SECRET:{kind}›"


def _without_private_keys(text: str) -> tuple[str, int]:
    if "PRIVATE KEY" not in text:
        return text, 0
    lines, count, inside = [], 0, False
    for line in text.split("\n"):
        if inside and not _END.search(line) and not _is_key_line(line):
            inside = False
        shown, begun, inside = _without_key_material(line, inside=inside)
        count += begun
        lines.append(shown)
    return "\n".join(lines), count


def _is_key_line(line: str) -> bool:
    start = _NUMBERED.match(line)
    return _KEY_LINE.fullmatch(line, start.end() if start else 0) is not None


def _without_key_material(line: str, *, inside: bool) -> tuple[str, int, bool]:
    # Walks the BEGIN and END marks of one line; what lies between them is not shown.
    shown, count, at = "", 0, 0
    if inside and (start := _NUMBERED.match(line)):
        shown, at = start.group(), start.end()
    while True:
        if inside:
            end = _END.search(line, at)
            shown += _mark("private-key") if end or line[at:].strip() else line[at:]
            if end is None:
                return shown, count, True
            at, inside = end.end(), False
        begin = _BEGIN.search(line, at)
        if begin is None:
            return shown + line[at:], count, False
        shown += line[at : begin.start()]
        at, inside, count = begin.end(), True, count + 1


def _without_jwt(text: str) -> tuple[str, int]:
    return _JWT.subn(_mark("jwt"), text) if "eyJ" in text else (text, 0)


def _without_url_passwords(text: str) -> tuple[str, int]:
    return _replaced(text, _URL, "url-password", lambda found: not _is_placeholder(found.group(2)))


def _without_bearers(text: str) -> tuple[str, int]:
    return _replaced(text, _BEARER, "bearer", lambda found: _is_random(found.group(2)))


def _without_assignments(text: str) -> tuple[str, int]:
    text, quoted = _replaced(text, _QUOTED, "assigned", _is_secret_assignment)
    text, unquoted = _replaced(text, _UNQUOTED, "assigned", _is_secret_assignment)
    return text, quoted + unquoted


def _replaced(
    text: str, pattern: re.Pattern[str], kind: str, wanted: Callable[[re.Match[str]], bool]
) -> tuple[str, int]:
    # The secret is the last group; everything before it stays.
    count = 0

    def replacement(found: re.Match[str]) -> str:
        nonlocal count
        if not wanted(found):
            return found.group()
        count += 1
        start = found.start(found.re.groups) - found.start()
        return found.group()[:start] + _mark(kind)

    return pattern.sub(replacement, text), count


def _is_secret_assignment(found: re.Match[str]) -> bool:
    word, value = found.group(1).lower(), found.group(3)
    if word.startswith("pass") or word == "pwd":
        return _is_password(value)
    return _is_random(value)


def _is_placeholder(value: str) -> bool:
    formatted = "{" in value and "}" in value
    return formatted or _PLACEHOLDER.match(value) is not None or len(set(value)) <= 2


def _is_password(value: str) -> bool:
    if _is_placeholder(value) or " " in value:
        return False
    if value.replace("_", "").replace("-", "").isalpha():
        return False  # a word or a name: `password = "password"`
    return len(value) >= 6 and _entropy(value) >= 2


def _is_random(value: str) -> bool:
    """Whether it looks drawn by lot rather than written: long, mixed, and not words."""
    if len(value) < 12 or " " in value or _is_placeholder(value) or _WORDY.fullmatch(value):
        return False
    mixed = any(char.isdigit() for char in value) or (value.lower() != value != value.upper())
    return mixed and _entropy(value) >= 3


def _entropy(value: str) -> float:
    """Bits per character."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
