"""Where the collector may send on its own: public addresses over HTTPS, unless a setting opens the private networks.

Pure. Whoever may add a webhook could else make the collector ask what only it can reach (its own ports, the cloud's
metadata). The address is judged when a destination is added, and every resolved address again when it is used.
"""

import ipaddress
import re
from urllib.parse import urlsplit

URL_MAX_CHARS = 2_000
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215: into whatever network an operator chose
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291, not in use any more
_IPV4_TRANSLATED = ipaddress.IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_ISATAP = frozenset({0x5EFE, 0x0200_5EFE})  # RFC 5214: the third quarter of the address, before the IPv4 one
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_LOCAL_NAMES = ("localhost", "localhost.localdomain")
_LOCAL_ENDS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def may_connect(address: str, *, private: bool) -> bool:
    """Whether a resolved address may be connected to. Link-local ones (the cloud's metadata) never are."""
    try:
        found = _inner(ipaddress.ip_address(address.split("%", maxsplit=1)[0]))
    except ValueError:
        return False
    if found.is_link_local or found.is_multicast or found.is_unspecified:
        return False
    return private or (found.is_global and found not in _NAT64_LOCAL)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one carries, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address.teredo is not None:
            return address.teredo[1]
        if address in _IPV4_TRANSLATED or int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if address in _NAT64 or (address in _IPV4_COMPATIBLE and int(address) > 1):  # :: and ::1 are its own
            return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def host_complaint(host: str, *, private: bool) -> str | None:
    """Why nothing is sent to this host, as far as its name tells; None: nothing against it."""
    bare = host.strip("[]").removesuffix(".").lower()
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        if not _NAME.fullmatch(bare):
            return f"{host[:80]} is no name of a host"
        is_local = bare in _LOCAL_NAMES or bare.endswith(_LOCAL_ENDS) or "." not in bare
        looks_like_a_number = bare.replace(".", "").isdecimal() or bare.startswith("0x")  # 127.1, 0x7f000001
        if looks_like_a_number or (is_local and not private):
            return f"{host[:80]} is not a public host"
        return None
    return None if may_connect(bare, private=private) else f"{host[:80]} is not a public address"


REMEDY = (
    "give an https:// address of a public host, or start the collector with deliver_to_private_networks = true"
    " when the receiver stands in your own network"
)


def url_complaint(url: str, *, private: bool) -> str | None:
    """Why nothing is posted to this URL; None: nothing against it. The remedy is REMEDY."""
    if len(url) > URL_MAX_CHARS or not url.isascii() or any(c.isspace() for c in url):
        return "the address is too long, or holds spaces or letters outside ASCII"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "this is no address"
    if parts.scheme not in {"https", "http"} or not host:
        return "the address does not begin with https://"
    if parts.scheme == "http" and not private:
        return "http:// can be read and changed on the way"
    if parts.username or parts.password:
        return "the address holds a password; deliveries are signed instead"
    return host_complaint(host, private=private)
