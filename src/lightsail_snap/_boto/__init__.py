"""All knowledge of botocore; nothing else in the package imports it."""
