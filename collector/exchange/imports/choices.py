"""What a choice may be written as in English and Chinese, beside its own word. Pure."""

from collections.abc import Mapping

from collector.exchange.imports.headings import folded

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "zh": ("中文", "汉语"),
    "en": ("英文", "英语"),
    "ja": ("日文", "日语"),
    "ko": ("韩文", "韩语"),
    "de": ("德文", "德语"),
    "fr": ("法文", "法语"),
    "es": ("西班牙文", "西班牙语"),
    "in": ("来", "呼入", "来访", "客户主动", "inbound"),
    "out": ("去", "外呼", "主动", "我方主动", "outbound"),
    "visit": ("拜访", "上门", "现场"),
    "phone": ("电话", "call"),
    "video": ("视频", "视频会议"),
    "email": ("邮件", "e-mail"),
    "chat": ("微信", "企业微信", "聊天", "钉钉", "飞书"),
    "survey": ("问卷", "调查"),
    "event": ("活动",),
    "other": ("其他", "其它"),
    "yes": ("是", "有", "已回复", "y", "true", "√"),
    "no": ("否", "无", "未回复", "n", "false", "×"),
    "auto": ("自动", "自动回复"),
    "planned": ("计划内", "计划"),
    "data_driven": ("数据驱动",),
    "reactive": ("被动", "响应"),
    "sponsor": ("决策人", "赞助人", "老板"),
    "champion": ("支持者", "推动者"),
    "admin": ("管理员",),
    "operator": ("操作员", "使用者"),
    "finance": ("财务",),
    "service": ("服务", "服务费"),
    "opk": ("技能包",),
    "hardware": ("硬件",),
    "project": ("项目",),
    "pending": ("待定", "进行中", "未定"),
    "renewed": ("已续费", "续费", "已续约", "续约"),
    "partial": ("部分续费", "部分续约"),
    "lost": ("流失", "丢失", "未续费", "未续约", "失败"),
    "contacted": ("已联系",),
    "reviewed": ("已复盘",),
    "proposed": ("已报价", "已提案"),
    "negotiated": ("已谈判",),
    "agreed": ("已同意",),
    "signed": ("已签约", "已签"),
    "upsell": ("增购", "加购"),
    "referral": ("转介绍", "推荐"),
    "open": ("进行中", "打开"),
    "won": ("赢单", "成交"),
    "sales": ("销售",),
    "marketing": ("市场",),
    "success": ("客户成功",),
    "delivery": ("交付",),
    "low": ("低",),
    "normal": ("普通", "中", "一般", "medium"),
    "urgent": ("紧急", "高", "high", "critical"),
    "reference": ("背书",),
    "case": ("案例",),
    "certificate": ("证书", "证明"),
    "accepted": ("接受", "同意"),
    "declined": ("拒绝",),
    "withdrawn": ("撤回",),
    "competitor": ("竞品", "竞争对手"),
    "data_export": ("导出数据",),
    "config_edit": ("修改配置",),
    "update_declined": ("拒绝升级",),
    "skill_uninstalled": ("卸载技能",),
    "reorganisation": ("组织变动",),
    "qbr": ("季度回顾", "季度复盘"),
    "health_check": ("健康检查", "巡检"),
    "best_practice": ("最佳实践",),
    "site_visit": ("现场走访",),
    "period": ("全期", "期间"),
    "day": ("日", "天"),
    "robot_day": ("台日", "机器人日"),
    "signing": ("签约",),
    "activation": ("启动",),
    "growth": ("成长",),
    "maturity": ("成熟",),
    "decline": ("衰退",),
    "renewal": ("续费", "续约"),
    "churn": ("流失",),
    "cap": ("上限",),
    "floor": ("下限",),
    "account_opened": ("开通账号",),
    "basic_configuration": ("基础配置",),
    "map": ("建图", "地图"),
    "points": ("点位",),
    "home_page": ("首页",),
    "solicitation_phrases": ("揽客语",),
    "welcome_phrases": ("欢迎语",),
    "leading": ("引领",),
    "scene": ("场景",),
    "conversion": ("转化",),
    "satisfaction": ("满意度",),
    "text": ("文本",),
    "number": ("数字",),
    "date": ("日期",),
    "choice": ("单选", "选择"),
    "account": ("客户",),
    "site": ("场地",),
    "contact": ("联系人",),
    "contract": ("合同",),
    "deployment": ("机器人部署",),
}


LANGUAGES = ("zh", "en", "ja", "ko", "de", "fr", "es")
"""Those with a name here; any other is written by its tag."""


def choice_of(text: str, choices: tuple[str, ...]) -> str | None:
    """The choice that a cell means: its own word, or one of its names in English or Chinese."""
    wanted = folded(text)
    for choice in choices:
        if wanted == folded(choice) or any(wanted == folded(name) for name in _CHOICES.get(choice, ())):
            return choice
    return None


def shown_choice(choice: str) -> str:
    """`out 去` as the guide of a template shows it."""
    names = _CHOICES.get(choice, ())
    return f"{choice} {names[0]}" if names else choice
