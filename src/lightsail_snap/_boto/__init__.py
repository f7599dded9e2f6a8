"""Everything in the client that depends on botocore."""
