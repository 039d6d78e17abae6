"""People in sentences."""

from collector.language.catalogue import gettext


def no_account(text: str, language: str) -> str:
    """Of what was typed as one."""
    return gettext(language, "No account is called “{text}”, or several are: write its number.", text=text)
