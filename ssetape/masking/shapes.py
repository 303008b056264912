"""The shapes of keys and tokens that can be told by themselves, as data.

To find another kind of key, add a row: its name, what matches it, and where that is documented.
"""

from typing import NamedTuple


class Shape(NamedTuple):
    """What a kind of key looks like.

    Attributes:
        name: what findings call it.
        regex: matches the whole key.
        source: who says so.
        is_random: whether what follows the prefix must look random, because the prefix may also
            begin ordinary words.
    """

    name: str
    regex: str
    source: str
    is_random: bool = False


# Characters of base64url; of letters and digits; of hexadecimal numbers.
_B, _A, _H = "[A-Za-z0-9_-]", "[A-Za-z0-9]", "[0-9a-f]"
_END, _HEX_END = "(?![A-Za-z0-9_-])", "(?![A-Za-z0-9])"

# Of two shapes that match at the same place, the first is taken. Each regular expression begins
# with two literal characters, so that most words need not be compared with any.
SHAPES = (
    # Models and what surrounds them
    Shape("anthropic-key", rf"sk-ant-{_B}{{16,}}", "console.anthropic.com"),
    Shape("openrouter-key", rf"sk-or-{_B}{{16,}}", "openrouter.ai/docs", True),
    Shape("langfuse-key", rf"sk-lf-{_H}{{8}}-{_B}{{27}}", "langfuse.com/docs"),
    Shape("openai-key", rf"sk-{_B}{{20,}}", "platform.openai.com", True),
    Shape("openai-key", rf"ek_{_H}{{32}}{_HEX_END}", "platform.openai.com/docs/guides/realtime"),
    Shape("google-key", rf"AIza{_B}{{35}}{_END}", "cloud.google.com/docs/authentication"),
    Shape("bedrock-key", r"ABSK[A-Za-z0-9+/]{60,}={0,2}", "docs.aws.amazon.com/bedrock"),
    Shape("bedrock-key", rf"bedrock-api-key-{_B}{{20,}}={{0,2}}", "docs.aws.amazon.com/bedrock"),
    Shape("hugging-face-token", rf"hf_{_A}{{30,}}", "huggingface.co/docs"),
    Shape("hugging-face-token", rf"api_org_{_A}{{30,}}", "huggingface.co/docs"),
    Shape("groq-key", rf"gsk_{_A}{{40,}}", "console.groq.com"),
    Shape("xai-key", rf"xai-{_A}{{40,}}", "docs.x.ai"),
    Shape("perplexity-key", rf"pplx-{_A}{{32,}}", "docs.perplexity.ai"),
    Shape("replicate-token", rf"r8_{_A}{{30,}}", "replicate.com/docs"),
    Shape("nvidia-key", rf"nvapi-{_B}{{40,}}", "docs.api.nvidia.com"),
    Shape("cerebras-key", r"csk-[a-z0-9]{40,}", "inference-docs.cerebras.ai"),
    Shape("fireworks-key", rf"fw_{_A}{{20,}}", "docs.fireworks.ai", True),
    Shape("together-key", rf"tgp_v1_{_B}{{40,}}", "docs.together.ai"),
    Shape("elevenlabs-key", rf"sk_{_H}{{48}}{_HEX_END}", "elevenlabs.io/docs"),
    Shape("jina-key", rf"jina_{_B}{{40,}}", "jina.ai"),
    Shape("tavily-key", rf"tvly-{_B}{{20,}}", "docs.tavily.com", True),
    Shape("langsmith-key", rf"lsv2_(?:pt|sk)_{_H}{{32}}_{_H}{{10}}", "docs.smith.langchain.com"),
    Shape("langsmith-key", rf"ls__{_H}{{32}}{_HEX_END}", "docs.smith.langchain.com"),
    Shape("pinecone-key", rf"pcsk_{_B}{{40,}}", "docs.pinecone.io"),
    Shape("cursor-key", rf"crsr_{_H}{{64}}{_HEX_END}", "docs.cursor.com"),
    Shape("cursor-key", rf"key_{_H}{{64}}{_HEX_END}", "docs.cursor.com"),
    # Clouds
    Shape("aws-key-id", rf"AKIA[A-Z0-9]{{16}}{_HEX_END}", "docs.aws.amazon.com/IAM"),
    Shape("aws-key-id", rf"ASIA[A-Z0-9]{{16}}{_HEX_END}", "docs.aws.amazon.com/IAM"),
    Shape("google-oauth-token", r"ya29\.[A-Za-z0-9_.-]{20,}", "developers.google.com/identity"),
    Shape("google-oauth-token", rf"1//0{_B}{{30,}}", "developers.google.com/identity"),
    Shape("google-oauth-secret", rf"GOCSPX-{_B}{{20,}}", "developers.google.com/identity"),
    Shape("databricks-token", rf"dapi{_H}{{32}}(?:-\d)?{_HEX_END}", "docs.databricks.com"),
    Shape("databricks-token", rf"dose{_H}{{32}}{_HEX_END}", "docs.databricks.com"),
    Shape("digitalocean-token", rf"do[opr]_v1_{_H}{{64}}", "docs.digitalocean.com"),
    Shape("supabase-key", rf"sbp_(?:v0_)?{_H}{{40}}", "supabase.com/docs"),
    Shape("supabase-key", rf"sb_secret_{_B}{{20,}}", "supabase.com/docs"),
    Shape("vault-token", rf"hv[sbr]\.{_B}{{24,}}", "developer.hashicorp.com/vault"),
    Shape(
        "doppler-token",
        rf"dp\.(?:pt|ct|sa|st|scim|audit)\.(?:{_B}+\.)?{_A}{{40,44}}",
        "docs.doppler.com",
    ),
    Shape("fly-token", r"fm[12][ar]?_[A-Za-z0-9+/=_-]{60,}", "fly.io/docs"),
    Shape("netlify-token", rf"nf[pcoub]_{_A}{{36,}}", "docs.netlify.com"),
    Shape("render-key", rf"rnd_{_A}{{28,}}", "render.com/docs", True),
    Shape("tailscale-key", rf"tskey-[a-z]+-{_A}+-{_A}{{20,}}", "tailscale.com/kb"),
    # Code
    Shape("github-token", rf"gh[pousr]_{_A}{{36,}}", "docs.github.com"),
    Shape("github-token", r"github_pat_[A-Za-z0-9_]{36,}", "docs.github.com"),
    Shape(
        "gitlab-token",
        rf"gl(?:pat|dt|rt|ft|ptt|cbt|soat|imt|oas|agent)-{_B}{{20,}}(?:\.{_B}+)*",
        "docs.gitlab.com",
        True,
    ),
    Shape("gitlab-token", rf"GR1348941{_B}{{20,}}", "docs.gitlab.com"),
    Shape("npm-token", rf"npm_{_A}{{36}}{_HEX_END}", "docs.npmjs.com"),
    Shape("pypi-token", rf"pypi-AgE{_B}{{50,}}", "docs.pypi.org"),
    Shape("rubygems-key", rf"rubygems_{_H}{{48}}", "guides.rubygems.org"),
    Shape("docker-token", rf"dckr_(?:pat|oat)_{_B}{{24,}}", "docs.docker.com"),
    Shape("atlassian-token", r"AT(?:ATT3|CTT3|BB)[A-Za-z0-9_=-]{24,}", "support.atlassian.com"),
    Shape("linear-key", rf"lin_(?:api|oauth)_{_A}{{32,}}", "linear.app/developers"),
    Shape("notion-token", rf"secret_{_A}{{43}}{_HEX_END}", "developers.notion.com"),
    Shape("notion-token", rf"ntn_{_A}{{40,}}", "developers.notion.com"),
    Shape("figma-token", rf"fig[dou]_{_B}{{40,}}", "developers.figma.com"),
    Shape("postman-key", rf"PMAK-{_H}{{24}}-{_H}{{34}}", "learning.postman.com"),
    Shape("sentry-token", r"sntry[su]_[A-Za-z0-9+/=_-]{40,}", "docs.sentry.io"),
    Shape("grafana-token", r"gl(?:c|sa)_[A-Za-z0-9+/=_]{32,}", "grafana.com/docs"),
    Shape("new-relic-key", r"NRAK-[A-Z0-9]{27}", "docs.newrelic.com"),
    # Messages
    Shape("slack-token", r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}", "api.slack.com", True),
    Shape("slack-token", r"xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{20,}", "api.slack.com"),
    Shape(
        "slack-webhook",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/]{20,}",
        "api.slack.com",
    ),
    Shape(
        "discord-webhook",
        rf"discord(?:app)?\.com/api/webhooks/\d{{17,20}}/{_B}{{40,}}",
        "discord.com/developers",
    ),
    Shape("twilio-key", rf"SK{_H}{{32}}{_HEX_END}", "twilio.com/docs"),
    Shape("sendgrid-key", rf"SG\.{_B}{{16,32}}\.{_B}{{16,64}}", "docs.sendgrid.com"),
    Shape("mailgun-key", rf"key-{_H}{{32}}{_HEX_END}", "documentation.mailgun.com"),
    Shape("brevo-key", rf"xkeysib-{_H}{{64}}-{_A}{{16}}", "developers.brevo.com"),
    Shape("resend-key", rf"re_{_A}{{8,}}_{_A}{{20,}}", "resend.com/docs", True),
    # Money and shops
    Shape("stripe-key", rf"sk_(?:live|test)_{_A}{{16,}}", "docs.stripe.com/keys"),
    Shape("stripe-key", rf"rk_(?:live|test)_{_A}{{16,}}", "docs.stripe.com/keys"),
    Shape("stripe-webhook-secret", r"whsec_[A-Za-z0-9+/]{24,}={0,2}", "docs.stripe.com/webhooks"),
    Shape("shopify-token", r"shp(?:at|ca|pa|ss|ua|tka)_[0-9A-Fa-f]{32}", "shopify.dev"),
    Shape("square-token", rf"sq0(?:atp|csp|idp)-{_B}{{22,}}", "developer.squareup.com"),
    # Standards
    Shape("age-key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "age-encryption.org"),
    Shape("jwt", rf"eyJ{_B}{{5,}}\.eyJ{_B}{{5,}}\.{_B}{{10,}}", "RFC 7519"),
    Shape("jwe", rf"eyJ{_B}{{5,}}\.{_B}*\.{_B}{{10,}}\.{_B}{{4,}}\.{_B}{{10,}}", "RFC 7516"),
)

# Keys without a prefix, which are compared with every word that is not very long.
UNPREFIXED = (
    Shape(
        "discord-token", rf"[MNO]{_B}{{23,27}}\.{_B}{{6}}\.{_B}{{27,}}", "discord.com/developers"
    ),
    Shape("telegram-token", rf"(?:bot)?\d{{8,10}}:AA{_B}{{33}}{_END}", "core.telegram.org/bots"),
    Shape("mailgun-key", rf"{_H}{{32}}-{_H}{{8}}-{_H}{{8}}{_END}", "documentation.mailgun.com"),
    Shape("mailchimp-key", rf"{_H}{{32}}-us\d{{1,2}}{_HEX_END}", "mailchimp.com/developer"),
    Shape(
        "terraform-token", rf"{_A}{{14}}\.atlasv1\.{_B}{{60,}}", "developer.hashicorp.com/terraform"
    ),
    Shape(
        "azure-client-secret",
        r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
        "learn.microsoft.com/entra",
    ),
)
