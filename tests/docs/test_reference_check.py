"""Check that the gate of the reference finds what a built page lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("griffe", reason="griffe is in the extra `docs`")
from scripts import check_reference
from scripts.check_reference import Page, Reference

pytestmark = pytest.mark.thorough  # imports the whole package and its command line

_DESCRIBED = """
<h2 id="methods">Methods</h2><img src="x">
<div class="doc doc-object doc-class">
<h3 id="lightsail_snap.Paginator" class="doc doc-heading">Paginator</h3>
<pre><code>Paginator(send, request)</code></pre>
<p>The filter is only in the text &amp; not in the code.</p>
<div class="doc doc-object doc-function">
<h4 id="lightsail_snap.Paginator.first" class="doc doc-heading">first</h4>
</div></div><p>After it.</p><script>hidden</script>
"""


def test_page_contains_objects_with_their_text_and_code() -> None:
    page = Page(_DESCRIBED)
    assert page.ids == {"methods", "lightsail_snap.Paginator", "lightsail_snap.Paginator.first"}
    assert page.code["lightsail_snap.Paginator"] == {"Paginator", "send", "request"}
    assert "first" in page.objects["lightsail_snap.Paginator"]
    assert page.objects["lightsail_snap.Paginator.first"].strip() == "first"
    assert "After it." in page.sections["methods"]
    assert "After it." not in page.objects["lightsail_snap.Paginator"]
    assert "hidden" not in page.text


def test_missing_parameters_methods_and_sections_are_found() -> None:
    found = set(check_reference.find_missing_names(Reference({"paginators": _DESCRIBED})))
    paginator = "lightsail_snap.Paginator"
    assert f"{paginator}: parameter filter" in found
    assert f"{paginator}: parameter send" not in found
    assert f"{paginator}: section Args of the docstring" in found
    assert f"{paginator}.pages" in found
    assert f"{paginator}.first" not in found
    assert f"{paginator}.first: section Returns of the docstring" in found


@pytest.fixture(scope="module")
def problems_of_empty_reference() -> list[str]:
    return check_reference.find_problems(Reference({"cli": ""}))


@pytest.mark.parametrize(
    "missing",
    [
        *("lightsail_snap.LightsailSnapClient", "lightsail_snap.plans.BackupPlan"),
        *("lightsail_snap.emulator.LightsailEmulator", "lightsail_snap.json_schema.json_schema"),
        *("lightsail_snap.notebook.load_ipython_extension", "fixture lightsail_client"),
        *("lightsail_snap.testing.strategies.histories", "lightsail_snap.testing.LightsailMock"),
        *("command create", "command auto-snapshots list", "exit code 70"),
        *("LIGHTSAIL_SNAP_OPTIMIZATIONS", "lightsail_snap.plans", "lightsail_snap_forbid_aws"),
    ],
)
def test_empty_reference_lacks_everything(
    problems_of_empty_reference: list[str], missing: str
) -> None:
    assert missing in problems_of_empty_reference


def test_missing_fields_and_attributes_are_found() -> None:
    names = ("Disk", "TransportError", "RegionName")
    pages = "".join(
        f'<div class="doc-object"><h3 id="lightsail_snap.{name}" class="doc-heading">x</h3></div>'
        for name in names
    )
    found = set(check_reference.find_missing_names(Reference({"models": pages})))
    assert "lightsail_snap.Disk: field size_in_gb" in found
    assert "lightsail_snap.TransportError: attribute request" in found
    assert "lightsail_snap.RegionName.US_EAST_1" in found


def test_option_is_found_only_as_a_whole_word() -> None:
    page = '<h2 id="create">create</h2><p>--disk-name NAME --no-wait</p>'
    found = set(check_reference.find_missing_options(Reference({"cli": page})))
    assert {"create: --disk", "create: --wait"} <= found
    assert "create: NAME" not in found
    assert "command create" not in found


def test_loggers_and_variables_of_the_code_are_required(tmp_path: Path) -> None:
    code = 'import logging\nlogging.getLogger("my.logger")\nNAME = "LIGHTSAIL_SNAP_MINE"\n'
    (tmp_path / "module.py").write_text(code, encoding="utf-8")
    reference = Reference({"environment": "<p>my.logger.child LIGHTSAIL_SNAP_MINE</p>"})
    found = set(check_reference.find_missing_settings(reference, tmp_path))
    assert found == {"my.logger", "lightsail_snap_forbid_aws"}


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<p>::: lightsail_snap.Disk</p>", "page: Markdown that was not converted"),
        ("<p>[Disk][lightsail_snap.Disk]</p>", "page: Markdown that was not converted"),
        ("<p>&lt;function f at 0x1f&gt;</p>", "page: the address of an object"),
        ('<p id="a"></p><p id="a"></p>', "page: the id a is repeated"),
        (
            _DESCRIBED.replace("request)", "limit=_MAX_PAGES)"),
            "lightsail_snap.Paginator: private _MAX_PAGES",
        ),
        ("x" * 300_001, "page: 300001 bytes, more than 300000"),
    ],
)
def test_bad_page_is_found(html: str, problem: str) -> None:
    assert list(check_reference.find_page_problems(Reference({"page": html}))) == [problem]


def test_command_reads_the_site_and_reports_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("cli", "models"):
        (tmp_path / "reference" / name).mkdir(parents=True)
        (tmp_path / "reference" / name / "index.html").write_text(_DESCRIBED, encoding="utf-8")
    assert check_reference.main(str(tmp_path)) == 1
    assert "in the reference: lightsail_snap.Disk\n" in capsys.readouterr().err
