"""The JSON Schemas are valid, and take and refuse what the models do."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator
from pydantic import TypeAdapter, ValidationError

from lightsail_snap import LightsailSnapError, models
from lightsail_snap.json_schema import DIALECT, Form, LightsailJsonSchema, json_schema, json_schemas
from lightsail_snap.models import DiskSnapshot
from lightsail_snap.models.source import SourcedRequest
from lightsail_snap.testing import strategies

REQUESTS = {kind.__name__: kind for kind in models.request_types().values()}
MODELS: dict[str, Any] = REQUESTS | {
    kind._result_type.__name__: kind._result_type for kind in REQUESTS.values()
}

# Formats are read as the models read them: what a validator makes of them otherwise is told in the
# module's docstring.
FORMATS = FormatChecker(())
MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)


@FORMATS.checks("date-time", raises=ValidationError)
def is_moment(text: object) -> bool:
    return not isinstance(text, str) or bool(MOMENT.validate_json(json.dumps(text)))


@FORMATS.checks("date", raises=ValueError)
def is_date(text: object) -> bool:
    return not isinstance(text, str) or bool(date.fromisoformat(text))


@cache
def validator(name: str, form: Form) -> Validator:
    # Python's `$` lets a newline follow; that of JSON Schema does not.
    schema = json.loads(json.dumps(json_schema(MODELS[name], form=form)).replace('$"', '\\\\Z"'))
    return Draft202012Validator(schema, format_checker=FORMATS)


READ: Mapping[Form, Callable[[Any, str], object]] = {
    "input": lambda kind, text: kind.model_validate_json(text, by_alias=True, by_name=False),
    "wire": lambda kind, text: kind.from_wire(json.loads(text)),
}


def reasons(kind: Any, form: Form, value: object) -> list[str] | None:
    """Say why a model refuses a value; None if it takes it."""
    try:
        READ[form](kind, json.dumps(value))
    except ValidationError as error:
        return [one["msg"] for one in error.errors()]
    except LightsailSnapError as error:
        return str(error).splitlines()
    return None


def wanted(name: str) -> st.SearchStrategy[Any]:
    """Give JSON that the model of this name takes, in its form as an input."""
    if name in REQUESTS:
        return strategies.requests_of(REQUESTS[name]).map(
            lambda request: json.loads(request.model_dump_json(by_alias=True, exclude_none=True))
        )
    return strategies.wire_dicts(MODELS[name]).map(lambda wire: json.loads(json.dumps(wire)))


def on_the_wire(name: str) -> st.SearchStrategy[Any]:
    if name in REQUESTS:
        return strategies.requests_of(REQUESTS[name]).map(lambda request: request.to_wire())
    return wanted(name)


# What stands for any JSON. Whole numbers with a fraction of nought, lone surrogates, and characters
# beyond ASCII that are no letters are left out: there the two differ, and the docstring says so.
TEXTS = (
    *("", " ", "a", "ab", "a b", "a\n", "\n", "\u2028", "-a", "a.", "x" * 129, "x" * 257),
    *("aws:a", "AWS:a", "us-east-1", "us-east-1a", "all", "available", "manual", "disk"),
    *("2026-11-23", "2026-02-30", "2026-11-23T10:00:00Z", "06:00", "06:30", "25:00"),
    *("arn:aws:a:b:1:c/d", "a!", "a+b", "a\x7f", "true", "8", "\xe9"),
)
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7, 8, 1.5, 2**31 - 1, 2**31, -1e30, 1e30),
    *([], {}, [None], [[]], [{}], {"": ""}, {"key": "a"}, {"a": None}, ["a", "a"], ["aws:a"]),
    *([{"key": "a"}], {f"k{n}": "v" for n in range(51)}, {"kind": "disk"}),
    *TEXTS,
)
JUNK: st.SearchStrategy[Any] = st.sampled_from(HOSTILE).map(copy.deepcopy) | st.text(
    st.characters(max_codepoint=127), max_size=5
)
LITTLE = st.integers(0, 1000)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of each part of a JSON value."""
    inner: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, part in inner:
        yield (*path, key)
        yield from places(part, (*path, key))


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[Any], names: list[str]) -> Any:
    """Give JSON with one to three parts that are others, gone or new."""
    value = copy.deepcopy(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(value))
        if not found or not draw(LITTLE):
            return draw(JUNK)
        *path, last = draw(st.sampled_from(found))
        parent = value
        for key in path:
            parent = parent[key]
        match str(draw(st.sampled_from(["other", "other", "gone", "new", "twice"]))):
            case "other":
                parent[last] = draw(JUNK)
            case "gone":
                del parent[last]
            case "new" if isinstance(parent, dict):
                parent[draw(st.sampled_from(names))] = draw(JUNK)
            case _ if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
            case _:
                pass
    return value


def members(name: str, form: Form) -> list[str]:
    return [*json_schema(MODELS[name], form=form)["properties"], "kind", "name", "unheardOf"]


FLATTENED = {name: kind for name, kind in REQUESTS.items() if issubclass(kind, SourcedRequest)}
CASES = [pytest.param(name, "input", id=name) for name in MODELS]
CASES += [pytest.param(name, "wire", id=f"{name}, on the wire") for name in FLATTENED]
# There are many models, and one law for each of them.
SOME = settings(max_examples=max(4, settings.default.max_examples // 3 if settings.default else 0))


def judge(name: str, form: Form, value: Any) -> None:
    told = [f"{e.json_path}: {e.message}" for e in validator(name, form).iter_errors(value)]
    refused = reasons(MODELS[name], form, value)
    # That keys differ is more than a schema can say.
    if not refused or not all("tag keys" in reason for reason in refused):
        assert bool(told) is bool(refused), (value, told, refused)


@pytest.mark.sample(15)
@pytest.mark.parametrize(("name", "form"), CASES)
def test_the_schema_takes_and_refuses_what_the_model_does(name: str, form: Form) -> None:
    whole = wanted(name) if form == "input" else on_the_wire(name)

    @SOME
    @given(whole | damaged(whole, members(name, form)))
    def law(value: Any) -> None:
        judge(name, form, value)

    law()


def merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: part for value in values for key, part in value.items()}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", REQUESTS)
def test_nothing_hostile_is_judged_otherwise_in_any_place(name: str) -> None:
    # Of several, nearly all that may be left out is there.
    @settings(max_examples=2)
    @given(st.lists(wanted(name), min_size=6, max_size=6).map(merged))
    def law(whole: dict[str, Any]) -> None:
        for *path, last in places(whole):
            for junk in HOSTILE:
                value = copy.deepcopy(whole)
                parent: Any = value
                for key in path:
                    parent = parent[key]
                parent[last] = copy.deepcopy(junk)
                judge(name, "input", value)

    law()


@pytest.mark.sample(15)
@pytest.mark.parametrize("name", MODELS)
def test_what_a_model_writes_is_as_its_schema_says(name: str) -> None:
    @SOME
    @given(wanted(name))
    def law(value: Any) -> None:
        written = MODELS[name].model_validate_json(json.dumps(value)).model_dump_json(by_alias=True)
        validator(name, "output").validate(json.loads(written))

    law()


@pytest.mark.parametrize("name", sorted(MODELS.keys() - FLATTENED.keys()))
def test_the_wire_has_the_same_schema_where_it_has_no_source(name: str) -> None:
    assert json_schema(MODELS[name], form="wire") == json_schema(MODELS[name])


@pytest.mark.sample(1)
@pytest.mark.parametrize("form", get_args(Form))
def test_every_request_and_result_has_a_valid_schema(form: Form) -> None:
    schemas = json_schemas(form=form)
    assert schemas.keys() == MODELS.keys()
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$schema"] == DIALECT == Draft202012Validator.META_SCHEMA["$id"]
        assert schema["title"] == name
        assert schema == json.loads(json.dumps(schema))


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    for part in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(part, dict | list):
            yield from parts(part)
    if isinstance(schema, dict):
        yield schema


ALL = [schema for form in get_args(Form) for schema in json_schemas(form=form).values()]


def test_each_member_tells_what_it_means() -> None:
    for schema in ALL:
        for shape in (schema, *schema.get("$defs", {}).values()):
            flags = {name for name, one in shape.get("properties", {}).items() if "const" in one}
            for name, member in shape.get("properties", {}).items():
                refers = "$ref" in member or "anyOf" in member
                is_flag = member.get("type") == ["boolean", "null"]
                assert "description" in member or refers or is_flag or name in flags, name


def test_patterns_are_read_alike_by_any_engine() -> None:
    patterns = {part["pattern"] for schema in ALL for part in parts(schema) if "pattern" in part}
    assert all(isinstance(pattern, str) for pattern in patterns)
    for pattern in patterns:
        re.compile(pattern)
        # Python's own, and what ECMAScript knows with the flag `u` only.
        assert re.search(r"\\[pPAZzdswbDSWB]|\(\?", pattern) is None, pattern


def test_what_is_discontinued_is_marked() -> None:
    marked = {
        (schema["title"], name)
        for schema in json_schemas().values()
        for shape in (schema, *schema.get("$defs", {}).values())
        for name, member in shape.get("properties", {}).items()
        if member.get("deprecated")
    }
    assert ("GetDiskResult", "gbInUse") in marked


def test_it_is_pydantics_own_schema_that_is_mended() -> None:
    schema = DiskSnapshot.model_json_schema(schema_generator=LightsailJsonSchema)
    assert schema == json_schema(DiskSnapshot)
    known = [word.value for word in models.DiskSnapshotState.known_values()]
    (state,) = (part for part in parts(schema) if part.get("title") == "DiskSnapshotState")
    assert state["anyOf"] == [{"type": "string", "enum": known}, {"type": "string"}]


TAGGED: dict[str, Any] = {"resourceName": "a", "tags": [{"key": "k"}]}
SIZED: dict[str, Any] = {
    "diskName": "ab",
    "availabilityZone": "us-east-1a",
    "source": {"kind": "manual", "snapshotName": "a"},
}


# Each as the docstring of the module tells it: what a schema takes and a model does not, or the
# other way round.
@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        (
            "TagResourceRequest",
            {**TAGGED, "tags": [{"key": "k"}, {"key": "k", "value": "v"}]},
            True,
        ),
        ("TagResourceRequest", {**TAGGED, "tags": [{"key": "\u20ac"}]}, True),
        ("GetDiskResult", {"disk": {"name": "\ud800"}}, True),
        ("CreateDiskFromSnapshotRequest", {**SIZED, "sizeInGb": 8.0}, True),
    ],
)
def test_the_differences_are_those_that_are_told(
    name: str, value: dict[str, Any], *, is_valid: bool
) -> None:
    assert validator(name, "input").is_valid(value) is is_valid
    assert (reasons(MODELS[name], "input", value) is None) is not is_valid
