"""A delivery's signature: the bytes that earlier releases sent, and what a receiver's library makes of them."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from collector.notifications.signing import body_of, headers_of, secret_text

SECRET = secret_text(bytes(range(32)))
OVERDUE = body_of("cta.opened", {"id": 1, "title": {"en": "A promise is overdue", "zh": "承诺已逾期"}}, 1_780_000_000)


@pytest.mark.parametrize(
    ("secret", "delivery", "at_s", "body", "signature"),
    [
        (  # the example that the specification's reference libraries test with
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330,
            '{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        # recorded from the release that signed with code of its own
        (SECRET, "7", 1_780_000_000, OVERDUE, "v1,yWctRSclFZDG/1hF5KWhN825gnrP9oMhsCzwCRlN+xM="),
        (
            secret_text(b"k" * 32), "900001", 1_780_021_600, body_of("ping", {"by": "admin"}, 1_780_000_000),
            "v1,aN+g5nJni+BHZK9aCA6D2SL5QNtfZegJxEPswrIzbIU=",
        ),
        ("whsec_aw==", "1", 0, "", "v1,Kz+RmzvvMcYrjx9rGHbfUAtt6/OnJIDdmXMjxN7mZM0="),
    ],
)  # fmt: skip
def test_a_signature_is_the_bytes_that_it_always_was(secret, delivery, at_s, body, signature):
    assert headers_of(secret, delivery, at_s, body) == {
        "Content-Type": "application/json",
        "User-Agent": "fleetward-collector",
        "webhook-id": delivery,
        "webhook-timestamp": str(at_s),
        "webhook-signature": signature,
    }


@given(st.binary(min_size=1, max_size=64), st.integers(1, 10**12), st.integers(0, 2**33), st.text())
def test_a_signature_is_the_hmac_that_the_documents_state(key, delivery, at_s, body):
    try:
        signed = f"{delivery}.{at_s}.{body}".encode()
    except UnicodeEncodeError:  # half of a surrogate pair is in no JSON that we make
        return
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers_of(secret_text(key), str(delivery), at_s, body)["webhook-signature"] == f"v1,{wanted}"


def test_a_receivers_library_refuses_an_old_try():
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify("{}", headers_of(SECRET, "7", 1_000, "{}"))
