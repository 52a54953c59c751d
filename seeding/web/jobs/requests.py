"""The forms that ask for a command: each value is one that the plan knows, and becomes one argument of the command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from seeding.dataset_sizes import SIZES
from seeding.explanation.provenance import model_of
from seeding.generation.registry import Registry
from seeding.jobs.actions import Action
from seeding.masking.classification import declared
from seeding.models import SeedingMetadata, SeedRun
from seeding.schema.references import column_name
from seeding.snapshots.store import NAME, Snapshots

RESTORE = "restore"
LARGEST_SCALE = 1_000_000
NEEDED = frozenset({"size", "scale", "tables"})
"""What the plan of every run says that a form can ask for again."""
PLAIN = frozenset({"size", "scale", "tables", "steps", "chunk_rows"})
"""What the plan of a run says that has no options which no form has."""
LOOKUPS = tuple("exact iexact in gt gte lt lte startswith istartswith contains icontains isnull range".split())
"""The comparisons that a selection of rows may use."""


class RequestForm(forms.Form):
    """What a command is asked for; `arguments` is for valid forms."""

    tables = forms.MultipleChoiceField(required=False, label="Tables", widget=forms.CheckboxSelectMultiple)

    def __init__(self, tables: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["tables"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(table, table) for table in tables if "," not in table]

    def arguments(self) -> list[str]:
        """The command's arguments, each with its value in it: none can be taken for another."""
        chosen = self.cleaned_data["tables"]
        return [f"--table={','.join(chosen)}"] if chosen else []


class NewRunForm(RequestForm):
    """What `seed` is asked for: a size, a profile, or a profile in a size that it has, or that every dataset has."""

    size = forms.ChoiceField(required=False)
    scale = forms.IntegerField(min_value=1, max_value=LARGEST_SCALE, initial=1, label="Times")
    profile = forms.ChoiceField(required=False)
    auto = forms.BooleanField(required=False, label="Also tables that have no seeder, by what their models say")

    def __init__(
        self, tables: Iterable[str], profiles: Mapping[str, str], sizes: Mapping[str, Sequence[str]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(tables, *args, **kwargs)
        own = {size: f"{size}, of the profile {profile}" for profile, names in sizes.items() for size in names}
        self.fields["size"] = forms.ChoiceField(
            required=False,
            choices=[("", "the environment's or the profile's"), *({size: size for size in SIZES} | own).items()],
        )
        self.fields["profile"] = forms.ChoiceField(
            required=False, choices=[("", "none"), *((name, f"{name}: {words}"[:100]) for name, words in profiles.items())]
        )

    def options(self) -> dict[str, Any]:
        """The same as the fields of a SeedConfig."""
        data = self.cleaned_data
        return {
            "tables": tuple(data["tables"]),
            "size": data["size"] or None,
            "scale": data["scale"],
            "profile": data["profile"] or None,
            "automatic": data["auto"],
        }

    def arguments(self) -> list[str]:
        """The command's arguments."""
        data = self.cleaned_data
        named = [f"--{name}={data[name]}" for name in ("size", "profile") if data[name]]
        return [*super().arguments(), *named, f"--scale={data['scale']}", *(["--auto"] if data["auto"] else [])]


class RollBackForm(RequestForm):
    """What `seed_rollback` is asked for."""

    run = forms.IntegerField(required=False, min_value=1, label="Only what this run has seeded")
    before = forms.DateField(
        required=False,
        input_formats=["%Y-%m-%d"],
        label="Only what was seeded before this day (UTC)",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    field = forms.CharField(required=False, max_length=64, label="Only rows of the one table whose")
    lookup = forms.ChoiceField(required=False, choices=[(one, one) for one in LOOKUPS], label="compares as")
    value = forms.CharField(required=False, max_length=500, label="with")
    cascade = forms.BooleanField(required=False, label="Also the seeded rows that refer to those")
    keep_modified = forms.BooleanField(required=False, label="Keep rows that were changed since they were seeded")

    def __init__(self, using: str, tables: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(tables, *args, **kwargs)
        self._using = using

    def clean_run(self) -> int | None:
        """A run that the ledger has."""
        run: int | None = self.cleaned_data["run"]
        if run is not None and not SeedRun.objects.using(self._using).filter(pk=run).exists():
            raise ValidationError("The ledger has no such run.")
        return run

    def clean(self) -> dict[str, Any]:
        """A selection names one table, and a column of it that is not personal."""
        data = super().clean() or self.cleaned_data
        if not data.get("field"):
            return data
        tables = data.get("tables", [])
        if len(tables) != 1:
            raise ValidationError({"field": "Choose the one table whose rows these are."})
        if data["field"] not in selectable(self._using, tables[0]):
            raise ValidationError({"field": f"It is not a column of {tables[0]} by which rows can be chosen."})
        return data

    def arguments(self) -> list[str]:
        """The command's arguments."""
        data = self.cleaned_data
        run = [f"--{name}={data[name]}" for name in ("run", "before") if data[name]]
        where = [f"--where={data['field']}__{data['lookup'] or 'exact'}={data['value']}"] if data["field"] else []
        flags = [f"--{name.replace('_', '-')}" for name in ("cascade", "keep_modified") if data[name]]
        return [*super().arguments(), *run, *where, *flags]


class RestoreForm(forms.Form):
    """Which snapshot `seed_snapshot restore` is asked for."""

    snapshot = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, using: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Snapshots(using).all().values_list("name", "row_count", "created_at", "created_by")
        self.fields["snapshot"] = forms.ChoiceField(
            widget=forms.RadioSelect,
            choices=[
                (name, f"{name}: {rows:,} rows, saved on {at:%Y-%m-%d %H:%M} by {by}")
                for name, rows, at, by in found
                if NAME.fullmatch(name)
            ],
        )

    def arguments(self) -> list[str]:
        """The command's arguments; a snapshot's name cannot be taken for an option."""
        return [RESTORE, self.cleaned_data["snapshot"]]


def selectable(using: str, table: str) -> Sequence[str]:
    """The fields of a table by which its rows may be chosen: its own, without those that anybody calls personal."""
    model = model_of(table)
    if model is None:
        return []
    lists = SeedingMetadata.objects.using(using).filter(table_name=table).values_list("masked_fields", flat=True)
    seeders = Registry.discover().by_table.get(table, ())
    personal = {column for columns in lists for column in columns} | declared(table, seeders).keys()
    return [field.attname for field in model._meta.local_concrete_fields if column_name(field) not in personal]


FORMS: Mapping[Action, str] = {
    Action.ROLL_BACK: "Roll back",
    Action.RESET: "Reset",
    Action.MASK: "Mask",
    Action.RESTORE: "Restore a snapshot",
}
"""The action → what its page is called."""


def asked_again(options: Sequence[str]) -> MultiValueDict[str, str]:
    """What a form was given that came to these arguments."""
    given: MultiValueDict[str, str] = MultiValueDict()
    for place, one in enumerate(options):
        name, _, value = one.removeprefix("--").partition("=")
        if one.startswith("--table="):
            given.setlist("tables", value.split(","))
        elif one.startswith("--where="):
            compared, _, given["value"] = value.partition("=")
            given["field"], _, given["lookup"] = compared.rpartition("__")
        elif one.startswith("--"):
            given[name.replace("-", "_")] = value or "on"
        elif place:  # the first is what is to be done with it
            given["snapshot"] = one
    return given


def asked_by_plan(run: SeedRun) -> MultiValueDict[str, str] | None:
    """The same of a run of `seed` that a shell has started; None if its plan does not say everything that it was given."""
    if run.command != Action.SEED or not NEEDED <= run.plan.keys() <= PLAIN or run.plan["size"] not in SIZES:
        return None
    given = MultiValueDict({"tables": run.plan["tables"]})
    given["size"], given["scale"] = run.plan["size"], str(run.plan["scale"])
    return given
