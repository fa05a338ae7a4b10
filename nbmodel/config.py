"""Settings, in Jupyter's manner: ``%config NbModel``, or ``c.NbModel.repo = ...``."""

from __future__ import annotations

import math
import os
from typing import Any

from traitlets import Bool, Float, Int, Unicode
from traitlets.config import SingletonConfigurable

REPO_VARIABLE = "NBMODEL_REPO"
READ_ONLY_VARIABLE = "NBMODEL_READ_ONLY"
# Of a server: a command line is for everybody on the machine.
TOKEN_VARIABLE = "NBMODEL_TOKEN"  # noqa: S105  the name of one
LOG_VARIABLE = "NBMODEL_LOG"
GIT_TIMEOUT_VARIABLE = "NBMODEL_GIT_TIMEOUT"
GIT_TIMEOUT_S = 60.0


class NbModel(SingletonConfigurable):
    """What a user may set for all of nbmodel."""

    repo: Any = Unicode(
        "", help="Registry to use instead of the repository around the notebook."
    ).tag(config=True)
    read_only: Any = Bool(False, help="Refuse every change of the registry.").tag(config=True)
    page: Any = Int(20, min=1, help="Rows that a log or a list shows at most.").tag(config=True)
    record_cells: Any = Bool(
        True, help="Keep the cells that are run, so that a commit can tell which made a model."
    ).tag(config=True)

    prediction_log: Any = Unicode(
        "",
        help="Folder, or URL of fsspec, where predictions are logged, each registry's in a folder "
        "of its own; your data folder if empty.",
    ).tag(config=True)

    git_timeout_s: Any = Float(
        0.0,
        min=0.0,
        help="Seconds after which a git that does not answer is ended; 60 if 0. What goes through "
        "a whole repository may take 60 times as long.",
    ).tag(config=True)

    def chosen_repo(self) -> str:
        """The registry that was configured, or an empty text: %config first, environment second."""
        return str(self.repo) or os.environ.get(REPO_VARIABLE, "")

    def chosen_log(self) -> str:
        """Where logs were configured to lie, or an empty text; found as `chosen_repo` is."""
        return str(self.prediction_log) or os.environ.get(LOG_VARIABLE, "")

    def chosen_git_timeout_s(self) -> float:
        """Seconds that a git may take to answer; found as `chosen_repo` is."""
        if self.git_timeout_s:
            return float(self.git_timeout_s)
        try:
            found = float(os.environ.get(GIT_TIMEOUT_VARIABLE, ""))
        except ValueError:
            return GIT_TIMEOUT_S
        return found if math.isfinite(found) and found > 0 else GIT_TIMEOUT_S

    def refuses_changes(self) -> bool:
        """Whether registries open read-only: set here or in the environment, or under Voilà."""
        asked = os.environ.get(READ_ONLY_VARIABLE, "").strip().lower() not in _NO
        return bool(self.read_only) or asked or under_voila()


_NO = ("", "0", "false", "no", "off")


def under_voila() -> bool:
    """Whether Voilà started this kernel: whoever looks at it is not the one who wrote it.

    Voilà sets SERVER_SOFTWARE in a kernel that it starts for a request, and VOILA_PREHEAT in
    every one; a preheated kernel runs before there is a request.
    """
    return "VOILA_PREHEAT" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith(
        "voila/"
    )
