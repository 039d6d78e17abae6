"""Where a request comes from, behind proxies too, and which names it may ask for."""

import ipaddress
from collections.abc import Collection, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_IPV6_SITE_BITS = 64  # what one customer of a provider has: an address of it is not another stranger


def networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.1, 192.168.0.0/16` as networks. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_of(peer: str, forwarded: Sequence[str], trusted: Collection[Network]) -> str:
    """The right-most address of X-Forwarded-For that no trusted proxy has; what a stranger wrote stands left of it."""
    last = peer
    hops = [part.strip() for line in forwarded for part in line.split(",")]
    while _among(last, trusted) and hops:
        hop = hops.pop()
        if _address(hop) is None:
            break
        last = hop
    return last


def throttled_by(client: str) -> str:
    """What an address is limited by: itself, or its IPv6 site."""
    address = _address(client)
    if address is None or address.version == 4:  # noqa: PLR2004 - the protocol's number
        return client
    return str(ipaddress.ip_network(f"{address}/{_IPV6_SITE_BITS}", strict=False))


def host_allowed(host: str, names: Collection[str]) -> bool:
    """Whether a Host header is an address or one of our names. Another name may be a stranger's that points here."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    return _address(name) is not None or name.lower().rstrip(".") in names


def _among(text: str, trusted: Collection[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in trusted if network.version == address.version)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
