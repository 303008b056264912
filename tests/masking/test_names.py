import pytest

from ssetape.masking.names import (
    Telling,
    also_mask,
    also_masked,
    is_secret,
    is_secret_parameter,
    normalized,
    telling,
)

SECRET, TOKEN, NOTHING = Telling.SECRET, Telling.TOKEN, Telling.NOTHING

NAMES = {
    SECRET: """
        password Passwd user_pwd db_pass passphrase passcode otp pin api_key X-Api-Key apiKey
        access-key AWSAccessKeyId aws_secret_access_key privateKey client_secret signingKey
        credentials csrfmiddlewaretoken X-XSRF-Token OpenAI-Sentinel-Proof-Token hmac
        connectionString
    """,
    TOKEN: """
        token access_token accessToken refresh-token id_token X-Auth-Token authorization auth
        session session_id sessionKey JSESSIONID cookie jwt signature X-Amz-Signature oauth_token
        SAMLResponse client_assertion nonce ticket sas sig license_key bearer
    """,
    NOTHING: """
        max_tokens completion_tokens total_tokens prompt_tokens_details token_type tokenizer
        token_count token_ids next_page_token nextPageToken author authority authenticated key
        public_key cache_key prompt_cache_key primaryKey foreign_key session_state sessionCount
        cookie_consent auth_method authUrl token_endpoint token_uri password_hint passwordPolicy
        secret_name compass bypass passport pinned design assign inside resign code keyboard
        monkey thoughtSignature system_fingerprint content text delta x-ratelimit-limit-tokens
    """,
}


@pytest.mark.parametrize(
    ("name", "said"), [(name, said) for said, names in NAMES.items() for name in names.split()]
)
def test_a_name_tells_what_it_names_however_it_is_spelled(name: str, said: Telling) -> None:
    assert telling(name) is said
    assert telling(name.replace("_", "-")) is said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter"),
        ("password", "Passw0rd!"),
        ("passphrase", "correct horse battery staple"),
        ("otp", "123456"),
        ("token", "sess1234567890"),
        ("authorization", "Basic dXNlcjpwYXNz"),
        ("cookie", "sid=abc; theme=dark"),
        ("session_id", "123e4567-e89b-12d3-a456-426614174000"),
        ("license_key", "k3j9x2m1q8w7"),
    ],
)
def test_a_secret_is_known_by_its_name_and_look(name: str, value: str) -> None:
    assert is_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "Passwort"),
        ("password", "Enter your password"),
        ("password", "Mot de passe"),
        ("password", "masked-0123456789abxxx"),
        ("password", "******"),
        ("secret", "string"),
        ("api_key", "YOUR_API_KEY"),
        ("api_key", "${API_KEY}"),
        ("token", " world"),
        ("token", "Hello"),
        ("session", "default"),
        ("auth", "basic"),
        ("authorization", "Bearer MASKED"),
        ("signature", "def f(x: int) -> str"),
        ("max_tokens", "a1b2c3d4e5f6"),
    ],
)
def test_labels_words_and_placeholders_are_none(name: str, value: str) -> None:
    assert not is_secret(name, value)


def test_a_parameter_may_have_a_name_that_is_too_short_elsewhere() -> None:
    assert is_secret_parameter("key", "a")
    assert is_secret_parameter("CODE", "4/0AX")
    assert not is_secret_parameter("key", "")
    assert not is_secret_parameter("key", "MASKED")
    assert not is_secret_parameter("q", "a1b2c3d4e5f6g7")


def test_separators_and_case_do_not_count() -> None:
    assert normalized("X-Api_Key.1[a]") == "xapikey1a"


def test_names_can_be_added_for_the_whole_process() -> None:
    try:
        also_mask(["oai-device-id"])
        assert telling("OAI_Device_Id") is SECRET
        assert also_masked() == {"oai-device-id"}
    finally:
        also_mask([])
    assert telling("oai-device-id") is NOTHING
