"""A branch of another form where lines of versions belong: verify names what keeps git from one."""

from __future__ import annotations

import pytest

from nbmodel.errors import GitFailed
from nbmodel.versioning.registry import open_registry
from tests.builder import Builder


@pytest.mark.parametrize("ref", ["refs/heads/models", "refs/heads/models/churn"])
def test_verify_names_the_branch_that_is_in_the_way(tmp_path, ref):
    builder = Builder(tmp_path / "r.git")
    builder.set_ref(ref, builder.commit(builder.tree()))
    with open_registry(builder.path) as registry:
        with pytest.raises(GitFailed, match="cannot lock ref"):
            registry.commit([1], "churn")
        assert f"{ref} " in registry.verify().text()


def test_a_line_of_versions_and_branches_of_the_code_are_not(tmp_path):
    builder = Builder(tmp_path / "r.git")
    builder.set_ref("refs/heads/modelsx", builder.commit(builder.tree()))
    with open_registry(builder.path) as registry:
        registry.commit([1], "churn")
        assert "not a line of versions" not in registry.verify().text()
