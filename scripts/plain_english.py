"""List words and phrases that are not standard English for what they mean here.

    python scripts/plain_english.py                 list every occurrence; exit with 1 if there are
    python scripts/plain_english.py --count         print the number for each folder
    python scripts/plain_english.py PATH ...        check only these files and folders
    python scripts/plain_english.py --sentences     list sentences of more than 25 words in pages

Every tracked text file is read: prose, comments, messages and identifiers. A line that quotes such
a word, for example from another program's output, says `quoted` in a comment.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("src", "tests", "scripts", "benchmarks", "docs", "examples", "stubs")
FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "noxfile.py", "pyproject.toml")
SUFFIXES = {".md", ".py", ".pyi", ".toml", ".yaml", ".yml"}

# Each term with its replacement. Words with another, standard meaning are matched in phrases only.
TERMS = {
    r"programmes?": "workflow",
    r"flows?": "workflow",
    r"looks?(?! (?:it |one |them |each )?up|_up|ed)|looked (?:at|for)|looking (?:at|for)": (
        "poll, check, look up"
    ),
    r"answer(?:s|ed|ing)?": "response, reply",
    r"asks?|asked|asking": "call, request, prompt",
    r"tells?|told|telling": "report, receive, return",
    r"says?|said|saying": "report, state",
    r"things?": "resource, object, value",
    r"laws?": "invariant, property",
    r"judges?|judged|judging|judgement": "oracle, classify, evaluate",
    r"mends?|mended|mending": "fix",
    r"bears?|bearing|borne?": "have, be tagged",
    r"rooms?|houses?": "module, package",
    r"doors?": "interface, transport",
    r"worlds?": "state",
    r"strangers?|somebody|nobody|anybody|everybody|whoever|whatever it": "another client, name it",
    r"surely|mere|merely": "definitely, only",
    r"(?:of|on) (?:ours|our own)|ours|theirs": "name it",
    r"hand(?:s|ed|ing)? (?:in|over|out)|handed_in|handed": "pass, inject",
    r"passing (?:fault|error)s?": "transient error",
    r"held against|holds? against": "compare with",
    r"(?:comes?|came) to(?! an? )": "result in",
    r"upper end": "upper bound",
    r"(?:goes|went|going|go) on": "continue",
    r"awaited": "waited for",
    r"shortcuts?": "fast path, optimization",
    r"goners?": "to_delete",
    r"deeds?": "action",
    r"patience|patiently|patient": "retry policy",
    r"anew": "again",
    r"of its like|or its like|the like": "for example",
    r"regions? of copies|regions? that (?:is|are) away": "copy region, unreachable region",
    r"that which": "name it",
}
_PATTERN = re.compile(
    "|".join(f"(?P<t{n}>{term})" for n, term in enumerate(TERMS)).join(
        ("(?<![A-Za-z])(?:", ")(?![A-Za-z])")
    ),
    re.IGNORECASE,
)
# Data from elsewhere, and this list itself.
_EXCLUDED = ("tests/fuzz/corpus/", "tests/vectors/", "scripts/plain_english.py")


def _files(paths: list[str]) -> Iterator[str]:
    command = ["git", "ls-files", "--", *(paths or [*FOLDERS, *FILES])]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 - fixed arguments
    for name in listed.splitlines():
        if Path(name).suffix in SUFFIXES and not name.startswith(_EXCLUDED):
            yield name


def occurrences(paths: list[str]) -> Iterator[tuple[str, int, str, str]]:
    """Yield file, line number, term and replacement of every occurrence."""
    replacements = list(TERMS.values())
    for name in _files(paths):
        path = ROOT / name
        if not path.exists():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "quoted" in line:
                continue
            for match in _PATTERN.finditer(line):
                group = str(match.lastgroup)
                yield name, number, match[0], replacements[int(group[1:])]


MAX_WORDS = 25
# The second one is a list of names.
_NO_SENTENCES = {"CHANGELOG.md", "docs/reference/index.md"}
_FRONT_MATTER = re.compile(r"\A---\n.*?^---$", re.MULTILINE | re.DOTALL)
# Lines without prose: headings, tables, comments, titles of admonitions, templates.
_NO_PROSE = re.compile(r"\s*(?:#|\||<|!!!|\?\?\?|===|:::|\[\^?[^]]+\]: )")
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+")
_ONE_WORD = re.compile(r"`[^`]+`")
_NO_WORD = re.compile(r"(?<=\])\([^)]*\)|\{[:. ][^}]*\}")
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\W*\s+")


def _paragraphs(page: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each paragraph and list item of a page."""
    page = _FRONT_MATTER.sub(lambda match: "\n" * match[0].count("\n"), page)
    start, lines, is_code = 1, list[str](), False
    for number, line in enumerate([*page.splitlines(), ""], 1):
        is_fence = line.lstrip().startswith("```")
        is_break = is_code or is_fence or not line.strip() or _NO_PROSE.match(line) is not None
        if lines and (is_break or _ITEM.match(line)):
            yield start, " ".join(lines)
            lines = []
        if not is_break:
            start = start if lines else number
            lines.append(_ITEM.sub("", line).strip())
        is_code ^= is_fence


def long_sentences(paths: list[str]) -> Iterator[tuple[str, int, int, str]]:
    """Yield file, line number, number of words and text of every long sentence of a page."""
    for name in _files(paths):
        if not name.endswith(".md") or name in _NO_SENTENCES:
            continue
        for line, paragraph in _paragraphs((ROOT / name).read_text(encoding="utf-8")):
            prose = _NO_WORD.sub("", _ONE_WORD.sub("Code", paragraph))
            for sentence in _SENTENCE_END.split(prose):
                if (count := len(re.findall(r"\S*\w\S*", sentence))) > MAX_WORDS:
                    yield name, line, count, sentence


def main() -> int:
    """Print the occurrences or their number, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", help="files and folders; all if none is given")
    parser.add_argument("--count", action="store_true", help="print the number for each folder")
    parser.add_argument("--sentences", action="store_true", help="list long sentences of pages")
    options = parser.parse_args()
    if options.sentences:
        found = list(long_sentences(options.paths))
        for name, line, count, sentence in found:
            print(f"{name}:{line}: {count} words: {sentence}")
        return 1 if found else 0
    counts: Counter[str] = Counter()
    for name, number, term, replacement in occurrences(options.paths):
        counts[name.split("/", 1)[0]] += 1
        if not options.count:
            print(f"{name}:{number}: {term!r}; write for example: {replacement}")
    if options.count:
        for folder, count in counts.most_common():
            print(f"{count:6} {folder}")
    return 1 if counts else 0


if __name__ == "__main__":
    sys.exit(main())
