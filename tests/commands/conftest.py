"""The registries of the verbs' own tests."""

from tests.versioning.conftest import data, pipeline, project, registry

__all__ = ["data", "pipeline", "project", "registry"]
