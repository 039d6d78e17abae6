"""Words of what people keep about an account: notes, tags, fields of one's own, attachments, mentions."""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred_in

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "notes_h": deferred_in("page", "Notes"),
        "no_notes": deferred_in(
            "page",
            "Nobody has written anything down yet. A note stays with the account and moves no score.",
        ),
        "older_notes": deferred_in("page", "Older notes"),
        "write_note": deferred_in("page", "Write a note"),
        "note_text": deferred_in("page", "Note"),
        "note_help": deferred_in("page", "@ before a CSM's name mentions that CSM, who finds it on Today."),
        "mention": deferred_in("page", "Mention"),
        "mention_nobody": deferred_in("page", "Nobody"),
        "mentions_h": deferred_in("page", "You are mentioned"),
        "mention_seen": deferred_in("page", "The mention is put away."),
        "note_length": deferred_in("page", "A note has 1 to 4,000 characters."),
        "note_length_remedy": deferred_in("page", "Write something, or attach a longer text as a file."),
        "tags_and_fields": deferred_in("page", "Tags and fields"),
        "no_tags": deferred_in("page", "No tags. The portfolio finds accounts by them."),
        "new_tag": deferred_in("page", "New tag"),
        "add": deferred_in("page", "Add"),
        "tag_length": deferred_in("page", "A tag has 1 to 40 characters, without commas and semicolons."),
        "tag_length_remedy": deferred_in("page", "Shorten it, or write a note."),
        "no_fields": deferred_in(
            "page",
            "No fields of your own. Whoever imports lists makes them by the list of custom fields.",
        ),
        "set_fields": deferred_in("page", "Set fields"),
        "no_value": deferred_in("page", "No value"),
        "attachments_h": deferred_in("page", "Attachments"),
        "no_attachments": deferred_in("page", "No files."),
        "a_file": deferred_in("page", "File to attach"),
        "attachment_help": deferred_in("page", "A document, picture or text of at most 10 MB."),
        "attach": deferred_in("page", "Attach"),
        "no_file_chosen": deferred_in("page", "No file was chosen."),
        "no_file_chosen_remedy": deferred_in("page", "Choose one and attach it again."),
        "take_away": deferred_in("page", "Take away"),
        "put_away": deferred_in("page", "Put away"),
        "with_tag": deferred_in("page", "Tag"),
    }
)
