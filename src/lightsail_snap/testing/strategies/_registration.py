"""Registration of a strategy for every public class, so that `from_type` finds it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap import emulator, models, plans, quiesce, retention, transport, waiters
from lightsail_snap import errors as library_errors
from lightsail_snap.clock import Clock, SystemClock, VirtualClock
from lightsail_snap.models import OpenEnum, PagedRequest, PagedResult, Request, Result
from lightsail_snap.models._base import RequestModel, ResultModel
from lightsail_snap.testing.strategies import (
    _errors,
    _histories,
    _hostile,
    _plans,
    _requests,
    _resources,
    _settings,
)

_Make: TypeAlias = Callable[[], SearchStrategy[Any]]


def _models() -> list[type[Any]]:
    classes = (each for each in models.exported().values() if inspect.isclass(each))
    return [each for each in classes if each.__module__.startswith(models.__name__)]


def _subclasses(base: type[Any]) -> list[type[Any]]:
    """Return the public models below a base class that has no values of its own."""
    bases = {Request, Result, PagedRequest, PagedResult, OpenEnum}
    return [each for each in _models() if issubclass(each, base) and each not in bases]


def _one_of(base: type[Any], make: Callable[[Any], SearchStrategy[Any]]) -> _Make:
    return lambda: st.one_of(*map(make, _subclasses(base)))


def _strategies_of_models() -> Iterator[tuple[type[Any], _Make]]:
    yield Request, _requests.requests
    yield PagedRequest, _one_of(PagedRequest, _requests.requests_of)
    yield Result, _one_of(Result, _resources.results)
    yield PagedResult, _one_of(PagedResult, _resources.results)
    yield OpenEnum, _one_of(OpenEnum, _hostile.enum_members)
    yield models.ResponseMetadata, _settings.response_metadata
    # Results last: a ResourceTag is also a Tag, and the last strategy of a class counts.
    for base, make in (
        (OpenEnum, _hostile.enum_members),
        (RequestModel, _requests.requests_of),
        (ResultModel, _resources.results),
    ):
        yield from ((each, partial(make, each)) for each in _subclasses(base))


def _strategies_of_plans() -> Iterator[tuple[type[Any], _Make]]:
    yield retention.RetentionPolicy, _histories.retention_policies
    yield retention.Scope, _histories.scopes
    yield plans.BackupPlan, _plans.backup_plans
    yield plans.Selection, _plans.selections
    yield plans.Quiesce, _plans.quiesces
    yield plans.Source, _plans.sources
    yield plans.Inventory, _plans.inventories
    yield plans.Run, _plans.runs
    yield plans.TakeStep, partial(_plans.steps, plans.TakeStep)
    yield plans.CopyStep, partial(_plans.steps, plans.CopyStep)
    yield plans.DeleteStep, partial(_plans.steps, plans.DeleteStep)
    yield plans.StepResult, _plans.step_results
    yield plans.RunResult, _plans.run_results
    yield plans.DeletionRecord, _plans.deletion_records
    yield plans.PrunedSnapshot, _plans.pruned_snapshots
    yield plans.PruneResult, _plans.prune_results
    yield plans.PlanOutcome, _plans.plan_outcomes
    yield plans.FleetResult, _plans.fleet_results
    yield plans.RegionalClients, _plans.regional_clients


def _strategies_of_settings() -> Iterator[tuple[type[Any], _Make]]:
    yield waiters.WaitPolicy, _settings.wait_policies
    yield waiters.WaitProgress, _settings.wait_progress
    yield waiters.GroupProgress, _settings.group_progress
    yield waiters.StepProgress, _settings.step_progress
    yield quiesce.CommandHooks, _settings.command_hooks
    yield quiesce.FileSystemFreeze, _settings.file_system_freezes
    yield Clock, _settings.virtual_clocks
    yield VirtualClock, _settings.virtual_clocks
    yield SystemClock, partial(st.builds, SystemClock)
    yield emulator.Pace, _settings.paces
    yield emulator.FailedOperation, _settings.failed_operations
    yield emulator.Progression, _settings.progressions
    yield emulator.Fault, _settings.faults
    yield emulator.Response, _settings.http_responses
    yield transport.Response, _settings.responses
    yield library_errors.Violation, _errors.violations
    yield library_errors.SerializedCause, _errors.ERRORS[library_errors.SerializedCause]


def _strategies_of_errors() -> Iterator[tuple[type[Any], _Make]]:
    for each in vars(library_errors).values():
        if inspect.isclass(each) and issubclass(each, library_errors.LightsailSnapError):
            yield each, partial(_errors.errors_of, each)


def _register(kind: type[Any], make: _Make) -> None:
    # A function, so that a strategy is built when it is first used.
    st.register_type_strategy(kind, lambda _annotation: make())


def register() -> None:
    """Register a strategy for every public class."""
    for kind, make in (
        *_strategies_of_models(),
        *_strategies_of_plans(),
        *_strategies_of_settings(),
        *_strategies_of_errors(),
    ):
        _register(kind, make)
    st.register_type_strategy(retention.RetentionPlan, _histories.retention_plans)
    st.register_type_strategy(retention.RetentionDecision, _histories.retention_decisions)
