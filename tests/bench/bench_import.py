"""Tables into the ledger: 10,000 accounts and contracts, a preview, an undo, a large file; both databases."""

import io
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import bringing, undoing
from collector.exchange.imports.arriving import fill
from collector.exchange.imports.bringing import Sent
from collector.exchange.imports.facts import ReadingOptions
from collector.exchange.imports.results import ImportResult
from collector.exchange.imports.tray import Tray
from collector.store.engine import Store, open_store
from tests.databases import fresh_database, postgresql_programs, private_postgresql
from tests.plain_facts import BASE
from tests.policies import FACT_RULES

ACCOUNTS = 10_000
NOW = 1_780_000_000
LARGE_BYTES = 200_000_000
TARGET_S = 30
_PEAK = """import resource, sys
from collector.__main__ import main
from tests.policies import FACT_RULES
try:
    main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def accounts_csv(count: int) -> bytes:
    """Accounts as a CRM writes them: Chinese headings, GBK, amounts with signs, days in two styles."""
    chance = random.Random(3)
    lines = ["客户编号,客户名称,行业,场景,地区,时区,潜力金额,签约日期,备注"]
    for n in range(count):
        day = f"2025年{n % 12 + 1}月{n % 28 + 1}日" if n % 2 else f"2025/{n % 12 + 1}/{n % 28 + 1}"
        potential = f'"￥{chance.randrange(1_000, 900_000):,}.50"'
        lines.append(f"C-{n},客户{n},餐饮,hotel,华东,Asia/Shanghai,{potential},{day},第{n}个客户")
    return ("\n".join(lines) + "\n").encode("gbk")


def contracts_csv(count: int) -> bytes:
    lines = ["id,account,starts,ends,signed_day,currency,auto_renews"]
    lines += [f"HT-{n},C-{n},2025-0{n % 9 + 1}-01,2026-0{n % 9 + 1}-01,2025-01-01,CNY,yes" for n in range(count)]
    return ("\n".join(lines) + "\n").encode()


def brought(
    store: Store, kind: str, content: bytes, now_s: int, *, preview: bool = False
) -> tuple[ImportResult, float]:
    """What an import says, and its seconds from bytes to commit."""
    began_s = time.perf_counter()
    with Tray(KINDS[kind]) as tray:
        digest = fill(tray, io.BytesIO(content), ReadingOptions(BASE))
        sent = Sent("bench.csv", digest, "bench", now_s, FACT_RULES, now_s // 86_400)
        if preview:
            with store.read() as connection:
                done = bringing.preview(connection, tray, sent)
        else:
            with store.write() as connection:
                done = bringing.bring(connection, tray, sent)
    assert not done.refused, done.problems
    return done, time.perf_counter() - began_s


def of_store(store: Store) -> list[dict[str, Any]]:
    content = accounts_csv(ACCOUNTS)
    preview, preview_s = brought(store, "account", content, NOW, preview=True)
    first, first_s = brought(store, "account", content, NOW)
    again, again_s = brought(store, "account", content, NOW + 1)
    contracts, contracts_s = brought(store, "contract", contracts_csv(ACCOUNTS), NOW + 2)
    assert (preview.created, first.created, again.unchanged, contracts.created) == (ACCOUNTS,) * 4
    began_s = time.perf_counter()
    with store.write() as connection:
        undone = undoing.undo(connection, contracts.import_id or 0, "bench", NOW + 3)
    undo_s = time.perf_counter() - began_s
    assert isinstance(undone, undoing.Undone)
    figures = (
        ("accounts imported", first_s), ("the same file again", again_s), ("its preview", preview_s),
        ("contracts imported", contracts_s), ("contracts undone", undo_s),
    )  # fmt: skip
    return [
        {
            "name": f"{store.dialect}: {ACCOUNTS:,} {what}",
            "value": round(seconds, 2),
            "unit": "s",
            "target": f"≤ {TARGET_S}",
            "met": seconds <= TARGET_S,
        }
        for what, seconds in figures
    ]


def large_csv(path: Path) -> None:
    """Touches with long notes: more bytes than a spreadsheet likes, fewer rows than the limit."""
    note = "客户说机器人走得太慢" * 390
    with path.open("w", encoding="utf-8") as file:
        file.write("id,account,day,direction,channel,summary\n")
        n = 0
        while file.tell() < LARGE_BYTES:
            file.write(f"T-{n},C-{n % ACCOUNTS},2026-05-01,out,phone,{note}\n")
            n += 1


def of_large_file(store_url: str, folder: Path) -> list[dict[str, Any]]:
    """A 200 MB file through the command in a process of its own: seconds and peak of resident memory."""
    path = folder / "touches.csv"
    large_csv(path)
    words = [sys.executable, "-c", _PEAK, "import", "touches", str(path), "--store", store_url]
    began_s = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began_s
    assert "created" in done.stdout, done.stderr[-2000:]
    peak_mb = int(done.stderr.strip().splitlines()[-1]) / 1024
    return [
        {"name": f"a file of {path.stat().st_size / 1e6:.0f} MB imported", "value": round(seconds, 1), "unit": "s"},
        {"name": "its peak of memory", "value": round(peak_mb), "unit": "MB", "target": "≤ 500", "met": peak_mb <= 500},
    ]


def run() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/fleet.db"
        store = open_store(url)
        rows += of_store(store)
        store.close()
        rows += of_large_file(url, Path(folder))
    if postgresql_programs() is not None:
        with private_postgresql() as server, fresh_database(server) as url:
            store = open_store(url)
            rows += of_store(store)
            store.close()
    return rows
