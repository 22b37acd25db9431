"""Keys that are known by their looks, one rule per provider and form."""

from __future__ import annotations

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """A key that is known by its looks; `hint` must be in the text before the pattern is tried."""

    kind: str
    hint: str
    source: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed, then kept by `re`: a hundred of them cost 15 ms."""
        return re.compile(self.source)


def mark(kind: str) -> str:
    """What stands where a secret was."""
    return f"\u2039SECRET:{kind}\u203a"


def _rule(kind: str, hint: str, pattern: str) -> Rule:
    return Rule(kind, hint, rf"(?<![A-Za-z0-9])(?:{pattern})")


KNOWN = (
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
    _rule("discord-webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{60,}"),
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
    _rule("harness", "at.", r"[ps]at\.[\w-]{22}\.[a-f0-9]{24}\.[A-Za-z0-9]{20}"),
    _rule("heroku", "HRKU-", r"HRKU-[\w-]{36,}+"),
    _rule("huggingface", "hf_", r"hf_[A-Za-z0-9]{30,}+"),
    _rule("huggingface", "api_org_", r"api_org_[A-Za-z0-9]{30,}+"),
    _rule("infracost", "ico-", r"ico-[A-Za-z0-9]{32}"),
    _rule("jfrog", "cmVmd", r"cmVmd[A-Za-z0-9]{59}"),
    _rule("langsmith", "lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    _rule("launchdarkly", "-", r"(?:api|sdk|mob)-[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}"),
    _rule("linear", "lin_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+"),
    _rule("mailchimp", "-us", r"[a-f0-9]{32}-us\d{1,2}(?!\d)"),
    _rule("mailgun", "key-", r"key-[a-f0-9]{32}(?![a-f0-9])"),
    _rule("mapbox", "k.", r"[ps]k\.eyJ[\w-]{40,}+\.[\w-]{20,}+"),
    _rule("teams-webhook", ".webhook.office", r"[\w-]{1,60}\.webhook\.office\.com/[\w@/-]{60,}+"),
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
    _rule("slack-webhook", "hooks.slack.com", r"hooks\.slack\.com/[a-z]{5,12}/[\w/+-]{40,}+"),
    _rule("sourcegraph", "sgp_", r"sgp_(?:[a-fA-F0-9]{16}_|local_)?[a-fA-F0-9]{40}"),
    _rule("square", "EAAA", r"EAAA[\w-]{50,}+"),
    _rule("square", "sq0", r"sq0[a-z]{3}-[\w-]{22,}+"),
    _rule("stripe", "_", r"(?:[rs]k|whsec)_(?:(?:test|live|prod)_)?[A-Za-z0-9]{24,}+"),
    _rule("supabase", "sb", r"sb(?:p_[a-f0-9]{40}|_secret_[\w-]{30,}+)"),
    _rule("tavily", "tvly-", r"tvly-[\w-]{20,}+"),
    _rule("telegram", ":AA", r"\d{8,10}:AA[\w-]{33}"),
    _rule("terraform", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,}+"),
    _rule("tailscale", "tskey-", r"tskey-[a-z]{2,12}-[\w-]{10,}+"),
    _rule("twilio", "AC", r"AC[a-f0-9]{32}(?![a-f0-9])"),
    _rule("twilio", "SK", r"SK[a-f0-9]{32}(?![a-f0-9])"),
    _rule("typeform", "tfp_", r"tfp_[\w.=-]{59}"),
    _rule("vault", "hv", r"hv[sbr]\.[\w-]{24,}+"),
    _rule("vercel", "vc", r"vc[apirk]_[A-Za-z0-9]{24,}+"),
    _rule("voyage", "pa-", r"pa-[\w-]{43}(?![\w-])"),
    _rule("xai", "xai-", r"xai-[A-Za-z0-9]{60,}+"),
    _rule("yandex", "AQVN", r"AQVN[\w-]{35,38}"),
    _rule("zapier-webhook", "hooks.zapier.com", r"hooks\.zapier\.com/hooks/catch/[\w/]{10,}+"),
)  # fmt: skip
