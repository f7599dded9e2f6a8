"""`python -m lightsail_snap` is the command."""

from lightsail_snap.cli import entry

if __name__ == "__main__":
    entry()
