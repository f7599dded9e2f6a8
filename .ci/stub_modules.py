"""Prints the dotted names of the modules that stubs/ describes."""

import pathlib

ROOT = pathlib.Path("stubs")
for stub in sorted(ROOT.rglob("*.pyi")):
    parts = stub.relative_to(ROOT).with_suffix("").parts
    print(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
