"""What the agent costs its robot: memory, CPU, bytes to disk, beside thingsboard-gateway in the same minutes.

Both sample this machine every 10 s and talk to a Mosquitto of their own on loopback. The gateway runs its own
statistics with SQLite storage and no connector, so its figures are a lower bound of what it costs in use.
It is installed into bench-results/peers on the first run. `FLEETWARD_BENCH_MINUTES` (default 15, one upload with
three windows) is how long both are watched after a minute in which start-up settles; a day is scaled from that.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import Absent
from tests.brokers import BINARY, Mosquitto, free_port

MINUTES = float(os.environ.get("FLEETWARD_BENCH_MINUTES", "15"))
SETTLE_S = 60.0
PEERS = Path("bench-results/peers")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    rss_mib: float
    cpu_s: float
    written_bytes: int


def usage(pid: int) -> Usage:
    """What a process has used until now."""
    status = Path(f"/proc/{pid}/status").read_text()
    rss_kib = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    io = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return Usage(rss_kib / 1024, (int(fields[11]) + int(fields[12])) / CLOCK_TICKS, int(io["write_bytes"]))


def run() -> list[dict[str, Any]]:
    if not Path(BINARY).exists():
        raise Absent("Mosquitto is missing: apt-get install mosquitto")
    folder = PEERS.parent / "agent"
    shutil.rmtree(folder, ignore_errors=True)
    brokers = [Mosquitto(folder / name).start() for name in ("ours", "theirs")]
    gateway = _gateway(folder / "gateway", brokers[1].port)
    agent = _agent(folder / "state", brokers[0].url)
    processes = [p for p in (agent, gateway) if p is not None]
    try:
        time.sleep(SETTLE_S)
        settled = [usage(p.pid) for p in processes]
        time.sleep(MINUTES * 60)
        end = [usage(p.pid) for p in processes]
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)
        for broker in brokers:
            broker.stop()
    return _rows(settled, end)


def _rows(settled: list[Usage], end: list[Usage]) -> list[dict[str, Any]]:
    def figures(number: int) -> tuple[float, float, float]:
        a, b = settled[number], end[number]
        per_day = (b.written_bytes - a.written_bytes) / 1e6 * (24 * 60 / MINUTES)
        return b.rss_mib, (b.cpu_s - a.cpu_s) / MINUTES, per_day

    ours, theirs = figures(0), figures(1) if len(end) > 1 else (None, None, None)
    names = (
        ("agent memory, default sources every 10 s", "MiB RSS", 36.0),
        ("agent CPU", "CPU-s per minute", 0.06),
        ("agent bytes written, scaled", "MB per day", 5.0),
    )
    rows: list[dict[str, Any]] = []
    for (name, unit, reach), value, peer in zip(names, ours, theirs, strict=True):
        row = {"name": name, "value": value, "unit": unit, "target": f"≤ {reach:g}", "met": value <= reach}
        if peer:
            row |= {"baseline": f"thingsboard-gateway {peer:.3g}", "ratio": value / peer}
        rows.append(row)
    growth_mib = end[0].rss_mib - settled[0].rss_mib
    rows.append({"name": "agent memory growth while watched", "value": growth_mib, "unit": "MiB", "target": "flat"})
    return rows


def _agent(state: Path, url: str) -> "subprocess.Popen[bytes]":
    state.mkdir(parents=True)
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("EDGE_AGENT_")},
        "EDGE_AGENT_STATE_DIR": str(state),
        "EDGE_AGENT_MQTT_URL": url,
        "EDGE_AGENT_ROBOT": "bench-robot",
        "EDGE_AGENT_CONFIG": str(state / "agent.toml"),
    }
    # the defaults, on a port of its own: another agent may run on this machine
    (state / "agent.toml").write_text(f"[sources.statsd]\nport = {free_port()}\n")
    with (state.parent / "agent.log").open("wb") as log:
        return subprocess.Popen(
            [shutil.which("edge-agent", path=Path(sys.executable).parent) or "edge-agent", "run"],
            env=env,
            stdout=log,
            stderr=log,
        )


def _gateway(folder: Path, port: int) -> "subprocess.Popen[bytes] | None":
    """The gateway against its own broker; None when the package cannot be installed here."""
    binary = PEERS / "bin" / "thingsboard-gateway"
    if not binary.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        pip = subprocess.run([PEERS / "bin" / "pip", "install", "-q", "thingsboard-gateway"], check=False)
        if pip.returncode:
            return None
    shipped = next(PEERS.glob("lib/python*/site-packages/thingsboard_gateway/config"))
    config = folder / "config"
    shutil.copytree(shipped / "statistics", config / "statistics")
    shutil.copy(shipped / "logs.json", config)
    (folder / "logs").mkdir()
    settings = json.loads((shipped / "tb_gateway.json").read_text())
    settings["thingsboard"] |= {
        "host": "127.0.0.1",
        "port": port,
        "remoteConfiguration": False,
        "security": {"type": "accessToken", "accessToken": "bench"},
        "statistics": {"enable": True, "statsSendPeriodInSeconds": 10, "customStatsSendPeriodInSeconds": 3600},
    }
    settings["storage"] = {
        "type": "sqlite",
        "data_file_path": "./data/data.db",
        "messages_ttl_in_days": 7,
        "messages_ttl_check_in_hours": 1,
        "max_read_records_count": 1000,
    }
    (config / "tb_gateway.json").write_text(json.dumps(settings))
    env = {**os.environ, "TB_GW_CONFIG_DIR": str(config.resolve())}
    with (folder / "out.log").open("wb") as log:
        return subprocess.Popen([str(binary.resolve())], cwd=folder, env=env, stdout=log, stderr=log)
