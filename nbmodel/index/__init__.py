"""The SQLite read model: disposable, rebuilt from git, never trusted for digests."""
