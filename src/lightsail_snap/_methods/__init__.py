"""The methods of the client, a module for each kind; `_aio_methods` is made from it by a script."""
