"""What we know of model providers: the key they want, and whether they are on this machine."""

from __future__ import annotations

# The customary variables, first wanted first; litellm and the provider's own client read the same.
KEY_VARIABLES: dict[str, tuple[str, ...]] = {
    "ai21": ("AI21_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "anyscale": ("ANYSCALE_API_KEY",),
    "azure": ("AZURE_API_KEY",),
    "azure_ai": ("AZURE_AI_API_KEY",),
    "cerebras": ("CEREBRAS_API_KEY",),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "cohere_chat": ("COHERE_API_KEY", "CO_API_KEY"),
    "dashscope": ("DASHSCOPE_API_KEY",),
    "databricks": ("DATABRICKS_API_KEY",),
    "deepinfra": ("DEEPINFRA_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "github": ("GITHUB_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "huggingface": ("HUGGINGFACE_API_KEY", "HF_TOKEN"),
    "minimax": ("MINIMAX_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "codestral": ("CODESTRAL_API_KEY",),
    "moonshot": ("MOONSHOT_API_KEY",),
    "nebius": ("NEBIUS_API_KEY",),
    "novita": ("NOVITA_API_KEY",),
    "nvidia_nim": ("NVIDIA_NIM_API_KEY",),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY", "OR_API_KEY"),
    "perplexity": ("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "sambanova": ("SAMBANOVA_API_KEY",),
    "together_ai": ("TOGETHERAI_API_KEY", "TOGETHER_API_KEY"),
    "voyage": ("VOYAGE_API_KEY",),
    "watsonx": ("WATSONX_API_KEY", "WATSONX_APIKEY"),
    "xai": ("XAI_API_KEY",),
    "zai": ("ZAI_API_KEY",),
}

# Who signs with more than one key gets these variables as they are, and nobody else does.
SIGNING_VARIABLES: dict[str, tuple[str, ...]] = {
    "azure": ("AZURE_API_VERSION",),
    "bedrock": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_REGION_NAME",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_BEARER_TOKEN_BEDROCK",
    ),
    "vertex_ai": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "VERTEXAI_PROJECT",
        "VERTEXAI_LOCATION",
        "VERTEX_PROJECT",
        "VERTEX_LOCATION",
    ),
    "watsonx": ("WATSONX_URL", "WATSONX_PROJECT_ID"),
}

LOCAL = frozenset({"ollama", "ollama_chat", "lm_studio", "llamafile", "docker_model_runner"})

# Who keeps the beginning of a prompt only where it is marked, at so many times the usual price.
MARKED: dict[str, float] = {"anthropic": 1.25}

# Where a provider is when the person names no endpoint; its key goes there and nowhere else.
HOSTS: dict[str, str] = {
    "anthropic": "api.anthropic.com",
    "cerebras": "api.cerebras.ai",
    "deepseek": "api.deepseek.com",
    "gemini": "generativelanguage.googleapis.com",
    "groq": "api.groq.com",
    "mistral": "api.mistral.ai",
    "openai": "api.openai.com",
    "openrouter": "openrouter.ai",
    "perplexity": "api.perplexity.ai",
    "xai": "api.x.ai",
}

# A name without a prefix belongs to whoever made the family famous, as litellm has it.
_FAMILIES = (
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("o1", "openai"),
    ("o3", "openai"),
    ("o4", "openai"),
    ("codex-", "openai"),
    ("claude", "anthropic"),
    ("command", "cohere"),
    ("gemini", "vertex_ai"),
)
_LOOPBACK = ("localhost", "127.", "::1", "[::1]")
_PRIVATE = ("10.", "192.168.", "169.254.", "fd", "fe80:")


def provider_of(model: str) -> str:
    """The provider a model name belongs to, "" when the name does not say."""
    prefix, slash, _ = model.partition("/")
    if slash:
        return prefix.lower()
    return next((who for family, who in _FAMILIES if model.lower().startswith(family)), "")


def host_of(url: str) -> str:
    """The host of an endpoint, without its port."""
    from urllib.parse import urlsplit

    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine."""
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


def is_private(host: str) -> bool:
    """Whether the host is this machine or one of the same local network, by its looks."""
    numbered = host.startswith(_PRIVATE) and (":" in host or host.replace(".", "").isdigit())
    named = host.endswith((".local", ".lan", ".internal", ".home.arpa")) or "." not in host
    return is_loopback(host) or numbered or (named and ":" not in host)


def host_for(model: str, api_base: str) -> str:
    """The host a call goes to, "localhost" for local providers, "" when we do not know."""
    if api_base:
        return host_of(api_base)
    provider = provider_of(model)
    return "localhost" if provider in LOCAL else HOSTS.get(provider, "")


def is_local(model: str, api_base: str) -> bool:
    """Whether asking this model keeps everything on this machine."""
    if api_base:
        return is_loopback(host_of(api_base))
    return provider_of(model) in LOCAL


def needs_key(model: str, api_base: str) -> bool:
    """Whether a call without a key is bound to fail."""
    return not api_base and provider_of(model) in KEY_VARIABLES
