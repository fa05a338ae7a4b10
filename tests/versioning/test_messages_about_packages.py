"""What a refusal says about trust, and about the release of a package.

Three faults: a file names the package that a user is asked to install; a user is sent to --trust,
which cannot help; and an author does not learn that others will need --trust.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

import nbmodel
from nbmodel.errors import LoadFailed, Untrusted
from nbmodel.provenance import environment
from nbmodel.versioning.loading import load_object
from nbmodel.versioning.verbs import commit
from tests.trust.crafted import name, stream

# A compiled module that names itself without its package, a module of before, a class of before.
GONE = [
    ("_loss", "CyHalfSquaredError"),
    ("sklearn.linear_model.gone", "Model"),
    ("sklearn.linear_model._base", "GoneModel"),
]


@pytest.fixture
def manifest(registry):
    registry.commit(LinearRegression(), "plain")
    return registry.show("plain").manifest


def _made_with(manifest: Any, version: str) -> Any:
    return replace(manifest, environment={**manifest.environment, "scikit-learn": version})


@pytest.mark.parametrize("pair", GONE, ids=lambda pair: pair[0])
@pytest.mark.parametrize("own", [True, False])
def test_the_error_names_the_release_that_made_the_model(manifest, pair, own):
    skeleton = stream(name(*pair), b")\x81")
    with pytest.raises(LoadFailed, match=r"made with .*scikit-learn 1\.2\.3") as caught:
        load_object(_made_with(manifest, "1.2.3"), skeleton, (), {}, "plain@1", own=own)
    assert "_loss" not in caught.value.hint
    assert "--trust" not in str(caught.value)
    if pair[1] != "GoneModel" or not own:
        assert "pip install scikit-learn==1.2.3" in caught.value.hint


@pytest.mark.parametrize("module", ["_loss", "mytools", "requests_toolbelt_x"])
def test_no_package_is_named_by_the_file(manifest, module):
    """Anybody can register the name of a module that is not here."""
    skeleton = stream(name(module, "Thing"), b")\x81")
    with pytest.raises(LoadFailed) as caught:
        load_object(manifest, skeleton, (), {}, "plain@1", own=True)
    assert "pip" not in caught.value.hint
    assert module not in caught.value.hint
    with pytest.raises(Untrusted):
        load_object(manifest, skeleton, (), {}, "plain@1", own=False)


@pytest.mark.parametrize("module", ["..", "a b", "", "os.path", "sklearn/../x", "\u202e"])
def test_odd_modules_are_refused(manifest, module):
    with pytest.raises(Untrusted):
        load_object(
            _made_with(manifest, "1.2.3"), stream(name(module, "x")), (), {}, "m@1", own=False
        )


def test_a_distribution_that_had_a_module():
    recorded = {"scikit-learn": "1.2.3", "numpy": environment.distributions(["numpy"])["numpy"]}
    assert environment.replaced(recorded, "_loss").distribution == "scikit-learn"
    assert environment.replaced(recorded, "sklearn.gone").distribution == "scikit-learn"
    assert environment.replaced(recorded, "mytools") is None
    assert environment.replaced(recorded, "numpy.gone") is None
    assert environment.replaced({"../x": "1"}, "x") is None


def test_a_commit_says_when_others_need_trust(registry):
    plain = registry.commit(LinearRegression(), "plain")
    assert plain.notice == ""
    own = registry.commit({"clip": lambda x: min(x, 1.0)}, "own")
    assert "--trust" in own.notice
    assert "a lambda" in own.notice
    assert own.notice in own.text()
    assert "a lambda" in own.html()
    assert "\n" not in own.notice


def test_a_refusal_names_the_version(registry, tmp_path, monkeypatch):
    registry.commit({"clip": lambda x: min(x, 1.0)}, "own")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another person"))
    with nbmodel.open(registry.path) as other, pytest.raises(Untrusted) as caught:
        other.checkout("own")
    assert "%model_show own@1 --cells --modules" in str(caught.value)
    assert "REF" not in str(caught.value)


def test_a_commit_of_known_classes_does_not_read_the_rules(registry, monkeypatch):
    monkeypatch.setattr(commit, "strangers", None)
    assert registry.commit(LinearRegression(), "plain").notice == ""
