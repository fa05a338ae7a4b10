import subprocess
import sys
from importlib.metadata import version

from nbmodel.provenance import environment
from nbmodel.provenance.environment import (
    PackageChange,
    distributions,
    package_changes,
    requirements,
)


def test_modules_of_a_skeleton_name_their_distributions():
    modules = ["sklearn.linear_model._logistic", "numpy._core.multiarray", "numpy", "pandas.core"]
    expected = {name: version(name) for name in ("numpy", "pandas", "scikit-learn")}
    assert distributions(modules) == expected
    assert list(distributions(modules)) == sorted(expected)


def test_the_standard_library_and_the_users_own_modules_are_left_out():
    assert distributions(["builtins", "__main__", "collections.abc", "my_own_module", ""]) == {}


def test_known_names_are_found_without_reading_every_distribution():
    code = (
        "from nbmodel.provenance import environment as e\n"
        "e.distributions(['sklearn.svm', 'numpy', 'scipy.sparse', 'xgboost.core', 'torch'])\n"
        "assert e._all.cache_info().misses == 0\n"
        "assert list(e.distributions(['git.repo', 'dateutil'])) == ['gitpython', 'python-dateutil']"
        " or list(e.distributions(['git.repo'])) == ['GitPython']\n"
        "assert e._all.cache_info().misses == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_editable_install_has_no_version_to_record(tmp_path, monkeypatch):
    info = tmp_path / "loose_dist-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loose_dist\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    for cached in (environment._installed, environment._providers):
        cached.cache_clear()
    assert distributions(["loose_dist.part"]) == {"loose_dist": "1.0"}
    (info / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    environment._providers.cache_clear()
    assert distributions(["loose_dist.part"]) == {}
    for cached in (environment._installed, environment._providers):
        cached.cache_clear()


def test_requirements_are_sorted_lines():
    assert requirements({"b": "2.0", "a": "1.0+cpu"}) == "a==1.0+cpu\nb==2.0\n"
    assert requirements({}) == ""


def test_changes_name_both_versions():
    recorded = {"scipy": "0.1", "numpy": version("numpy"), "no-such-thing": "1.0"}
    assert package_changes(recorded) == [
        PackageChange("no-such-thing", "1.0", None),
        PackageChange("scipy", "0.1", version("scipy")),
    ]


def test_a_name_that_is_a_path_is_not_looked_up():
    assert package_changes({"../../etc/passwd": "1", "": "2"}) == [
        PackageChange("", "2", None),
        PackageChange("../../etc/passwd", "1", None),
    ]
