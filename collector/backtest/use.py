"""Total use among peers, the plainest thing that the score has to beat. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping
from typing import TypeVar

PEERS_MIN = 20  # accounts of a scene; fewer: use is ranked among all
Key = TypeVar("Key", bound=Hashable)


def use_percentiles(totals: Mapping[Key, tuple[str, float]]) -> dict[Key, float]:
    """Of (scene, total): the share of peers that counted less; equals count half."""
    of_scene: dict[str, list[float]] = {}
    for scene, total in totals.values():
        of_scene.setdefault(scene, []).append(total)
    everybody = sorted(total for _, total in totals.values())
    peers = {scene: sorted(found) if len(found) >= PEERS_MIN else everybody for scene, found in of_scene.items()}
    return {
        key: (bisect_left(peers[scene], total) + bisect_right(peers[scene], total)) / 2 / len(peers[scene])
        for key, (scene, total) in totals.items()
    }
