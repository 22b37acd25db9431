"""Knows the names of files that hold secrets."""

from __future__ import annotations

import re

from repo_sleeper.redact.lazily import pattern

_SECRET_NAMES = pattern(
    r"\.env(?:\..*|rc)?|.*\.env|.*\.(?:pem|key|p12|pfx|pkcs12|kdbx?|jks|keystore|ppk|asc|gpg|ovpn"
    r"|tfstate|tfvars|agekey|sqlite3?|db|dump|sql\.gz|bak)|.*\.tfstate\..*|.*\.tfvars\.json"
    r"|id_(?:rsa|dsa|ecdsa|ed25519|xmss)(?:_sk)?(?:[._-].*)?|credentials?(?:\..*)?"
    r"|secrets?(?:\.(?!py$|js$|ts$|go$|rs$|rb$|java$|c$|h$|md$|rst$).*)?"
    r"|\.(?:npmrc|pypirc|netrc|pgpass|htpasswd|git-credentials|dockercfg|my\.cnf|boto|s3cfg)"
    r"|_netrc|service[_-]?account.*\.json|.*-?credentials\.json|client_secret.*\.json|kubeconfig"
    r"|terraform\.rc|\.terraformrc|shadow|wallet\.dat",
    re.IGNORECASE,
)
# How such a name begins or ends: most names do neither, and to see that is cheaper than to match.
_BEGIN = """
    .boto .dockercfg .env .git-credentials .htpasswd .my.cnf .netrc .npmrc .pgpass .pypirc .s3cfg
    .terraformrc _netrc client_secret credential id_ kubeconfig secret service shadow terraform
    wallet
"""
_END = """
    .agekey .asc .bak .db .dump .env .gpg .jks .kdb .kdbx .key .keystore .ovpn .p12 .pem .pfx
    .pkcs12 .ppk .sql.gz .sqlite .sqlite3 .tfstate .tfvars .tfvars.json credentials.json
"""
_BEGINNINGS = tuple(_BEGIN.split())
_ENDINGS = tuple(_END.split())
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"})
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".pub")


def is_secret_path(path: str) -> bool:
    """Whether files of this name hold secrets: never read, never sent, whatever the settings."""
    *folders, name = path.split("/")
    lower = name.lower()
    if lower.endswith(_TEMPLATES):
        return False
    if not _SECRET_FOLDERS.isdisjoint(folders):
        return True
    return _may_be_secret(lower) and _SECRET_NAMES.fullmatch(name) is not None


def _may_be_secret(lower: str) -> bool:
    if lower.startswith(_BEGINNINGS) or lower.endswith(_ENDINGS) or ".tfstate." in lower:
        return True
    return not lower.isascii()  # letters that the pattern takes for others
