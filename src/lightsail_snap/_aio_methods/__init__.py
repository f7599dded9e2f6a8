# Made by scripts/make_async.py from _methods/__init__.py: change that one.
"""The methods of the client, a module for each kind; `_aio_methods` is made from it by a script."""
