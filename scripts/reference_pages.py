"""Contents of the pages in docs/reference/, which `make_exports.py` writes.

Each page begins with a title and an introduction, which people write. Everything below `MARKER` is
generated: the names that a page describes, the index of all names and the commands.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SOURCES = Path(__file__).resolve().parents[1] / "src"
FOLDER = SOURCES.parent / "docs" / "reference"
MARKER = "<!-- Generated below by scripts/make_exports.py; do not edit. -->"
_CLIENT = "lightsail_snap.LightsailSnapClient"
_ASYNC_CLIENT = "lightsail_snap.AsyncLightsailSnapClient"
_STRATEGIES = "lightsail_snap.testing.strategies"
_COMMON_OPTION_COUNT = 10
"""An option of this many commands is described once."""


class Section(NamedTuple):
    """Names under one heading of a page, in the order of their definitions."""

    title: str
    modules: tuple[str, ...] = ()
    """Modules whose public names are described."""
    methods: str = ""
    """Comment in `client.py` above the methods that are described."""


def _topic(methods: str, *modules: str) -> tuple[Section, ...]:
    return Section("Methods of the client", methods=methods), Section("Models", modules)


PAGES: Mapping[str, tuple[Section, ...]] = {
    "client": (Section("Create a client", ("client",)),),
    "async_client": (Section("Create an async client", ("aio",)),),
    "disk_snapshots": _topic("Disk snapshots", "models.disk_snapshots"),
    "instance_snapshots": _topic("Instance snapshots", "models.instance_snapshots"),
    "auto_snapshots": _topic("Automatic snapshots", "models.auto_snapshots"),
    "copies": (
        Section("Copies", methods="Copies of snapshots"),
        Section("Exports", methods="Exports to Amazon EC2"),
        Section("Models", ("models.snapshots",)),
    ),
    "disks": (
        Section("Methods of the client", methods="Disks"),
        Section("Rescues and roll backs", ("rescue", "roll_back")),
        Section("Models", ("models.disks",)),
    ),
    "instances": _topic("Instances", "models.instances"),
    "add_ons": _topic("Add-ons", "models.add_ons"),
    "tags": _topic("Tags", "models.tags", "models.tagging"),
    "operations": _topic("Operations", "models.operations"),
    "enumerations": (Section("Classes", ("models.enums",)),),
    "models": (
        Section("Requests and results", ("models._base",)),
        Section("Sources", ("models.source",)),
        Section("Parts of resources", ("models.resources", "models.poll_results")),
    ),
    "paginators": (Section("Classes"),),
    "waiting": (Section("Time limits and progress", ("waiters",)),),
    "retention": (
        Section("Method of the client", methods="Retention"),
        Section("Policies and their results", ("retention",)),
    ),
    "plans": (
        Section("Plans", ("plans._model",)),
        Section("Dry runs", ("plans._planning",)),
        Section("Apply a run", ("plans._apply",)),
        Section("Results", ("plans._results", "plans._deletion_results")),
        Section("Many plans", ("plans._fleet",)),
        Section("Prune", ("plans._prune",)),
        Section("Inventories", ("plans._inventory",)),
        Section("Clients of several Regions and accounts", ("plans._sessions",)),
    ),
    "quiesce": (Section("Context managers", ("quiesce",)),),
    "errors": (Section("Classes", ("errors",)),),
    "emulator": (
        Section("Emulator", ("emulator._emulator", "emulator._run")),
        Section("Progress of operations", ("emulator._progression",)),
        Section("Faults", ("emulator._faults", "emulator._wire")),
    ),
    "testing": (
        Section("Fixtures", ("testing._pytest_plugin",)),
        Section("Mock of boto3 clients", ("testing._mock",)),
    ),
    "strategies": (Section("Functions"),),
    "transport": (Section("Transport", ("transport",)), Section("Clocks", ("clock",))),
    "json_schema": (Section("Functions and classes", ("json_schema",)),),
    "notebook": (Section("Extension", ("notebook",)),),
    "cli": (),
    "index": (Section("Version", ("_version",)),),
}
# Pages that begin with the docstring of a module.
_OVERVIEWS = {
    "errors": "errors",
    "json_schema": "json_schema",
    "plans": "plans",
    "quiesce": "quiesce",
    "strategies": "testing.strategies",
    "transport": "transport",
    "waiting": "waiters",
}
# Described on another page than the rest of their module.
_ELSEWHERE = {"Paginator": "paginators", "AsyncPaginator": "paginators"}


def _parse(module: str) -> ast.Module:
    path = SOURCES.joinpath("lightsail_snap", *module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def _defined_names(module: str) -> list[str]:
    """Return the names that a module defines, in their order."""
    names: list[str] = []
    for node in _parse(module).body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.append(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.append(name)
            case _:
                pass
    return list(dict.fromkeys(names))


def _reexported(package: str) -> dict[str, str]:
    """Return the module of each name that a package imports by `import X as X`."""
    return {
        alias.name: str(node.module).removeprefix("lightsail_snap.")
        for node in ast.walk(_parse(package))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }


def fixture_names() -> list[str]:
    """Return the names of the fixtures of the pytest plugin."""
    return [
        node.name
        for node in _parse("testing._pytest_plugin").body
        if isinstance(node, ast.FunctionDef)
        and any("pytest.fixture" in ast.unparse(each) for each in node.decorator_list)
    ]


def _public_paths(exports: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the dotted names to describe for each module: by the name in the module."""
    found: dict[str, dict[str, str]] = {}
    for name, module in exports.items():
        found.setdefault(module, {})[name] = f"lightsail_snap.{name}"
    for package in ("plans", "emulator", "testing", "testing.strategies"):
        for name, module in _reexported(package).items():
            found.setdefault(module, {})[name] = f"lightsail_snap.{package}.{name}"
    for module in ("json_schema", "notebook"):
        assigned = next(
            node.value
            for node in _parse(module).body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )
        names = ast.literal_eval(assigned)
        found[module] = {name: f"lightsail_snap.{module}.{name}" for name in names}
    plugin = "testing._pytest_plugin"
    found[plugin] = {name: f"lightsail_snap.{plugin}.{name}" for name in fixture_names()}
    found["_version"] = {"__version__": "lightsail_snap.__version__"}
    return found


def _methods() -> dict[str, list[str]]:
    """Return the methods of the client under each comment of `client.py`."""
    source = (SOURCES / "lightsail_snap" / "client.py").read_text(encoding="utf-8")
    section = source.partition("    # <methods>\n")[2].partition("    # </methods>")[0]
    parts = re.split(r"^    # (.+)\n", section, flags=re.MULTILINE)
    found = {
        title: re.findall(r"^    def ([a-z]\w*)", body, re.MULTILINE)
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {title: names for title, names in found.items() if names}


def _summaries(module: str, class_name: str) -> dict[str, tuple[str, bool]]:
    """Return the summary of each method of a class, and whether it is a coroutine function."""
    definition = next(
        node
        for node in _parse(module).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    return {
        node.name: (
            (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " "),
            isinstance(node, ast.AsyncFunctionDef),
        )
        for node in definition.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _method_tables(pages_of: Mapping[str, str]) -> Iterator[str]:
    """Yield the tables of all methods of the client, with a link to the page of each."""
    summaries = _summaries("client", "LightsailSnapClient")
    for title, names in _methods().items():
        if title in pages_of:
            yield from ("", f"### {title}", "", "| Method | Purpose |", "|---|---|")
            for name in names:
                yield f"| [`{name}`][{_CLIENT}.{name}] | {summaries[name][0]} |"


def _async_tables() -> Iterator[str]:
    """Yield the table of the methods of the async client."""
    summaries = _summaries("aio", "AsyncLightsailSnapClient")
    for title, names in _methods().items():
        yield from ("", f"### {title}", "", "| Call | Purpose |", "|---|---|")
        for name in names:
            summary, is_coroutine = summaries[name]
            call = (
                f"await client.{name}(...)"
                if is_coroutine
                else f"async for ... in client.{name}(...)"
            )
            is_described = name == "send"
            anchor = "" if is_described else f' id="{_ASYNC_CLIENT}.{name}"'
            code = f"<code{anchor}>{call}</code>"
            target = _ASYNC_CLIENT if is_described else _CLIENT
            yield f"| [{code}][{target}.{name}] | {summary} |"


def _order(module: str, paths: Mapping[str, str]) -> list[str]:
    """Return the names of a module in the order in which readers search for them."""
    defined = [name for name in _defined_names(module) if name in paths]
    if missing := paths.keys() - set(defined):
        sys.exit(f"{module} does not define {', '.join(sorted(missing))}")
    if module == "models.enums":
        return sorted(defined, key=lambda name: (name != "OpenEnum", name))
    if not module.startswith("models.") or module in {"models._base", "models.source"}:
        return defined
    # Resources first, then pairs of a request and its result.
    return sorted(defined, key=lambda n: (n.endswith(("Request", "Result")), n))


def _block(path: str, *members: str) -> Iterator[str]:
    yield from ("", f"::: {path}")
    if members:
        yield from ("    options:", f"      members: [{', '.join(members)}]")


def _overview(module: str) -> Iterator[str]:
    yield from ("", f"::: lightsail_snap.{module}", "    options:", "      members: false")
    yield from ("      show_root_heading: false", "      show_root_toc_entry: false")


def _section(page: str, section: Section, paths: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield from ("", f"## {section.title}")
    for name in _methods().get(section.methods, ()):
        yield from _block(f"{_CLIENT}.{name}")
    for module in section.modules:
        for name in _order(module, paths[module]):
            if _ELSEWHERE.get(name, page) != page:
                continue
            members = ("region_name", "send", "close") if name.endswith("SnapClient") else ()
            yield from _block(paths[module][name], *members)
    if page == "paginators":
        for name in _ELSEWHERE:
            yield from _block(f"lightsail_snap.{name}")
    if page == "strategies":
        names = _reexported("testing.strategies")
        for name in sorted(names, key=lambda each: (each.startswith("hostile"), each.lower())):
            yield from _block(f"{_STRATEGIES}.{name}")


def _check(paths: Mapping[str, Mapping[str, str]]) -> None:
    """Exit if a module or a group of methods belongs to no page, or to several."""
    sections = [each for sections in PAGES.values() for each in sections]
    modules = [module for each in sections for module in each.modules]
    expected = {module for module in paths if not module.startswith("testing.strategies.")}
    titles = [each.methods for each in sections if each.methods]
    if sorted(modules) != sorted(expected) or {*titles} != _methods().keys() - {"Any operation"}:
        difference = {*modules} ^ expected | {*titles} ^ (_methods().keys() - {"Any operation"})
        sys.exit(f"scripts/reference_pages.py: PAGES must contain once: {sorted(difference)}")


def _index(introductions: Mapping[str, str], bodies: Mapping[str, str]) -> Iterator[str]:
    yield from ("", "## All names", "")
    for page, body in bodies.items():
        names = re.findall(r"^::: (\S+)$", body, re.MULTILINE)
        overview = f"lightsail_snap.{_OVERVIEWS.get(page, '')}"
        names = [name for name in names if name != overview and not name.startswith(f"{_CLIENT}.")]
        title = introductions[page].splitlines()[0].removeprefix("# ")
        links = ", ".join(f"[{name.rpartition('.')[2]}][{name}]" for name in names)
        yield f"- [{title}]({page}.md)" + (f": {links}" if links else "")


def generate_pages(exports: Mapping[str, str]) -> dict[Path, str]:
    """Return the text of each page.

    Args:
        exports: The module of every public name of the package, relative to the package.
    """
    paths = _public_paths(exports)
    _check(paths)
    introductions = {
        page: (FOLDER / f"{page}.md").read_text(encoding="utf-8").partition(MARKER)[0].rstrip()
        for page in PAGES
    }
    bodies: dict[str, str] = {}
    for page, sections in PAGES.items():
        lines = [line for each in sections for line in _section(page, each, paths)]
        if page in _OVERVIEWS:
            lines = [*_overview(_OVERVIEWS[page]), *lines]
        if page == "client":
            pages_of = {each.methods: page for page, many in PAGES.items() for each in many}
            lines += ["", "## All methods", *_method_tables(pages_of)]
        elif page == "async_client":
            lines += ["", "## All methods", *_async_tables()]
        elif page == "cli":
            lines += _commands()
        elif page == "index":
            lines = [*_index(introductions, bodies), *lines]
        bodies[page] = "\n".join(lines)
    return {
        FOLDER / f"{page}.md": f"{introductions[page]}\n\n{MARKER}\n{body}\n"
        for page, body in bodies.items()
    }


def iter_commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its arguments, such as `auto-snapshots list`; groups come first."""
    from lightsail_snap.cli._app import COMMANDS, load_command  # noqa: PLC0415 - the index is written first

    def walk(name: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's types are private
        yield name, command
        for below, each in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {below}", each)

    for name in COMMANDS:
        yield from walk(name, load_command(name))


def global_options() -> list[Any]:
    """Return the options of the program itself."""
    import typer.main  # noqa: PLC0415 - likewise

    from lightsail_snap.cli._app import app  # noqa: PLC0415 - likewise

    command: Any = typer.main.get_command(app)
    return visible(command)


def visible(command: Any) -> list[Any]:  # noqa: ANN401 - typer's types are private
    """Return the arguments and options of a command that its help shows."""
    return [each for each in command.params if not each.hidden]


def is_argument(parameter: Any) -> bool:  # noqa: ANN401 - typer's types are private
    """Return True for an argument, False for an option."""
    return not parameter.opts[0].startswith("-")


def label(parameter: Any) -> str:  # noqa: ANN401 - typer's types are private
    """Return the spelling of an argument or option: `NAME` or `--name`, `-n`."""
    if is_argument(parameter):
        return str(parameter.metavar or parameter.name.upper())
    names: list[str] = sorted(parameter.opts, key=len, reverse=True)
    return ", ".join([*names, *parameter.secondary_opts])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _values(parameter: Any) -> str:  # noqa: ANN401 - typer's types are private
    """Return the values that an option accepts."""
    if parameter.is_flag:
        return ""
    kind = parameter.type_descriptor.annotation
    choices = getattr(kind, "__args__", ())
    if choices and all(isinstance(each, str) for each in choices):
        return " " + "|".join(choices)
    names = {"int": "N", "float": "N", "Path": "FILE"}
    return f" {parameter.metavar or names.get(getattr(kind, '__name__', ''), 'TEXT')}"


def _default(parameter: Any) -> str:  # noqa: ANN401 - typer's types are private
    """Return a sentence about the default of an option, if its help has none."""
    if parameter.required:
        return " Required."
    if parameter.secondary_opts:
        return (
            f" Default: `{(parameter.opts if parameter.default else parameter.secondary_opts)[0]}`."
        )
    if parameter.default in (None, False, (), []):
        return ""
    return f" Default: `{parameter.default}`."


def _with_default(parameter: Any) -> tuple[str, int]:  # noqa: ANN401 - typer's types are private
    """Return the help, with the default that it gives in brackets as a sentence, if any."""
    return re.subn(r" ?\[default: (.*?)\]", r" Default: \1.", parameter.help or "")


def _option_rows(parameters: list[Any]) -> Iterator[str]:
    yield from ("", "| Option | Description |", "|---|---|")
    for each in parameters:
        help_text, has_default = _with_default(each)
        sentence = help_text if has_default else f"{help_text}{_default(each)}"
        names = ", ".join(f"`{_cell(name + _values(each))}`" for name in label(each).split(", "))
        yield f"| {names} | {_cell(sentence)} |"


def _key(parameter: Any) -> tuple[str, str]:  # noqa: ANN401 - typer's types are private
    return label(parameter), parameter.help or ""


def _commands() -> Iterator[str]:
    commands = list(iter_commands())
    options = [o for _, command in commands for o in visible(command) if not is_argument(o)]
    counts = Counter(map(_key, options))
    common = {_key(o): o for o in options if counts[_key(o)] >= _COMMON_OPTION_COUNT}
    listed = {_key(each): each for each in global_options()} | common
    yield from ("", "## Common options", "", "Options of the program and of most commands:")
    yield from _option_rows(list(listed.values()))
    for name, command in commands:
        yield from _command(name, command, common)
    yield from _exit_codes()


def _command(name: str, command: Any, common: Mapping[tuple[str, str], Any]) -> Iterator[str]:  # noqa: ANN401 - typer's types are private
    parameters = visible(command)
    arguments = [each for each in parameters if is_argument(each)]
    own = [each for each in parameters if not is_argument(each) and _key(each) not in common]
    usage = [f"lightsail-snap {name}"]
    for each in arguments:
        many = "..." if each.nargs == -1 else ""
        usage.append(f"{label(each)}{many}" if each.required else f"[{label(each)}]{many}")
    is_group = bool(getattr(command, "commands", None))
    usage.append("COMMAND" if is_group else "[OPTIONS]")
    yield from ("", f"## {name}", "", "```text", " ".join(usage), "```", "")
    yield inspect.cleandoc(command.help or "")
    if command.epilog:
        # A line of prose ends with a colon, and its command is indented.
        lines = [
            line if line[:1].isspace() else f"# {line}" for line in command.epilog.splitlines()
        ]
        yield from ("", "```text", *(line.strip() for line in lines if line.strip("# ")), "```")
    if is_group:
        yield ""
        yield from (f"- [{name} {each}](#{name}-{each})" for each in command.commands)
    if arguments:
        yield from ("", "| Argument | Description |", "|---|---|")
        yield from (f"| `{label(each)}` | {_cell(_with_default(each)[0])} |" for each in arguments)
    panels = dict.fromkeys(each.rich_help_panel or "Options" for each in own)
    for panel in panels:
        if len(panels) > 1:
            yield from ("", f"**{panel}**")
        yield from _option_rows([e for e in own if (e.rich_help_panel or "Options") == panel])
    shared = [f"`{label(each)}`" for each in parameters if _key(each) in common]
    if shared:
        yield from ("", f"Also: {', '.join(shared)}; see [Common options](#common-options).")


def _exit_codes() -> Iterator[str]:
    from lightsail_snap.cli._errors import ExitCode  # noqa: PLC0415 - likewise

    body = next(
        node.body
        for node in _parse("cli._errors").body
        if isinstance(node, ast.ClassDef) and node.name == "ExitCode"
    )
    texts = {
        ast.unparse(assigned.targets[0]): text.value.value
        for assigned, text in itertools.pairwise(body)
        if isinstance(assigned, ast.Assign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
    yield from ("", "## Exit codes", "", "| Code | Meaning |", "|---|---|")
    yield from (f"| {each.value} | {_cell(str(texts[each.name]))} |" for each in ExitCode)
