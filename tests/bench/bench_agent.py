"""What the agent costs its robot: memory, CPU, bytes to disk, beside thingsboard-gateway in the same minutes.

Both sample this machine every 10 s and talk to a Mosquitto of their own on loopback. The gateway runs its own
statistics with SQLite storage and no connector, so its figures are a lower bound of what it costs in use.
It is installed into bench-results/peers on the first run. `FLEETWARD_BENCH_MINUTES` (default 15, one upload with
three windows) is how long all are watched after a minute in which start-up settles; a day is scaled from that.
A second agent is told a count by StatsD each second: what is pushed costs the flash a commit each `checkpoint_s`.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.sources import DEFAULT
from tests.bench import Absent
from tests.brokers import BINARY, Mosquitto, free_port
from tests.collectors import TinyCollector

MINUTES = float(os.environ.get("FLEETWARD_BENCH_MINUTES", "15"))
SETTLE_S = 60.0
PUSHED_MAX_MB = 8.0
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


def with_bytecode(folder: Path) -> dict[str, str]:
    """What an agent is started with to find its bytecode, as pip's install gives it.

    Compiled at its start it holds 5 MiB more for as long as it runs.
    """
    environ = {"PYTHONPYCACHEPREFIX": str(folder.resolve()), "PYTHONDONTWRITEBYTECODE": ""}
    modules = ", ".join(["edge_agent.__main__", "edge_agent.app", *(f"edge_agent.sources.{name}" for name in DEFAULT)])
    subprocess.run([sys.executable, "-c", f"import {modules}"], env=os.environ | environ, check=True)
    return environ


def run() -> list[dict[str, Any]]:
    if not Path(BINARY).exists():
        raise Absent("Mosquitto is missing: apt-get install mosquitto")
    folder = PEERS.parent / "agent"
    shutil.rmtree(folder, ignore_errors=True)
    brokers = [Mosquitto(folder / name).start() for name in ("ours", "theirs")]
    collector = TinyCollector(brokers[0].port).start()
    port = free_port()
    bytecode = with_bytecode(folder / "bytecode")
    agents = [
        _agent(folder / "quiet", brokers[0].url, free_port(), bytecode),
        _agent(folder / "pushed", brokers[0].url, port, bytecode),
    ]
    gateway = _gateway(folder / "gateway", brokers[1].port)
    processes = [*agents, *([gateway] if gateway else [])]
    try:
        _push(port, SETTLE_S)
        settled = [usage(p.pid) for p in processes]
        _push(port, MINUTES * 60)
        end = [usage(p.pid) for p in processes]
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)
        collector.stop()
        for broker in brokers:
            broker.stop()
    return [*_rows([settled[0], *settled[2:]], [end[0], *end[2:]]), _pushed_row(settled[1], end[1])]


def _push(port: int, seconds: float) -> None:
    """One count by StatsD each second, for so long."""
    end_s = time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while time.monotonic() < end_s:
            sender.sendto(b"guided_tour:1|c", ("127.0.0.1", port))
            time.sleep(1)


def _pushed_row(settled: Usage, end: Usage) -> dict[str, Any]:
    value = _a_day(settled, end)
    name = "agent bytes written, StatsD at 1 Hz, scaled"
    return {"name": name, "value": value, "unit": "MB per day", "target": "≤ 8", "met": value <= PUSHED_MAX_MB}


def _a_day(settled: Usage, end: Usage) -> float:
    """MB written."""
    return (end.written_bytes - settled.written_bytes) / 1e6 * (24 * 60 / MINUTES)


def _rows(settled: list[Usage], end: list[Usage]) -> list[dict[str, Any]]:
    def figures(number: int) -> tuple[float, float, float]:
        a, b = settled[number], end[number]
        return b.rss_mib, (b.cpu_s - a.cpu_s) / MINUTES, _a_day(a, b)

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


def _agent(state: Path, url: str, statsd_port: int, bytecode: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    state.mkdir(parents=True)
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("EDGE_AGENT_")},
        **bytecode,
        "EDGE_AGENT_STATE_DIR": str(state),
        "EDGE_AGENT_MQTT_URL": url,
        "EDGE_AGENT_ROBOT": f"bench-{state.name}",
        "EDGE_AGENT_CONFIG": str(state / "agent.toml"),
    }
    # the defaults, on a port of its own: another agent may run on this machine
    (state / "agent.toml").write_text(f"[sources.statsd]\nport = {statsd_port}\n")
    with (state.parent / f"{state.name}.log").open("wb") as log:
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
