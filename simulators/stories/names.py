"""What the people at the customers are called: made-up names, the same for the same place and role. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

_LATIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sponsor": ("Chen Jianhua", "Zhou Yan", "Helena Brandt", "Liang Zhiming", "Marco Weiss", "Gu Xiaolan"),
        "champion": ("Lin Na", "Wang Fang", "Tomas Novak", "Xu Jing", "Sara Lindholm", "He Rui", "Deng Li"),
        "operator": ("Sun Qiang", "Li Juan", "Pavel Horak", "Ma Chao", "Ines Duarte", "Tang Wei", "Guo Min"),
        "finance": ("Qian Yu", "Ruth Keller", "Feng Bo", "Song Ping", "Jiang Tao"),
    }
)
_HAN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sponsor": ("陈建华", "周岩"),
        "champion": ("林娜", "许静"),
        "operator": ("孙强", "马超"),
        "finance": ("钱玉", "冯波"),
    }
)
TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "sponsor": ("Director", "馆长"),
        "champion": ("Head of visitor services", "客户服务主管"),
        "operator": ("Floor supervisor", "现场主管"),
        "finance": ("Accounts payable", "应付会计"),
    }
)


def person(account: str, called: str, role: str) -> tuple[str, str]:
    """Name and title of who has that role at an account; in Chinese characters where the account is `called` so."""
    is_han = any("\u4e00" <= letter <= "\u9fff" for letter in called)
    some = (_HAN if is_han else _LATIN)[role]
    return some[sum(account.encode()) % len(some)], TITLES[role][is_han]
