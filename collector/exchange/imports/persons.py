"""A person's name of two columns. Pure.

Eastern names have the family's name first, without a space. Which column holds it, the name itself says where it can:
many files have a Chinese family's name under "First Name", because it comes first.
"""

import re

_EASTERN = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U0003ffff々ぁ-ゖァ-ヺー가-힣·・]+")
_OF_FAMILIES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范廖石金韦贾夏付傅方"
    "白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "張劉陳楊黃趙吳孫馬羅鄭梁謝許韓馮鄧曾蕭葉蘇呂盧鐘鍾譚陸賈鄒龍顧賀龔萬錢嚴戴湯閻魏"
) | frozenset(
    ("欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "长孙", "宇文", "司徒",
     "端木", "东方")
)  # fmt: skip


def joined(given: str | None, family: str | None) -> str | None:
    """One name of two, in the order of its language."""
    if not given or not family:
        return given or family
    if not _EASTERN.fullmatch(given + family):
        return f"{given} {family}"
    are_swapped = given in _OF_FAMILIES and family not in _OF_FAMILIES
    return given + family if are_swapped else family + given
