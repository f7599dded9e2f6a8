"""The checks of the built site find what they should; `nox -s docs` checks the site itself."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
if not (ROOT / "mkdocs.yml").is_file():
    pytest.skip("only in a checkout", allow_module_level=True)


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module
    spec.loader.exec_module(module)
    return module


PAGE = """\
<!doctype html>
<html lang="en">
<head><title>{title}</title><meta name="description" content="About pages."></head>
<body>{body}</body>
</html>
"""
GOOD = '<h1 id="a">A</h1><h2>B</h2><h3>C</h3><p><a href="b/#b">b</a> <a href="#a">a</a></p>'
OTHER = '<h1 id="b">B</h1><p><a href="../">a</a> <img src="../pictures/p.svg" alt="P"></p>'


def build(folder: Path, body: str, *, title: str = "A") -> list[str]:
    """Write a site with two pages, and return the problems of the first."""
    pytest.importorskip("tinyhtml5", reason="needs the extra `dev`")
    (folder / "b").mkdir()
    (folder / "pictures").mkdir()
    (folder / "pictures" / "p.svg").write_text("<svg/>", encoding="utf-8")
    (folder / "index.html").write_text(PAGE.format(title=title, body=body), encoding="utf-8")
    (folder / "b" / "index.html").write_text(PAGE.format(title="B", body=OTHER), encoding="utf-8")
    return list(load("check_site").Site(folder).find_problems())


@pytest.mark.thorough
def test_good_site_has_no_problems(tmp_path: Path) -> None:
    assert build(tmp_path, GOOD) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("<h1>A</h1><p>a</b></p>", "line 4: unexpected-end-tag"),
        ("<h1>A</h1><p>a & b &foo; c</p>", "line 4: expected-named-entity"),
        ('<h1 id="a">A</h1><p id="a">a</p>', "the id a occurs 2 times"),
        ("<h2>A</h2>", "the page must begin with its only h1"),
        ("<h1>A</h1><h1>B</h1>", "the page must begin with its only h1"),
        ("<h2>A</h2><h1>A</h1>", "the page must begin with its only h1"),
        ("<p>No heading</p>", "the page must begin with its only h1"),
        ("<h1>A</h1><h3>C</h3>", "the h3 'C' follows an h1"),
        ('<h1>A</h1><img src="pictures/p.svg" alt=" ">', "the image pictures/p.svg has no"),
        ('<h1>A</h1><img src="pictures/p.svg">', "the image pictures/p.svg has no"),
        (f"<h1>A</h1><pre><code>{'x' * 89}</code></pre>", "a line of code has 89 characters"),
        ('<h1>A</h1><script src="https://example.com/x.js"></script>', "from another host"),
        ('<h1>A</h1><img src="//example.com/x.png" alt="x">', "img loads //example.com/x.png"),
        ('<h1>A</h1><pre class="mermaid">a</pre>', "loads files from another host"),
        ('<h1>A</h1><a data-md-component="source" href="b/">a</a>', "loads files from another"),
        ('<h1>A</h1><a href="c/">c</a>', "the link c/ is broken"),
        ('<h1>A</h1><a href="b/#c">c</a>', "the link b/#c has no anchor"),
        ('<h1>A</h1><a href="#c">c</a>', "the link #c has no anchor"),
    ],
)
def test_problem_of_a_page_is_found(tmp_path: Path, body: str, problem: str) -> None:
    found = build(tmp_path, body)
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.thorough
def test_problems_of_titles_and_files_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@import 'https://example.com/a.css';", encoding="utf-8")
    (tmp_path / "c.svg").write_text("a{src:url(//example.com/f.woff)}", encoding="utf-8")
    found = sorted(build(tmp_path, GOOD, title="B"))
    assert [each.partition(":")[0] for each in found] == ["a.css", "c.svg", "index.html"]
    assert "has the same title as b/index.html: B" in found[2]


@pytest.mark.thorough
def test_page_without_title_description_and_language_is_found(tmp_path: Path) -> None:
    build(tmp_path, GOOD)
    (tmp_path / "index.html").write_text(f"<!doctype html><body>{GOOD}", encoding="utf-8")
    found = list(load("check_site").Site(tmp_path).find_problems())
    kinds = ("language", "title", "description")
    assert found == [f"index.html: the page has no {kind}" for kind in kinds]


@pytest.mark.thorough
def test_picture_on_no_page_is_found(tmp_path: Path) -> None:
    build(tmp_path, GOOD)
    (tmp_path / "pictures" / "q.svg").write_text("<svg/>", encoding="utf-8")
    found = list(load("check_site").Site(tmp_path).find_problems())
    assert found == ["pictures/q.svg: no page shows this picture"]


def test_description_is_the_first_paragraph() -> None:
    page = type("Page", (), {"meta": {}})()
    load("site_hooks").on_page_content("<h1>A</h1><p>Use <b>a</b> &amp;\nb.</p><p>C</p>", page=page)
    assert page.meta == {"description": "Use a & b."}
    load("site_hooks").on_page_content("<p>Other</p>", page=page)
    assert page.meta == {"description": "Use a & b."}


def test_long_description_ends_after_a_word() -> None:
    page = type("Page", (), {"meta": {}})()
    load("site_hooks").on_page_content(f"<p>{'word ' * 99}</p>", page=page)
    assert re.fullmatch(r"(word )+\.\.\.", page.meta["description"])
    assert len(page.meta["description"]) <= 204


def test_page_without_paragraphs_has_no_description() -> None:
    page = type("Page", (), {"meta": {}})()
    load("site_hooks").on_page_content("<h1>A</h1>", page=page)
    assert page.meta == {}


def test_names_in_inline_code_stay_whole() -> None:
    page = type("Page", (), {"meta": {}})()
    content = (
        "<p><code>lightsail-snap copy --from R</code> --a <code>x--y</code></p>"
        "<p><code>lightsail-snapper</code></p><pre><code>\n--b\n</code></pre>"
    )
    changed = load("site_hooks").on_page_content(content, page=page)
    for name in ("lightsail-snap", "--from"):
        content = content.replace(f"{name} ", f'<span class="whole">{name}</span> ')
    assert changed == content


@pytest.mark.parametrize(
    ("page", "long"),
    [
        (f"{'word ' * 25}end.", 1),
        (f"{'word ' * 24}end.", 0),
        (f"# {'word ' * 30}\n\n| {'word ' * 30}|\n\n```sh\n{'word ' * 30}\n```\n", 0),
        (f"---\na: {'word ' * 30}\n---\n\nOne.\n", 0),
        (f"1. {'word ' * 20}\n2. {'word ' * 20}\n   more\n- {'word ' * 20}\n", 0),
        (f"1. {'word ' * 20}\n   {'word ' * 20}\n", 1),
        (f"A `{'word ' * 30}` and [a]({'x' * 99}).", 0),
        (f"{'word ' * 20}: {'word ' * 20}; {'word ' * 20}. {'word ' * 20}", 0),
    ],
)
def test_long_sentences_are_found(
    page: str, long: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("plain_english")
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "_files", lambda _paths: ["page.md"])
    assert len(list(module.long_sentences([]))) == long


@pytest.mark.thorough
def test_every_printed_result_is_shown() -> None:
    block = re.compile(
        r"^```python\n(.*?)^```\n\n(```text|!\[|\?\?\?|Run it )?", re.MULTILINE | re.DOTALL
    )
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for code, shown in block.findall(page.read_text(encoding="utf-8")):
            assert shown or not re.search("^print\\(", code, re.MULTILINE), (page.name, code)


def test_landing_page_counts_the_operations() -> None:
    from lightsail_snap import models  # noqa: PLC0415 - only this test needs it

    requests = (getattr(models, name) for name in models.__all__ if name.endswith("Request"))
    operations = {getattr(each, "operation_name", None) for each in requests} - {None}
    page = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert f"| Operations of Lightsail | {len(operations)}: snapshots, disks, instances |" in page
