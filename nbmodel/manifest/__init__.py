"""``model.json``: what a version says about itself, as canonical JSON.

=======  ===========================================
record   the record `Manifest`
limits   how much a manifest may hold
writing  `dumps`: a manifest to canonical JSON
reading  `loads`: a manifest from a stranger's JSON
=======  ===========================================

FORMAT (`nbmodel.layout`) numbers the format of that file, of the tree around it and
of the payload that it describes. If you change one of them so that an older nbmodel
would misread it, add one to FORMAT. Keep a reader of the older format in `reading`,
and add a test that reads a stored sample.

1. The first.
2. The tree may hold `files/`, `modules/`, `run/`; the manifest lists `files` and `modules`.
"""

from nbmodel.layout import FORMAT
from nbmodel.manifest.limits import MAX_BUFFERS, MAX_SEGMENT_BYTES, check_facts
from nbmodel.manifest.reading import in_stated_order, loads, read_hex, read_segment
from nbmodel.manifest.record import Manifest, default_params
from nbmodel.manifest.writing import dumps

__all__ = [
    "FORMAT",
    "MAX_BUFFERS",
    "MAX_SEGMENT_BYTES",
    "Manifest",
    "check_facts",
    "default_params",
    "dumps",
    "in_stated_order",
    "loads",
    "read_hex",
    "read_segment",
]
