"""The registry of a notebook is opened once, and closed when many others are used."""

import pytest

from nbmodel.errors import InvalidValue, RegistryNotFound
from nbmodel.jupyter_server.registries import MAX_OPEN_REGISTRIES, Registries
from tests.builder import Builder


@pytest.fixture
def registries():
    opened = Registries(read_only=True)
    yield opened
    opened.close()


@pytest.fixture
def repos(tmp_path):
    folders = [tmp_path / f"r{number}" for number in range(MAX_OPEN_REGISTRIES + 2)]
    for folder in folders:
        builder = Builder(folder / ".nbmodel.git")
        builder.version(folder.name)
        builder.git.close()
    return folders


def test_the_folder_of_a_notebook(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    root = str(tmp_path)
    for path, folder in (
        ("", tmp_path),
        ("x.ipynb", tmp_path),
        ("/a/x.ipynb", tmp_path / "a"),
        ("a/b", tmp_path / "a" / "b"),
        ("a/../a/x.ipynb", tmp_path / "a"),
    ):
        assert Registries.folder(root, path, "") == folder
    assert Registries.folder(root, "a", "/some/repo").as_posix() == "/some/repo"


def test_a_prefix_of_the_root_is_not_the_root(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root2").mkdir()
    with pytest.raises(InvalidValue):
        Registries.folder(str(tmp_path / "root"), "../root2/a.ipynb", "")


@pytest.mark.parametrize(
    ("root", "path", "repo"),
    [("/r", "..", ""), ("/r", "a\0", ""), ("/r", "", "b"), ("/r", "", "/b\0"), ("", "a.ipynb", "")],
)
def test_an_invalid_path_is_refused(root, path, repo):
    with pytest.raises(InvalidValue):
        Registries.folder(root, path, repo)


def test_a_registry_is_opened_once(registries, repos):
    with registries.borrow(repos[0]) as first, registries.borrow(repos[0]) as second:
        assert first is second
        assert first.context.read_only


def test_a_borrowed_registry_is_not_closed(registries, repos):
    with registries.borrow(repos[0]) as first:
        process = first.context.git
        assert process.resolve("refs/heads/models/r0/main")
        for other in repos[1:]:
            with registries.borrow(other) as registry:
                assert registry.context.index.names() == [] or registry.list()
        assert first.list()[0].model == "r0"
    with registries.borrow(repos[0]) as again:
        assert again is not first  # closed when it was released
        assert again.list()[0].model == "r0"


def test_a_deleted_registry_is_not_found(registries, repos, tmp_path):
    with registries.borrow(repos[0]) as registry:
        assert registry.list()[0].model == "r0"
    (repos[0] / ".nbmodel.git").rename(tmp_path / "away.git")
    with pytest.raises(RegistryNotFound), registries.borrow(repos[0]):
        pass
