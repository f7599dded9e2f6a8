"""Recover data from a broken instance: attach a copy of its system volume to another instance.

    python rescue.py web-1 helper-1

Nothing is changed on the broken instance. If the program is interrupted, run it again: it
continues.
"""

import sys
from argparse import ArgumentParser

from lightsail_snap import LightsailSnapClient, LightsailSnapError


def main() -> None:
    """Rescue the instance, and print how to mount the disk on the other one."""
    parser = ArgumentParser(description="Attach a copy of a system volume to another instance.")
    parser.add_argument("broken", help="the instance that does not work")
    parser.add_argument("helper", help="an instance of the same Region that works")
    arguments = parser.parse_args()
    with LightsailSnapClient() as client:
        rescued = client.rescue_system_volume(
            arguments.broken,
            arguments.helper,
            # The token identifies this rescue, so that a second run continues the first one. For
            # another rescue of the same instance, use another token.
            client_token=f"rescue-{arguments.broken}",
            on_progress=print,
        )
    print(f"{rescued.disk.name} is attached to {arguments.helper} at {rescued.device_path}")
    print(f"Run on {arguments.helper}:")
    for command in rescued.mount_commands:
        print(f"  {command}")


if __name__ == "__main__":
    try:
        main()
    except LightsailSnapError as error:
        # The notes list what has been done, and how to continue.
        sys.exit("\n".join([str(error), *getattr(error, "__notes__", [])]))
