"""Fuzz target (atheris): no datagram breaks the StatsD reader, and what it counts can be counted.

python -m tests.fuzz.fuzz_statsd -max_total_time=120
"""

import sys

import atheris

with atheris.instrument_imports(include=["edge_agent"]):
    from edge_agent.counting.readings import Increment
    from edge_agent.sources.names import NameRefused
    from edge_agent.sources.statsd import Interpreter, Options
    from edge_agent.sources.statsd_lines import read_packet

OPTIONS = Options(counters={"*": "guided_tour", "a,b:c": "wake_up"}, strip="x.")


def one_input(data: bytes) -> None:
    interpreter = Interpreter(OPTIONS)
    packet = read_packet(data)
    assert all(reason.isprintable() for reason in packet.refused)
    for sample in packet.samples:
        try:
            reading = interpreter.read(sample)
        except NameRefused:
            continue
        assert reading is None or not isinstance(reading, Increment) or 0 < reading.amount <= 2**54


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
