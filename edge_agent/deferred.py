"""Marks texts that the running agent says in English and people read in the language they ask for. Pure."""

from collections.abc import Mapping


def deferred(message: str) -> str:
    """Marks a message for the catalogue; it is translated where it is shown."""
    return message


class Sentence:
    """An English sentence with what fills its slots; a slot may be a sentence. `str` is the English one."""

    def __init__(self, text: str, /, **slots: object) -> None:
        self.text = text
        self.slots: Mapping[str, object] = slots

    def packed(self) -> dict[str, object]:
        """As a status carries it."""
        plain = {
            name: slot.packed() if isinstance(slot, Sentence) else slot if isinstance(slot, int | float) else str(slot)
            for name, slot in self.slots.items()
        }
        return {"text": self.text, "slots": plain}

    def __str__(self) -> str:
        return self.text.format_map(self.slots) if self.slots else self.text
