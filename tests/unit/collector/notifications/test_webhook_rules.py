"""A delivery's signature, its next try, and where nothing is ever sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.notifications import destinations, webhook_rules
from collector.notifications.webhook_rules import DELAY_MAX_S, FIRST_DELAY_S, delay_s, headers_of, is_genuine, signature

SECRET = webhook_rules.secret_text(bytes(range(32)))


def test_a_signature_is_the_one_of_the_specification():
    """The example that the specification's reference libraries test with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = '{"test": 2432232314}'
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_receiver_refuses_what_was_changed_or_is_old():
    headers = headers_of(SECRET, "7", 1_000, "{}")
    assert is_genuine(SECRET, headers, "{}", 1_000 + 299)
    assert not is_genuine(SECRET, headers, "{ }", 1_000)
    assert not is_genuine(SECRET, headers, "{}", 1_000 + 301)
    assert not is_genuine(SECRET, {**headers, "webhook-id": "8"}, "{}", 1_000)
    assert not is_genuine(webhook_rules.secret_text(b"another"), headers, "{}", 1_000)
    assert not is_genuine(SECRET, {}, "{}", 1_000)


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_each_wait_is_between_half_of_the_doubled_one_and_all_of_it(tries, chance):
    full = min(DELAY_MAX_S, FIRST_DELAY_S * 2 ** (tries - 1))
    assert full / 2 <= delay_s(tries, chance) <= full


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "169.254.169.254", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::", "no address",
    ],
)  # fmt: skip
def test_an_address_of_ones_own_networks_is_not_connected_to(address):
    assert not destinations.may_connect(address, private=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_a_public_address_is(address):
    assert destinations.may_connect(address, private=False)


def test_the_setting_opens_private_networks_and_never_the_clouds_metadata():
    assert destinations.may_connect("127.0.0.1", private=True)
    assert destinations.may_connect("10.1.2.3", private=True)
    assert not destinations.may_connect("169.254.169.254", private=True)
    assert not destinations.may_connect("::ffff:169.254.169.254", private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://", "https://localhost/", "https://collector/",
        "https://printer.local/", "https://metadata.google.internal/", "https://127.0.0.1/", "https://[::1]/",
        "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://me:secret@example.com/",
        "https://example.com:99999/", "https://exämple.com/", "https://example.com/a b", "javascript:alert(1)", "",
        "https://example.com/" + "a" * 3_000, "https://localhost./",
    ],
)  # fmt: skip
def test_a_url_that_does_not_lead_to_a_public_host_over_https_is_refused(url):
    assert destinations.url_complaint(url, private=False)


def test_a_url_of_a_public_host_is_taken():
    assert destinations.url_complaint("https://hooks.example.com:8443/x?y=1", private=False) is None
    assert destinations.url_complaint("http://10.0.0.5:8000/", private=True) is None
    assert destinations.url_complaint("http://169.254.169.254/", private=True)
