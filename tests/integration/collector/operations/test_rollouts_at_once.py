"""Two collectors of one store that begin a rollout at one moment."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

from collector.operations import rollouts
from collector.operations.rollouts import RolloutWish
from collector.skillstore.rollouts import keeping
from collector.values.refusal import Refused
from tests.rollout_stores import NEW, Fleet

WISH = RolloutWish(
    skill="guide", digest=NEW, version="2.0", percents=(40, 100), wave_days=3, uses=("guided_tour",), rise=3.0,
    fall=0.4, renewal_freeze_days=60,
)  # fmt: skip


def test_of_two_rollouts_of_a_skill_that_are_started_at_one_moment_one_is_refused(store, monkeypatch):
    """Both look for an open one before either has begun, as far as the store lets them."""
    fleet = Fleet(store, accounts=2, per_account=3).made()
    both, look = threading.Barrier(2), keeping.listed

    def looked(connection, *more):
        found = look(connection, *more)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # the second looks when the first is done
        return found

    monkeypatch.setattr(keeping, "listed", looked)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: rollouts.start_rollout(fleet.context, WISH), range(2)))
    assert sorted(isinstance(one, Refused) for one in answers) == [False, True]
