"""Make the table of scikit-learn's attributes again: ``python -m tests.trust.learned``.

``observe FILE`` fits with the installed scikit-learn and stores its observations. ``add FILE`` adds
the observations of `special_fits` to such a file. ``write FILES`` makes the table from the
observations with every supported release. Without a command, it makes an environment for each
release below ``--folder``, and then the table.
"""

from __future__ import annotations

import argparse
import os
import pickle
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import gettempdir

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "nbmodel" / "trust" / "sklearn_attributes.txt"
# Packages of each release; the newest has no bounds.
RELEASES = {
    "1.5": ("numpy<2", "scipy<1.14", "pandas<2.3"),
    "1.6": ("numpy<2.2", "scipy<1.15", "pandas<2.3"),
    "1.7": ("numpy<2.3", "scipy<1.16", "pandas<3"),
    "1.8": ("numpy<2.4", "scipy<1.17", "pandas<3"),
    "1.9": ("numpy", "scipy", "pandas"),
}


def observe(target: Path, seed: int, count: int) -> None:
    """Fit models, and store the observations."""
    import sklearn

    from tests.trust.learned import fits, helper_objects, observe

    seen: observe.Observations = {}
    done: dict[str, int] = {}
    for name, fitted in fits.fits(seed, count):
        observe.observe(fitted, seen)
        done[name] = done.get(name, 0) + 1
    for item in helper_objects.objects():
        observe.observe(item, seen)
    target.write_bytes(pickle.dumps((sklearn.__version__, seen, fits.constraints())))
    few = {name: n for name, _ in fits.kinds() if (n := done.get(name, 0)) < 5}
    print(f"scikit-learn {sklearn.__version__}: {sum(done.values())} fits, seed {seed}; few: {few}")


def add(target: Path) -> None:
    """Add the observations of special fits to a file, without the other fits."""
    import sklearn

    from tests.trust.learned import fits, helper_objects, observe
    from tests.trust.learned.observations import Seen

    version, seen, _ = pickle.loads(target.read_bytes())
    if version != sklearn.__version__:
        raise SystemExit(f"{target} was seen with scikit-learn {version}")
    more: observe.Observations = {}
    count = 0
    for name, kind in fits.kinds():
        for _, fitted in fits.situations(name, kind):
            observe.observe(fitted, more)
            count += 1
    for _, fitted in fits.written_situations():
        observe.observe(fitted, more)
        count += 1
    for item in helper_objects.objects():
        observe.observe(item, more)
    for section, attributes in more.items():
        for name, one in attributes.items():
            seen.setdefault(section, {}).setdefault(name, Seen()).merge(one)
    target.write_bytes(pickle.dumps((version, seen, fits.constraints())))
    print(f"scikit-learn {version}: {count} fits of situations added to {target}")


def write(sources: list[Path]) -> None:
    """Write the table from observations."""
    from tests.trust.learned.table import render

    found = [pickle.loads(source.read_bytes()) for source in sources]
    releases = {".".join(version.split(".")[:2]): (version, *rest) for version, *rest in found}
    TABLE.write_text(render(releases))
    print(f"{TABLE}: {TABLE.stat().st_size} bytes")


def everything(folder: Path, seed: int, count: int) -> None:
    """Make an environment for each release, its fits, and the table."""
    sources = []
    for release, packages in RELEASES.items():
        place = folder / release
        python = place / "bin" / "python"
        if not python.exists():
            venv.create(place, with_pip=True)
            wanted = [f"scikit-learn=={release}.*", *packages]
            subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        sources.append(folder / f"{release}.seen")
        command = [python, "-m", "tests.trust.learned", "observe", sources[-1]]
        options = [f"--seed={seed}", f"--count={count}"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run([*command, *options], check=True, cwd=ROOT, env=environment)
    write(sources)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.learned", description=__doc__)
    parser.add_argument("verb", nargs="?", choices=["observe", "add", "write"])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--folder", type=Path, default=Path(gettempdir(), "nbmodel-learned"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=40)
    options = parser.parse_args()
    sys.setrecursionlimit(5000)
    if options.verb == "observe":
        observe(options.files[0], options.seed, options.count)
    elif options.verb == "add":
        add(options.files[0])
    elif options.verb == "write":
        write(options.files)
    else:
        options.folder.mkdir(parents=True, exist_ok=True)
        everything(options.folder, options.seed, options.count)


if __name__ == "__main__":
    main()
