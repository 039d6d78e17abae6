"""Maps: points with their coordinates in metres. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Point = tuple[float, float]
DOCK = "dock"


@dataclass(frozen=True, slots=True)
class FloorMap:
    """What a robot has on its map; every place has a dock."""

    key: str
    points: Mapping[str, Point]

    def metres(self, here: Point, there: Point) -> float:
        return round(math.dist(here, there), 2)


_HALL = {DOCK: (0.0, 0.0), "entrance": (4.0, 0.0), "stop-1": (10.0, 4.0), "stop-2": (16.0, 4.0), "stop-3": (16.0, 12.0),
         "stop-4": (8.0, 12.0), "stop-5": (3.0, 8.0)}  # fmt: skip
_RESTAURANT = {DOCK: (0.0, 0.0), "kitchen": (2.0, 1.0), "entrance": (12.0, 0.0),
               **{f"table-{n}": (4.0 + 3.0 * (n % 4), 4.0 + 4.0 * (n // 4)) for n in range(1, 9)}}  # fmt: skip
PLACES: Mapping[str, FloorMap] = MappingProxyType(
    {place.key: place for place in (FloorMap("hall", _HALL), FloorMap("restaurant", _RESTAURANT))}
)
