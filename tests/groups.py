"""What commits batches, as an installation sets it that has changed nothing."""

from dataclasses import replace

from collector.ingest.bounds import Bounds
from collector.ingest.transaction import Groups
from collector.store.engine import Store
from collector.values.keep import Keep


def groups_of(store: Store, **changed: object) -> Groups:
    usual = Groups(store, register_unknown=True, keep=Keep(), bounds=Bounds(), refused_per_h=0)
    return replace(usual, **changed)
