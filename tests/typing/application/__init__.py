"""An application as users write it; it imports only public names of the package.

Type checkers must accept every line, and `test_application.py` runs it on the emulator.
"""
