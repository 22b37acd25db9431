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
_SECRET_FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker"})
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".pub")


def is_secret_path(path: str) -> bool:
    """Whether files of this name hold secrets: never read, never sent, whatever the settings."""
    *folders, name = path.split("/")
    if name.lower().endswith(_TEMPLATES):
        return False
    return not _SECRET_FOLDERS.isdisjoint(folders) or _SECRET_NAMES.fullmatch(name) is not None
