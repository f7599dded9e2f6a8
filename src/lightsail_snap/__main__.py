"""`python -m lightsail_snap` is the command."""

import sys

from lightsail_snap.cli import main

if __name__ == "__main__":
    sys.exit(main())
