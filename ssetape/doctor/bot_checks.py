"""Recognises bot checks: responses by which a protection asks for a browser. No I/O, no clock.

What a protection adds to every page, such as its cookies, is no sign: those who passed have it too.
Where the vendor documents no sign, the comment says who does.
"""

import re
from typing import NamedTuple

from ssetape.format.values import Headers, header_values

# Pages that only ask are small.
BEGINNING_BYTES = 1 << 16

_ANY: tuple[int, ...] = ()
_REFUSED = (401, 403, 429, 503)


class BotCheck(NamedTuple):
    """A protection that answered in place of the server, and the sign that says so."""

    protection: str
    sign: str


class _Sign(NamedTuple):
    protection: str
    statuses: tuple[int, ...]
    pattern: str


# In a header, as `name: value`.
_HEADERS = (
    # https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/
    _Sign("Cloudflare", _ANY, "cf-mitigated: challenge$"),
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html
    _Sign("AWS WAF", _ANY, "x-amzn-waf-action: (challenge|captcha)$"),
    # https://github.com/microlinkhq/is-antibot, not the vendor's
    _Sign("Vercel", _ANY, "x-vercel-mitigated: challenge$"),
    # https://docs.datadome.co/reference/validate-request: the one is on every response, the other
    # on those that are blocked. A 401 may be the server's own.
    _Sign("DataDome", (403,), "x-datadome:"),
    _Sign("DataDome", _ANY, "x-dd-b:"),
    # https://scrappey.com/qa/web-automation/how-kasada-detects-bots, not the vendor's
    _Sign("Kasada", (403, 429), "x-kpsdk-[a-z]+:"),
)
# In the beginning of the body.
_BODIES = (
    # Where challenges are loaded from; not in the vendor's documentation
    _Sign("DataDome", (401, 403), r"captcha-delivery\.com"),
    # https://docs.hypersolutions.co/akamai-web/handling-428-status-code-sec-cpt, not the vendor's
    _Sign("Akamai", (428,), "sec-cp-challenge|sec-cpt"),
    # https://dataflirt.com/glossary/akamai-reference-number-error/, not the vendor's
    _Sign("Akamai", (403,), r"errors\.edgesuite\.net"),
    # https://scrappey.com/qa/web-automation/how-imperva-detects-bots, not the vendor's
    _Sign("Imperva", _ANY, "Incapsula incident ID"),
    _Sign("Imperva", _REFUSED, "_Incapsula_Resource"),
    # https://github.com/PerimeterX/perimeterx-python-wsgi: templates/block_template.mustache
    _Sign("HUMAN (PerimeterX)", _REFUSED, r"px-captcha|window\._pxAppId"),
    # https://www.fastly.com/documentation/guides/security/client-challenges/ has the path, which
    # any page may have; only a challenge has the title.
    _Sign("Fastly", _ANY, r"<title>Client Challenge</title>(?=.*/_fs-ch-)"),
    # https://github.com/microlinkhq/is-antibot, not the vendor's
    _Sign("Anubis", _ANY, 'id="anubis_challenge"'),
    # https://docs.hcaptcha.com, https://developers.cloudflare.com/turnstile/get-started/ and
    # https://developers.google.com/recaptcha/docs/display. A page may have one for its forms; a
    # refusal has it to be passed.
    _Sign("hCaptcha", _REFUSED, r"hcaptcha\.com/1/api\.js"),
    _Sign("Turnstile", _REFUSED, r"challenges\.cloudflare\.com/turnstile/"),
    _Sign("reCAPTCHA", _REFUSED, r"(google\.com|recaptcha\.net)/recaptcha/"),
)


def recognise(status: int, headers: Headers, beginning: bytes = b"") -> BotCheck | None:
    """The bot check that a response is; None if it is not known as one.

    Args:
        beginning: the beginning of the decoded body, as far as it is known.
    """
    for name, value in headers:
        for sign in _HEADERS:
            line = f"{name.lower()}: {value.strip()}"
            if _fits(sign, status) and (found := re.match(sign.pattern, line, re.IGNORECASE)):
                return BotCheck(sign.protection, found[0].rstrip(":"))
    is_page = any("html" in value.lower() for value in header_values(headers, "content-type"))
    if not is_page and status < 400:
        return None  # an answer may speak of bot checks
    text = beginning[:BEGINNING_BYTES].decode("latin-1")
    for sign in _BODIES:
        if _fits(sign, status) and (found := re.search(sign.pattern, text, re.DOTALL)):
            return BotCheck(sign.protection, f"{found[0]} in the body")
    return None


def _fits(sign: _Sign, status: int) -> bool:
    return sign.statuses == _ANY or status in sign.statuses
