"""Settings, in Jupyter's manner: ``%config NbModel``, or ``c.NbModel.repo = ...``."""

from __future__ import annotations

import math
import os
from typing import Any

from traitlets import Bool, Float, Int, Unicode
from traitlets.config import SingletonConfigurable

from nbmodel import ipython_files

REPO_VARIABLE = "NBMODEL_REPO"
READ_ONLY_VARIABLE = "NBMODEL_READ_ONLY"
# The token of a server. Every user of the machine can read a command line.
TOKEN_VARIABLE = "NBMODEL_TOKEN"  # noqa: S105  a name, not a token
LOG_VARIABLE = "NBMODEL_LOG"
GIT_TIMEOUT_VARIABLE = "NBMODEL_GIT_TIMEOUT"
GIT_TIMEOUT_S = 60.0
# The mail server for notifications, the sender, and the password, which is never in a registry.
SMTP_VARIABLE = "NBMODEL_SMTP"
SMTP_SENDER_VARIABLE = "NBMODEL_SMTP_FROM"
SMTP_PASSWORD_VARIABLE = "NBMODEL_SMTP_PASSWORD"  # noqa: S105  a name, not a password
_FALSE_VALUES = ("", "0", "false", "no", "off")


class NbModel(SingletonConfigurable):
    """Settings for all of nbmodel."""

    repo: Any = Unicode(
        "", help="Registry to use instead of the repository around the notebook."
    ).tag(config=True)
    read_only: Any = Bool(False, help="Refuse every change of the registry.").tag(config=True)
    page: Any = Int(20, min=1, help="Maximum number of rows that a log or a list shows.").tag(
        config=True
    )
    main_metric: Any = Unicode(
        "",
        help="Metric by which models are judged in lists and dashboards. If empty, or if a model "
        "lacks it, the metric that its first version stated first is used.",
    ).tag(config=True)
    record_cells: Any = Bool(
        True,
        help="Keep the cells that are run, so that a commit can record which of them made a model.",
    ).tag(config=True)

    prediction_log: Any = Unicode(
        "",
        help="Folder, or fsspec URL, for logs of predictions. Each registry has a folder inside "
        "it. If empty, your data folder is used.",
    ).tag(config=True)

    allow_http: Any = Bool(
        False, help="Allow remotes over http, which is not encrypted, on other machines too."
    ).tag(config=True)

    sign: Any = Bool(
        False,
        help="Sign commits and tags with your SSH key, also if git is not set up to sign.",
    ).tag(config=True)
    signing_key: Any = Unicode(
        "",
        help="SSH key for signatures: the path of a key, or a public key whose agent signs. If "
        "empty, user.signingkey of git.",
    ).tag(config=True)
    allowed_signers: Any = Unicode(
        "",
        help="File of the SSH keys whose signatures are accepted. If empty, "
        "gpg.ssh.allowedSignersFile of git.",
    ).tag(config=True)

    git_timeout_s: Any = Float(
        0.0,
        min=0.0,
        help="Seconds after which a git process that does not answer is ended. 0 means 60. "
        "Commands that read the whole repository get 60 times as long.",
    ).tag(config=True)

    def chosen_repo(self) -> str:
        """The configured registry, or an empty text: from %config, or else from the environment."""
        return str(self.repo) or os.environ.get(REPO_VARIABLE, "")

    def chosen_log(self) -> str:
        """The configured folder for logs, or an empty text; read like `chosen_repo`."""
        return str(self.prediction_log) or os.environ.get(LOG_VARIABLE, "")

    def chosen_main_metric(self) -> str:
        """The configured main metric, or an empty text; a shell reads it from IPython's files."""
        return str(self.main_metric) or ipython_files.setting("main_metric")

    def chosen_sign(self) -> bool:
        """Whether to sign without git's settings; a shell reads it from IPython's files."""
        return bool(self.sign) or ipython_files.setting("sign").lower() not in _FALSE_VALUES

    def chosen_signing_key(self) -> str:
        """The configured SSH key for signatures, or an empty text; read like `chosen_sign`."""
        return str(self.signing_key) or ipython_files.setting("signing_key")

    def chosen_allowed_signers(self) -> str:
        """The configured file of allowed keys, or an empty text; read like `chosen_sign`."""
        return str(self.allowed_signers) or ipython_files.setting("allowed_signers")

    def chosen_git_timeout_s(self) -> float:
        """Seconds that git may take to answer; read like `chosen_repo`."""
        if self.git_timeout_s:
            return float(self.git_timeout_s)
        try:
            seconds = float(os.environ.get(GIT_TIMEOUT_VARIABLE, ""))
        except ValueError:
            return GIT_TIMEOUT_S
        return seconds if math.isfinite(seconds) and seconds > 0 else GIT_TIMEOUT_S

    def refuses_changes(self) -> bool:
        """Whether registries open read-only: by a setting, a variable, or under Voilà."""
        from_environment = (
            os.environ.get(READ_ONLY_VARIABLE, "").strip().lower() not in _FALSE_VALUES
        )
        return bool(self.read_only) or from_environment or under_voila()


def under_voila() -> bool:
    """Whether Voilà started this kernel. Then its users are not the author of the notebook.

    Voilà sets VOILA_PREHEAT in every kernel. It sets SERVER_SOFTWARE only in kernels that it
    starts for a request; a preheated kernel starts before there is a request.
    """
    return "VOILA_PREHEAT" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith(
        "voila/"
    )
