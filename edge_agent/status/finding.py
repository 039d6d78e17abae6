"""One line of `edge-agent doctor`."""

from dataclasses import dataclass
from typing import Literal
from unicodedata import east_asian_width

Grade = Literal["ok", "warn", "fail"]
SUBJECT = 13  # columns; a Chinese character takes two


@dataclass(frozen=True, slots=True)
class Finding:
    grade: Grade
    subject: str
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        taken = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in self.subject)
        subject = self.subject + " " * (SUBJECT - taken)
        return f"{self.grade:5}{subject}{self.text}" + (f"\n     {'':{SUBJECT}}-> {self.remedy}" if self.remedy else "")
