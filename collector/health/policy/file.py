"""The policy: every weight and threshold of the health model, from one file. Pure.

A file is TOML in which every entry says its value, unit, reason and source. The whole file is read and checked once, by
models; its hash names it in every score. Nothing has a default outside the file.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from collector.health.anomalies.rules import AnomalyRules
from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.model import Profile
from collector.health.policy import problems, sections
from collector.values.sentence import Sentence

PROFILES: tuple[Profile, ...] = get_args(Profile)
HASH_CHARS = 16
UNKNOWN_SCENE = sections.SceneTarget(counter="interaction")


class Entry(BaseModel):
    """One entry of the file, as a page shows it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    value: Any
    unit: sections.NotEmpty
    reason: sections.NotEmpty
    source: sections.NotEmpty

    @model_validator(mode="after")
    def _is_a_share_where_it_says_so(self) -> "Entry":
        if self.unit.startswith(("share", "probability")) and not isinstance(self.value, dict):
            is_number = isinstance(self.value, int | float)
            if not (is_number and 0 <= self.value <= 1):
                raise PydanticCustomError("share", "is a share: between 0 and 1")
        return self


def _complete(measures: Mapping[str, sections.MeasureRule]) -> Mapping[str, sections.MeasureRule]:
    if set(measures) != set(MEASURES):
        odd = min(set(measures) ^ set(MEASURES))
        raise ValueError(
            Sentence(
                "must hold {lowest} to {highest}, each once: look at {name}",
                lowest=MEASURES[0], highest=MEASURES[-1], name=odd,
            )
        )  # fmt: skip
    for group, inside in GROUPS.items():
        if sum(measures[name].weight for name in inside) <= 0:
            raise ValueError(Sentence("the weights of group {group} are all 0: give one a weight", group=group))
    return measures


class Sections(sections.Section):
    """The sections of a policy file: the one list of them."""

    measures: Annotated[Mapping[str, sections.MeasureRule], AfterValidator(_complete)]
    profiles: sections.Profiles
    scenes: Mapping[str, sections.SceneTarget] = Field(default_factory=dict)
    severity: Mapping[str, sections.Whole] = Field(default_factory=dict)
    models: Mapping[str, sections.ModelCurve] = Field(default_factory=dict)
    skills: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    anomaly: AnomalyRules
    clock: sections.Windows
    ages: sections.Ages
    coverage: sections.Coverage
    bands: sections.Bands
    peers: sections.PeerRules
    onboarding: sections.OnboardingRules
    momentum: sections.Momentum
    rhythm: sections.Rhythm
    usage: sections.UsageRules
    recurring: sections.Recurring
    contacts: sections.ContactRules
    response: sections.Response
    reviews: sections.Reviews
    voice: sections.Voice
    renewal: sections.RenewalRules
    tickets: sections.TicketRules
    zombie: sections.Zombie
    silent: sections.Silent
    single: sections.Single
    champion_left: sections.ChampionLeft
    ref_refuse: sections.RefRefuse
    dark: sections.Dark
    fault: sections.FaultRules
    drop: sections.CapOnly
    stall: sections.Stall
    overdue: sections.Overdue
    lapsed: sections.CapOnly
    people: sections.People
    incident: sections.IncidentMutes


class Policy(Sections):
    """A policy file as the model uses it. `hash` names it in every score, `entries` ("section.name") explain it."""

    text: str
    hash: str
    entries: Mapping[str, Entry]

    @classmethod
    def load(cls, text: str) -> "Policy":
        """Read a policy file's TOML. Raises PolicyInvalid with the entry and the remedy."""
        try:
            read = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise PolicyInvalid(Sentence("policy: not TOML: {error}", error=str(error))) from error
        try:
            found = _ENTRIES.validate_python(read)
        except ValidationError as error:
            raise PolicyInvalid(Sentence("policy: {why}", why=problems.of_entries(error))) from error
        strange = sorted(set(found) - set(Sections.model_fields))
        if strange:
            raise PolicyInvalid(Sentence("policy: there is no section [{name}]: remove it", name=strange[0]))
        values = {section: {name: entry.value for name, entry in each.items()} for section, each in found.items()}
        entries = {f"{section}.{name}": entry for section, each in found.items() for name, entry in each.items()}
        digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARS]
        try:
            return cls.model_validate({**values, "text": text, "hash": digest, "entries": entries})
        except ValidationError as error:
            raise PolicyInvalid(Sentence("policy: {why}", why=problems.of_values(error, Sections))) from error

    @cached_property
    def weights(self) -> Mapping[str, Mapping[str, float]]:
        """Profile -> measure -> weight. Each profile sums to 100; the weights inside a group scale along with it."""
        steady = {group: sum(self.measures[name].weight for name in inside) for group, inside in GROUPS.items()}
        return {
            profile: {
                name: points[group] * self.measures[name].weight / steady[group]
                for group, inside in GROUPS.items()
                for name in inside
            }
            for profile, points in self.profiles.weights.items()
        }

    def scene(self, name: str) -> sections.SceneTarget:
        """A scene's core counter and target; of a scene that the policy does not know: interactions, no target."""
        return self.scenes.get(name, UNKNOWN_SCENE)


_ENTRIES = TypeAdapter(dict[str, dict[str, Entry]])
