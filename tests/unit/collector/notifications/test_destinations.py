"""Where nothing is ever sent."""

import pytest

from collector.notifications import destinations


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "169.254.169.254", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "::127.0.0.1", "::10.0.0.1", "2002:7f00:1::", "no address",
        "::ffff:0:7f00:1", "::ffff:0:10.0.0.1", "2001:db8::5efe:7f00:1", "2606:2800::200:5efe:a00:1",
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
        "https://[::ffff:0:7f00:1]/", "https://..com/", "https://example..com/", "https://%31%32%37.0.0.1/",
        "https://example.com../", "https://-a.com/", "https://a$b.com/", f"https://{'a' * 64}.com/",
    ],
)  # fmt: skip
def test_a_url_that_does_not_lead_to_a_public_host_over_https_is_refused(url):
    assert destinations.url_complaint(url, private=False)


def test_a_url_of_a_public_host_is_taken():
    assert destinations.url_complaint("https://hooks.example.com:8443/x?y=1", private=False) is None
    assert destinations.url_complaint("https://a_b.xn--exmple-cua.com./", private=False) is None
    assert destinations.url_complaint("https://[2606:2800:220:1:248:1893:25c8:1946]/", private=False) is None
    assert destinations.url_complaint("http://10.0.0.5:8000/", private=True) is None
    assert destinations.url_complaint("http://receiver:8000/", private=True) is None
    assert destinations.url_complaint("http://169.254.169.254/", private=True)
