import pytest

from ssetape.doctor.bot_checks import BEGINNING_BYTES, recognise
from ssetape.format.values import Headers

HTML: Headers = [("Content-Type", "text/html; charset=UTF-8")]
JSON: Headers = [("Content-Type", "application/json")]


def html(*headers: tuple[str, str]) -> Headers:
    return [*HTML, *headers]


@pytest.mark.parametrize(
    ("status", "headers", "beginning", "protection", "sign"),
    [
        (403, html(("CF-Mitigated", "challenge")), b"", "Cloudflare", "cf-mitigated: challenge"),
        (429, html(("cf-mitigated", " challenge")), b"", "Cloudflare", "cf-mitigated: challenge"),
        (202, [("x-amzn-waf-action", "challenge")], b"", "AWS WAF", "x-amzn-waf-action: challenge"),
        (405, [("x-amzn-waf-action", "captcha")], b"", "AWS WAF", "x-amzn-waf-action: captcha"),
        (429, [("x-vercel-mitigated", "challenge")], b"", "Vercel", "x-vercel-mitigated"),
        (403, [("X-DataDome", "protected")], b"", "DataDome", "x-datadome"),
        (401, [*JSON, ("X-DD-B", "1")], b"{}", "DataDome", "x-dd-b"),
        (403, JSON, b'{"url":"https://geo.captcha-delivery.com/"}', "DataDome", "captcha-delivery"),
        (429, [("x-kpsdk-ct", "0a"), ("x-kpsdk-r", "1")], b"", "Kasada", "x-kpsdk-ct"),
        (428, JSON, b'{"sec-cp-challenge": "true"}', "Akamai", "sec-cp-challenge in the body"),
        (403, HTML, b"Access Denied https://errors.edgesuite.net/18.1", "Akamai", "edgesuite"),
        (200, HTML, b"Request unsuccessful. Incapsula incident ID: 1-2", "Imperva", "incident ID"),
        (403, HTML, b'<iframe src="/_Incapsula_Resource?x=1">', "Imperva", "_Incapsula_Resource"),
        (403, HTML, b'<div id="px-captcha">', "HUMAN (PerimeterX)", "px-captcha in the body"),
        (
            *(200, HTML, b"<title>Client Challenge</title>\n<script src=/_fs-ch-1T1/errors.js>"),
            *("Fastly", "<title>Client Challenge</title>"),
        ),
        (200, HTML, b'<script id="anubis_challenge" type="x">', "Anubis", "anubis_challenge"),
        (403, HTML, b"<script src=https://js.hcaptcha.com/1/api.js>", "hCaptcha", "hcaptcha.com"),
        (
            *(503, HTML, b"<script src=https://challenges.cloudflare.com/turnstile/v0/api.js>"),
            *("Turnstile", "challenges.cloudflare.com"),
        ),
        (429, HTML, b"<script src=//www.google.com/recaptcha/api.js>", "reCAPTCHA", "google.com"),
    ],
)
def test_a_bot_check_is_recognised_by_its_sign(
    status: int, headers: Headers, beginning: bytes, protection: str, sign: str
) -> None:
    check = recognise(status, headers, beginning)
    assert check is not None
    assert check.protection == protection
    assert sign in check.sign


@pytest.mark.parametrize(
    ("status", "headers", "beginning"),
    [
        (200, html(("cf-ray", "1"), ("server", "cloudflare"), ("set-cookie", "__cf_bm=1")), b""),
        (403, html(("cf-mitigated", "challenged")), b""),
        (200, [("X-DataDome", "protected")], b""),
        (401, [*JSON, ("X-DataDome", "protected")], b'{"error": "log in"}'),
        (200, [("x-kpsdk-ct", "0a")], b""),
        (200, HTML, b"<script src=https://js.hcaptcha.com/1/api.js>"),
        (200, HTML, b'<script src="/_Incapsula_Resource?x=1">'),
        (200, HTML, b'<script src="/_fs-ch-1T1wmsGaOgGaSxcX/challenge.js">'),
        (200, [("Content-Type", "text/event-stream")], b"data: Incapsula incident ID\n\n"),
        (200, JSON, b'{"text": "id="anubis_challenge""}'),
        (403, JSON, b'{"error": "forbidden"}'),
        (404, HTML, b"<h1>Not found</h1>"),
        (403, HTML, b" " * BEGINNING_BYTES + b"px-captcha"),
        (403, [], b""),
    ],
)
def test_what_passed_a_check_or_speaks_of_one_is_none(
    status: int, headers: Headers, beginning: bytes
) -> None:
    assert recognise(status, headers, beginning) is None
