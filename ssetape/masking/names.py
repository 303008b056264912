"""Decides by its name alone whether a field, header, parameter or cookie holds a secret.

One rule for all of them. Names are compared without case, `-`, `_` and other separators.
Standard library only, because the recorder loads it.
"""

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from ssetape.masking.randomness import OPAQUE_CHARACTERS, is_opaque, is_placeholder


class Telling(Enum):
    """What a name says about its value."""

    NOTHING = "nothing"
    TOKEN = "token"  # a secret if it does not read like a word
    SECRET = "secret"  # a secret, whatever it looks like


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Parts of names, wherever they are in the name.
_SECRET_PARTS = (
    "accesskey|accountkey|apikey|authkey|clientkey|connectionstring|credential|csrf|encryptionkey|"
    "hmac|masterkey|onetimecode|passcode|passphrase|passwd|password|privatekey|secret|"
    "sentinel|servicekey|sharedkey|signingkey|sshkey|storagekey|subscriptionkey|verificationcode|"
    "webhookkey|xsrf"
)
_TOKEN_PARTS = (
    "assertion|authentication|authorization|bearer|cookie|jsessionid|jwt|nonce|oauth|phpsessid|"
    "samlresponse|session|signature|ticket|token"
)
# Whole words of a name, for parts that other words contain.
_SECRET_WORDS = word_set(
    """
    otp pass pin pwd pw totp cvv cvc
    """
)
_TOKEN_WORDS = word_set(
    """
    auth sas sid sig
    """
)

# Names that mean something else: the last words of those that describe a secret, or count some.
_DESCRIBING_WORDS = word_set(
    """
    algorithm algo at budget cache class config consent count counts created details
    duration enabled endpoint error expired expires expiry field file format header headers
    hint in index info input issuer kind label length lifetime limit limits location
    logprobs message method mode model name names offset path placeholder policy prefix
    provider reason remaining required reset role scheme scope scopes size source state
    status strategy strength supported timeout title total ttl type types update updated uri
    url urls usage used valid version
    """
)
# In names without separators, only words that are not the end of others.
_DESCRIBES = re.compile(
    "(?:algorithm|budget|config|count|counts|duration|enabled|endpoint|expires|expiresat|expiresin|"
    "expiry|field|format|hint|length|lifetime|limit|method|mode|name|policy|provider|required|"
    "scope|size|state|status|timeout|type|types|uri|url|usage|version)$"
)
_COUNTS = re.compile(r"(?:tokens|cookies|sessions|signatures)$")
_NOT_COUNTED = re.compile(r"(?:access|refresh|auth|api|session|bearer|id|secret)tokens$")
_HARMLESS = word_set(
    """
    author authors authority bostoken continuationtoken eostoken nextpagetoken nexttoken
    pagetoken padtoken passthrough previouspagetoken prevpagetoken secwebsocketaccept
    secwebsocketkey skiptoken stoptoken thoughtsignature tokenid tokenids tokenizer
    tokenization toptoken
    """
)
# Keys that name or find something, and open nothing.
_OPEN_KEYS = word_set(
    """
    answer api attribute cache config dedupe dedup dict event foreign group hash hot i18n
    idempotency index item lookup map message object option param partition primary property
    public query record row short sort storage string surrogate translation unique websocket
    """
)
_SECRET = re.compile(_SECRET_PARTS)
_TOKEN = re.compile(_TOKEN_PARTS)
_SCHEMES = word_set(
    """
    apikey basic bearer digest hmac key negotiate token
    """
)
# "Password" in other languages: the labels of forms.
_TRANSLATIONS = word_set(
    """
    adgangskode heslo jelszo kennwort lozinka parol parola parool passord salasana sandi
    senha sifre wachtwoord wachtwort
    """
)
_SENTENCE = re.compile(r"[A-Z]\w*(?: \S+)+|[A-Z][a-z]+[?:…]?|.+ .+[?:.…!]", re.DOTALL)
# Parameters of queries whose values are secrets, whatever they look like.
_SECRET_PARAMETERS = word_set(
    """
    accesstoken apikey assertion auth authtoken clientassertion code codeverifier idtoken
    idtokenhint jsessionid jwt key phpsessid logintoken magictoken refreshtoken samlresponse sas
    session sessionid sid sig signature ticket token xamzcredential xamzsecuritytoken xamzsignature
    xgoogcredential xgoogsignature
    """
)
# Letters and digits: under a telling name, enough for a token.
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{10,}")
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


# Set by `also_mask`: a choice of the whole process, like its salt.
_also: frozenset[str] = frozenset()


def also_mask(names: Iterable[str]) -> None:
    """Take these names for secrets from now on, too, in place of those of an earlier call."""
    global _also
    chosen = frozenset(names)
    if chosen != _also:
        _also = chosen
        telling.cache_clear()


def also_masked() -> frozenset[str]:
    """Return the names of the last `also_mask`."""
    return _also


@lru_cache(maxsize=4096)
def telling(name: str) -> Telling:
    """Return what a name says about its value."""
    joined = normalized(name)
    if joined in map(normalized, _also):
        return Telling.SECRET
    if joined in _HARMLESS:
        return Telling.NOTHING
    words = [word.lower() for word in _WORD.findall(name)]
    if _SECRET.search(joined) or not _SECRET_WORDS.isdisjoint(words):
        found = Telling.SECRET
    elif _TOKEN.search(joined) or not _TOKEN_WORDS.isdisjoint(words) or _is_key(words):
        found = Telling.TOKEN
    else:
        return Telling.NOTHING
    if _COUNTS.search(joined) and not _NOT_COUNTED.search(joined):
        return Telling.NOTHING
    if (len(words) > 1 and words[-1] in _DESCRIBING_WORDS) or _DESCRIBES.search(joined):
        return Telling.NOTHING
    return found


def is_secret(name: str, value: str) -> bool:
    """Whether a value is a secret, by its name and its look."""
    told = telling(name)
    is_short = told is Telling.TOKEN and len(value) < OPAQUE_CHARACTERS
    if told is Telling.NOTHING or is_short or is_placeholder(value):
        return False
    if told is Telling.SECRET:
        return not _is_label(name, value)
    scheme, space, rest = value.partition(" ")
    if space and scheme.lower() in _SCHEMES:
        return bool(rest.strip()) and not is_placeholder(rest)
    is_cookie = "cookie" in normalized(name) and "=" in value
    return is_cookie or is_opaque(value) or _MIXED.fullmatch(value) is not None


def normalized(name: str) -> str:
    """Return the name in lower case, without separators."""
    return _SEPARATORS.sub("", name).lower()


def is_secret_parameter(name: str, value: str) -> bool:
    """Whether the value of a parameter of a query or a form is a secret."""
    if normalized(name) in _SECRET_PARAMETERS:
        return value not in ("", "MASKED")
    return is_secret(name, value)


def _is_key(words: list[str]) -> bool:
    return len(words) > 1 and words[-1] in ("key", "keys") and _OPEN_KEYS.isdisjoint(words)


def _is_label(name: str, value: str) -> bool:
    """Whether a value names or explains the secret, as in a form: `"password": "Passwort"`."""
    text = value.strip()
    if not all(character.isalpha() or character in " '-_?:.…!\u2019" for character in text):
        return False
    if not text.isascii() or text.lower() in _TRANSLATIONS or _SENTENCE.fullmatch(text):
        return True
    short = normalized(text)
    return short in normalized(name) or any(
        len(word) > 3 and short.startswith(word[:4].lower()) for word in _WORD.findall(name)
    )
