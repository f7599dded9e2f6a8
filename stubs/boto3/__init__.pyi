from typing import Any

from boto3 import session as session

def client(*args: Any, **kwargs: Any) -> Any: ...
