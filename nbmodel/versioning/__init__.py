"""One verb a file, over store, repo and index."""
