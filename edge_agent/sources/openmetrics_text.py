"""The text of one scrape -> readings, by rules. Pure apart from the parser it loads.

A page of a thousand metrics costs what its named ones cost: every line is looked at once, and only the
metrics that a rule names, with their `# TYPE` and `_created`, go through the parser of the reference client.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from edge_agent.counting.readings import Gauge, Reading, Total
from edge_agent.errors import ConfigError
from edge_agent.sources.names import NameRefused, gauge_name, shown
from protocol.limits import COUNT_MAX

SERIES_MAX = 500
_SELECTOR = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{\s*((?:\w+="[^"]*"\s*,?\s*)*)\})?', re.ASCII)
_LABEL = re.compile(r'(\w+)="([^"]*)"', re.ASCII)
_SAMPLE = re.compile(
    r"(?:([a-zA-Z_:][\w:]*)(?:\{.*\}[ \t]*|[ \t]+)|\{.*\}[ \t]*)(?:[-+]?(?:\.?\d|[Ii][Nn][Ff])|[Nn][Aa][Nn])", re.ASCII
)
_SUFFIXES = ("_total", "_count", "_sum", "_bucket")  # of a family's samples that only grow
_OF_A_FAMILY = ("", *_SUFFIXES, "_created", "_gcount", "_gsum", "_info")  # the parser wants a family whole


class ScrapeFailed(Exception):
    """This scrape gave nothing. The message is for the one who runs the endpoint."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric's name and the labels it must have."""

    metric: str
    labels: frozenset[tuple[str, str]]
    word: str

    @classmethod
    def read(cls, pattern: str, word: str) -> "Selector":
        """Raises ConfigError."""
        match = _SELECTOR.fullmatch(pattern.strip())
        if match is None:
            raise ConfigError('rule {pattern!r} names no metric: write name or name{{label="value"}}', pattern=pattern)
        return cls(match[1], frozenset(_LABEL.findall(match[2] or "")), word)

    @property
    def rule(self) -> str:
        """The same for every way of writing it."""
        return f"{self.metric}{sorted(self.labels)} = {self.word}"

    def __str__(self) -> str:
        """As the configuration file would have it."""
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(self.labels))
        return f"{self.metric}{{{labels}}} = {self.word}" if labels else f"{self.metric} = {self.word}"

    def matches(self, sample: "Sample") -> bool:
        return self.metric in {sample.name, sample.written} and self.labels <= sample.labels.items()

    def counted(self, key: str) -> bool:
        """Whether `key`, `counter|series` of the outbox, is a series that this rule takes."""
        counter, _, series = key.partition("|")
        named = counter == self.word and series.startswith((f"{self.metric}[", f"{self.metric}_total["))
        return named and all(repr(pair) in series for pair in self.labels)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of the page. `written` is its name there: the parser calls a classic counter `tours` `tours_total`."""

    name: str
    written: str
    labels: Mapping[str, str]
    value: float


class Reader:
    """Reads one scrape after the other.

    `since_s`: when we first looked. `scraped`: the rules under which this endpoint was scraped before.
    `matched`: the rules that found a usable value in the last good scrape.
    """

    def __init__(
        self,
        counters: Mapping[str, str],
        gauges: Mapping[str, str],
        since_s: float,
        scraped: Collection[str] = (),
    ) -> None:
        self.counters = [Selector.read(*rule) for rule in counters.items()]
        self.gauges = [Selector.read(*rule) for rule in gauges.items()]
        self._families = {
            family for selector in (*self.counters, *self.gauges) for family in _families(selector.metric)
        }
        self._names = {family + suffix for family in self._families for suffix in _OF_A_FAMILY}
        self._since_s = since_s
        self.scraped = set(scraped)
        self.matched: set[Selector] = set()
        self.without_baseline: set[tuple[str, str]] = set()  # there from the beginning, with no value to count from

    def read(self, body: bytes, *, openmetrics: bool) -> tuple[list[Reading], list[str]]:
        """(readings, refusals). Raises ScrapeFailed when the text is not what it says it is."""
        counted: dict[tuple[str, str], float] = {}
        absent: set[tuple[str, str]] = set()  # from every scrape before, if this is its first
        created: dict[str, float] = {}
        lives: dict[str, tuple[str, ...]] = {}  # series -> where its _created may stand
        readings: list[Reading] = []
        refused: list[str] = []
        matched: set[Selector] = set()
        for sample in self._samples(body, openmetrics=openmetrics):
            series = _series(sample.name, sample.labels)
            if sample.name.endswith("_created"):
                created[series] = sample.value
            for selector in self.counters:
                if selector.matches(sample):
                    counted[selector.word, series] = sample.value
                    lives[series] = tuple(_created(sample.name, sample.labels))
                    if 0 <= sample.value <= COUNT_MAX:  # NaN compares false
                        matched.add(selector)
                    if selector.rule in self.scraped:
                        absent.add((selector.word, series))
            for selector in self.gauges:
                if selector.matches(sample):
                    matched.add(selector)
                    readings += _gauge(selector.word, sample.value, refused)
        if len(counted) > SERIES_MAX:
            raise ScrapeFailed(f"more than {SERIES_MAX} series match the rules: name labels in them")
        began = {
            series: next((created[place] for place in places if place in created), None)
            for series, places in lives.items()
        }
        readings += self._totals(counted, began, absent, refused)
        self.scraped = {selector.rule for selector in self.counters}
        self.matched = matched
        return readings, refused

    def _totals(
        self,
        counted: Mapping[tuple[str, str], float],
        began: Mapping[str, float | None],
        absent: Collection[tuple[str, str]],
        refused: list[str],
    ) -> Iterable[Reading]:
        for key, value in counted.items():
            counter, series = key
            if not 0 <= value <= COUNT_MAX:  # NaN compares false
                refused.append(f"{counter}: {shown(series)} is {value}: a counter is from 0 to 2^53")
                if key not in absent:
                    self.without_baseline.add(key)
                continue
            began_s = began[series]
            if began_s is not None:
                yield Total(counter, value, f"{began_s:.3f}", began_s > self._since_s, series, fall="never")
            else:  # of a series that the sampler knows, from_zero says nothing: it is the same life
                yield Total(counter, value, "", key in absent and key not in self.without_baseline, series, fall="dip")
            self.without_baseline.discard(key)

    def _samples(self, body: bytes, *, openmetrics: bool) -> list[Sample]:
        if openmetrics:
            from prometheus_client.openmetrics import parser  # noqa: PLC0415  loaded with the first scrape only
        else:
            from prometheus_client import parser  # type: ignore[no-redef]  # noqa: PLC0415  as above; same function in both

        try:
            named = list(self._named(body.decode()))
        except UnicodeDecodeError as error:
            raise ScrapeFailed("the answer is not UTF-8") from error
        written = {name for name, _ in named}
        text = "".join(f"{line}\n" for _, line in named)
        try:
            families = parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call]  # untyped in one of both
            return [
                Sample(
                    found.name,
                    found.name if found.name in written else found.name.removesuffix("_total"),
                    found.labels,
                    float(found.value),
                )
                for family in families
                for found in family.samples
            ]
        except Exception as error:  # the parser raises whatever its text makes it do: KeyError, IndexError, …
            raise ScrapeFailed(f"the answer is no metrics text: {shown(str(error), 120)}") from error

    def _named(self, text: str) -> Iterator[tuple[str, str]]:
        """(name, line) of the metrics that a rule names. Raises ScrapeFailed at a line that no metrics text has."""
        for line in text.split("\n"):
            if line.startswith("#"):
                words = line.split(None, 3)
                if words[1:2] == ["EOF"] or (words[1:2] == ["TYPE"] and words[2:3] and words[2] in self._families):
                    yield "", line
            elif match := _SAMPLE.match(line.lstrip()):
                if match[1] in self._names:
                    yield match[1], line
            elif line.strip():
                raise ScrapeFailed(f"the answer is no metrics text: {shown(line.strip(), 120)}")


def _families(metric: str) -> Iterator[str]:
    """The families that a metric of that name may be a sample of."""
    yield metric
    for suffix in (*_SUFFIXES, "_created"):
        if metric.endswith(suffix):
            yield metric.removesuffix(suffix)


def _series(name: str, labels: Mapping[str, str]) -> str:
    return f"{name}{sorted(labels.items())}"


def _created(name: str, labels: Mapping[str, str]) -> Iterator[str]:
    """The series that may say when this one began, the most likely first."""
    yield _series(f"{name}_created", labels)
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            whole = {key: value for key, value in labels.items() if suffix != "_bucket" or key != "le"}
            yield _series(f"{name.removesuffix(suffix)}_created", whole)


def _gauge(word: str, value: float, refused: list[str]) -> list[Reading]:
    if not abs(value) <= COUNT_MAX:  # NaN compares false
        refused.append(f"{word}: {value} is no finite number")
        return []
    try:
        return [Gauge(gauge_name(word), value)]
    except NameRefused as error:
        refused.append(f"{word}: {error}")
        return []
