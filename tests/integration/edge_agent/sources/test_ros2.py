"""The diagnostics source against a simulated rosbridge on a real websocket."""

import pytest

from edge_agent.counting.readings import Conditions
from edge_agent.sources.ros2 import Options, Ros2
from simulators.rosbridge import Rosbridge, Tree, listening
from tests.sources import Sink, around, running, until


def scopes(sink):
    return [r for r in sink.readings if isinstance(r, Conditions)]


def silent(sink):
    return "diagnostics_silent" in sink.open_conditions()


async def test_it_subscribes_once_throttled_and_hears_the_tree(tmp_path):
    bridge, sink = Rosbridge(Tree(1)), Sink()
    async with listening(bridge) as url, running(Ros2("ros2", Options(url=url), around(tmp_path)), sink):
        await until(lambda: len(scopes(sink)) >= 10)
    assert bridge.connections == 1
    (subscription,) = bridge.subscriptions
    assert subscription["topic"] == "/diagnostics_agg"
    assert subscription["throttle_rate"] >= 1000
    assert not silent(sink)
    assert not sink.refused
    assert any(scope.active for scope in scopes(sink))


@pytest.mark.parametrize("fault", ["truncated", "nan", "binary", "status"])
async def test_rubbish_is_counted_and_the_rest_goes_on(tmp_path, fault):
    bridge, sink = Rosbridge(Tree(2), faults=["none", fault, "none"]), Sink()
    async with listening(bridge) as url, running(Ros2("ros2", Options(url=url), around(tmp_path)), sink):
        await until(lambda: len(scopes(sink)) >= 3)
    assert sink.refused == 1
    assert bridge.connections == 1


async def test_connected_but_silent_is_stale_and_never_healthy(tmp_path):
    """What was wrong stays open meanwhile, and the silent bridge is connected anew."""
    bridge, sink = Rosbridge(Tree(3), every_s=0.02, faults=["none"] * 30 + ["silent"] * 45), Sink()
    async with listening(bridge) as url:
        source = Ros2("ros2", Options(url=url, silent_s=0.2, reconnect_s=0.6), around(tmp_path))
        async with running(source, sink):
            await until(lambda: silent(sink))
            before = sink.open_conditions()
            assert before >= {c.code for c in scopes(sink)[-1].active}
            await until(lambda: bridge.connections >= 2 and not silent(sink))


@pytest.mark.parametrize("fault", ["hang_up", "oversize"])
async def test_a_lost_connection_comes_back(tmp_path, fault):
    bridge, sink = Rosbridge(Tree(4), every_s=0.02, faults=["none", fault]), Sink()
    async with listening(bridge) as url, running(Ros2("ros2", Options(url=url), around(tmp_path)), sink):
        await until(lambda: silent(sink))
        await until(lambda: bridge.connections == 2 and not silent(sink))


async def test_a_bridge_that_is_not_there_is_a_condition(tmp_path):
    sink = Sink()
    async with running(Ros2("ros2", Options(url="ws://127.0.0.1:9/"), around(tmp_path)), sink):
        await until(lambda: silent(sink))
