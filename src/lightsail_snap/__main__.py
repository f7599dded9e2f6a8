"""`python -m lightsail_snap` is the command."""

import sys

from lightsail_snap.cli import main

sys.exit(main())
