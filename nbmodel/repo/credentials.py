"""Passwords that are part of an address, given to git so that nothing else shows them.

An address is in the command line of git and of what it starts. Every user of the machine sees that,
and ``GIT_TRACE`` writes it down. So git gets the address without them, and asks a helper. The
helper reads them from environment variables, which only processes of this user see. It gives them
until a server has refused them: git-lfs would ask again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

_HELPER = (
    '!f() {{ if test "$1" = erase; then : > "$NBMODEL_REFUSED_{0}"; '
    'elif test "$1" = get && ! test -e "$NBMODEL_REFUSED_{0}"; then '
    'printf "username=%s\\npassword=%s\\n" "$NBMODEL_USER_{0}" "$NBMODEL_PASSWORD_{0}"; fi; }}; f'
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password for one host: `scope` is ``https://HOST:PORT``."""

    scope: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"<credentials for {self.scope}>"

    def settings(self, number: int) -> tuple[str, ...]:
        """Settings of git that make it ask the helper for this host, and no other helper."""
        key = f"credential.{self.scope}.helper"
        return f"{key}=", f"{key}={_HELPER.format(number)}"

    def variables(self, number: int, folder: Path) -> Mapping[str, str]:
        """Environment variables for the helper, which notes in a folder that they were refused."""
        return {
            f"NBMODEL_USER_{number}": self.user,
            f"NBMODEL_PASSWORD_{number}": self.password,
            f"NBMODEL_REFUSED_{number}": str(folder / f"refused-{number}"),
        }


def separate(url: str) -> tuple[str, Credentials | None]:
    """An address without its user name and password, and these if there is a password.

    Examples
    --------
    >>> separate("https://ann:s%2Fcret@example.org/m.git")
    ('https://example.org/m.git', <credentials for https://example.org>)
    >>> separate("https://ann@example.org/m.git")
    ('https://ann@example.org/m.git', None)
    """
    if not url.lower().startswith(("https://", "http://")):
        return url, None
    parts = urlsplit(url)
    if not parts.password:
        return url, None
    host = parts.netloc.rpartition("@")[2]
    scope = f"{parts.scheme}://{host}"
    credentials = Credentials(scope, unquote(parts.username or ""), unquote(parts.password))
    return parts._replace(netloc=host).geturl(), credentials
