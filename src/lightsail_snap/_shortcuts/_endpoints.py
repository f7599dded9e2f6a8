"""Looks a request's endpoint up without asking for parameters that no operation has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.regions import EndpointRulesetResolver

from lightsail_snap._shortcuts._guard import expect

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel


def look_endpoints_up_quickly(client: BaseClient) -> None:
    """Have a client skip what an operation might have said about its endpoint, but does not.

    Values of the client's own settings, and what handlers make of them, count as ever.

    Args:
        client: The boto3 client.
    """
    resolver: Any = client._ruleset_resolver  # noqa: SLF001 - guarded by the caller
    expect(type(resolver) is EndpointRulesetResolver)
    expect(not client.meta.service_model.client_context_parameters)
    ask = resolver._resolve_param_from_context  # noqa: SLF001 - likewise
    says_something: dict[str, bool] = {}

    def resolve(param_name: str, operation_model: OperationModel, call_args: Any) -> Any:  # noqa: ANN401 - as botocore's
        name = operation_model.name
        if name not in says_something:
            says_something[name] = bool(
                operation_model.static_context_parameters
                or operation_model.context_parameters
                or operation_model.operation_context_parameters
            )
        return ask(param_name, operation_model, call_args) if says_something[name] else None

    resolver._resolve_param_from_context = resolve  # noqa: SLF001 - likewise
