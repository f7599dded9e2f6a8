"""The JSON Schemas are valid, and accept the same documents as the models."""

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

# Formats are read as by the models. The docstring of the module lists the differences.
FORMATS = FormatChecker(())
TIMESTAMP: TypeAdapter[datetime] = TypeAdapter(datetime)


@FORMATS.checks("date-time", raises=ValidationError)
def is_timestamp(text: object) -> bool:
    return not isinstance(text, str) or bool(TIMESTAMP.validate_json(json.dumps(text)))


@FORMATS.checks("date", raises=ValueError)
def is_date(text: object) -> bool:
    return not isinstance(text, str) or bool(date.fromisoformat(text))


@cache
def validator(name: str, form: Form) -> Validator:
    # Python's `$` also matches before a final newline; that of JSON Schema does not.
    schema = json.loads(json.dumps(json_schema(MODELS[name], form=form)).replace('$"', '\\\\Z"'))
    return Draft202012Validator(schema, format_checker=FORMATS)


READ: Mapping[Form, Callable[[Any, str], object]] = {
    "input": lambda kind, text: kind.model_validate_json(text, by_alias=True, by_name=False),
    "wire": lambda kind, text: kind.from_wire(json.loads(text)),
}


def reasons(kind: Any, form: Form, value: object) -> list[str] | None:
    """Return why a model refuses a value, or None."""
    try:
        READ[form](kind, json.dumps(value))
    except ValidationError as error:
        return [one["msg"] for one in error.errors()]
    except LightsailSnapError as error:
        return str(error).splitlines()
    return None


def valid_documents(name: str) -> st.SearchStrategy[Any]:
    """Generate documents that the model of this name accepts as input."""
    if name in REQUESTS:
        return strategies.requests_of(REQUESTS[name]).map(
            lambda request: json.loads(request.model_dump_json(by_alias=True, exclude_none=True))
        )
    kind = MODELS[name]
    return strategies.wire_dicts(kind).map(
        lambda wire: json.loads(
            kind.from_wire(wire).model_dump_json(by_alias=True, exclude_unset=True)
        )
    )


def wire_documents(name: str) -> st.SearchStrategy[Any]:
    if name in REQUESTS:
        return strategies.requests_of(REQUESTS[name]).map(lambda request: request.to_wire())
    return strategies.wire_dicts(MODELS[name]).map(lambda wire: json.loads(json.dumps(wire)))


# Without the documented differences: numbers such as 8.0, lone surrogates, and characters beyond
# ASCII that are not letters.
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
    """Yield the path of each part of a JSON value."""
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
    """Generate documents with one to three changed, removed or added parts."""
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


OUTPUT_MODE: Mapping[str, Any] = {"input": "validation", "output": "serialization"}
FLATTENED = {name: kind for name, kind in REQUESTS.items() if issubclass(kind, SourcedRequest)}
CASES = [pytest.param(name, "input", id=name) for name in MODELS]
CASES += [
    pytest.param(name, "wire", id=f"{name}, on the wire")
    for name in (*FLATTENED, *sorted(MODELS.keys() - REQUESTS.keys()))
]
# There are many models.
SOME = settings(max_examples=max(4, settings.default.max_examples // 3 if settings.default else 0))


def compare_with_model(name: str, form: Form, value: Any) -> None:
    errors = [f"{e.json_path}: {e.message}" for e in validator(name, form).iter_errors(value)]
    refused = reasons(MODELS[name], form, value)
    if form == "input" and errors and not refused and validator(name, "wire").is_valid(value):
        # Epoch seconds are documented for the wire only.
        return
    # A schema cannot require different keys.
    if not refused or not all("tag keys" in reason for reason in refused):
        assert bool(errors) is bool(refused), (value, errors, refused)


@pytest.mark.sample(15)
@pytest.mark.parametrize(("name", "form"), CASES)
def test_schema_accepts_exactly_what_the_model_accepts(name: str, form: Form) -> None:
    whole = valid_documents(name) if form == "input" else wire_documents(name)

    @SOME
    @given(whole | damaged(whole, members(name, form)))
    def check(value: Any) -> None:
        compare_with_model(name, form, value)

    check()


def merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: part for value in values for key, part in value.items()}


@pytest.mark.sample(4)
@pytest.mark.parametrize("name", REQUESTS)
def test_schema_hostile_value_in_any_place_agrees_with_model(name: str) -> None:
    # Several documents together have nearly all optional fields.
    @settings(max_examples=2)
    @given(st.lists(valid_documents(name), min_size=6, max_size=6).map(merged))
    def check(whole: dict[str, Any]) -> None:
        for *path, last in places(whole):
            for junk in HOSTILE:
                value = copy.deepcopy(whole)
                parent: Any = value
                for key in path:
                    parent = parent[key]
                parent[last] = copy.deepcopy(junk)
                compare_with_model(name, "input", value)

    check()


@pytest.mark.sample(15)
@pytest.mark.parametrize("name", MODELS)
def test_dumped_model_matches_output_schema(name: str) -> None:
    @SOME
    @given(valid_documents(name))
    def check(value: Any) -> None:
        written = MODELS[name].model_validate_json(json.dumps(value)).model_dump_json(by_alias=True)
        validator(name, "output").validate(json.loads(written))

    check()


def without_epoch_seconds(schema: Any) -> Any:
    """Return a schema without numbers as timestamps."""
    if isinstance(schema, dict):
        return {key: without_epoch_seconds(part) for key, part in schema.items()}
    if isinstance(schema, list):
        is_number = [isinstance(part, dict) and "exclusiveMaximum" in part for part in schema]
        return [without_epoch_seconds(p) for p, n in zip(schema, is_number, strict=True) if not n]
    return schema


@pytest.mark.parametrize("name", sorted(MODELS.keys() - FLATTENED.keys()))
def test_wire_schema_differs_from_input_schema_in_timestamps_only(name: str) -> None:
    wire, read = json_schema(MODELS[name], form="wire"), json_schema(MODELS[name])
    assert without_epoch_seconds(wire) == without_epoch_seconds(read)
    assert (wire != read) is ('"date-time"' in json.dumps(read))


@pytest.mark.parametrize("form", ["input", "output"])
def test_schema_timestamp_is_a_string_with_a_format(form: Form) -> None:
    created = json_schema(models.Operation, form=form)["properties"]["createdAt"]
    assert created["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    plain = models.Operation.model_json_schema(mode=OUTPUT_MODE[form])["properties"]["createdAt"]
    assert plain["anyOf"] == created["anyOf"]
    date = json_schema(models.AutoSnapshotDetails, form=form)["properties"]["date"]
    assert {part.get("format") for part in date["anyOf"]} == {"date", None}


def test_wire_schema_timestamp_is_a_number_or_a_string() -> None:
    created = json_schema(models.Operation, form="wire")["properties"]["createdAt"]
    assert [part["type"] for part in created["anyOf"]] == ["number", "string", "null"]


@pytest.mark.sample(1)
@pytest.mark.parametrize("form", get_args(Form))
def test_schemas_of_all_requests_and_results_are_valid(form: Form) -> None:
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


def test_schema_fields_have_descriptions() -> None:
    for schema in ALL:
        for shape in (schema, *schema.get("$defs", {}).values()):
            flags = {name for name, one in shape.get("properties", {}).items() if "const" in one}
            for name, member in shape.get("properties", {}).items():
                refers = "$ref" in member or "anyOf" in member
                is_flag = member.get("type") == ["boolean", "null"]
                assert "description" in member or refers or is_flag or name in flags, name


def test_schema_patterns_are_portable() -> None:
    patterns = {part["pattern"] for schema in ALL for part in parts(schema) if "pattern" in part}
    assert all(isinstance(pattern, str) for pattern in patterns)
    for pattern in patterns:
        re.compile(pattern)
        # Extensions of Python, and syntax that ECMAScript supports with the flag `u` only.
        assert re.search(r"\\[pPAZzdswbDSWB]|\(\?", pattern) is None, pattern


def test_schema_discontinued_field_is_deprecated() -> None:
    marked = {
        (schema["title"], name)
        for schema in json_schemas().values()
        for shape in (schema, *schema.get("$defs", {}).values())
        for name, member in shape.get("properties", {}).items()
        if member.get("deprecated")
    }
    assert ("GetDiskResult", "gbInUse") in marked


def test_schema_generator_works_with_pydantic() -> None:
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


# Each difference in the docstring of the module.
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
        ("GetDiskResult", {"disk": {"name": "a", "createdAt": 1.5e9}}, False),
    ],
)
def test_schema_differences_are_those_documented(
    name: str, value: dict[str, Any], *, is_valid: bool
) -> None:
    assert validator(name, "input").is_valid(value) is is_valid
    assert (reasons(MODELS[name], "input", value) is None) is not is_valid
