"""Words of saved views, and of which columns a table shows."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "saved_views": deferred_in("page", "Saved views"),
        "no_saved_views": deferred_in(
            "page", "Nothing is saved yet. A view keeps filters, order and columns under a name."
        ),
        "view_name": deferred_in("page", "Name of the view"),
        "save_view": deferred_in("page", "Save this view"),
        "keep_in_view": deferred_in("page", "Keep what is shown now in “{name}”"),
        "for_everybody": deferred_in("page", "For all colleagues"),
        "change_view": deferred_in("page", "Change this view"),
        "rename": deferred_in("page", "Rename"),
        "share_view": deferred_in("page", "Share with colleagues"),
        "unshare": deferred_in("page", "Only for me"),
        "delete_view": deferred_in("page", "Delete"),
        "view_own": deferred_in("page", "only you"),
        "view_shared_own": deferred_in("page", "yours, shared"),
        "columns": deferred_in("page", "Columns"),
        "show_columns": deferred_in("page", "Show these"),
        "every_tag": deferred_in("page", "Every tag"),
    }
)
