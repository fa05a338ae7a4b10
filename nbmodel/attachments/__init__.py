"""Figures and files that a user attaches to a version.

=======  ==================================================================
names    names of attachments, their kinds, and their paths in a version
figures  from a figure of plotly or matplotlib to files
content  all attachments of a command, checked before anything is stored
=======  ==================================================================
"""

from nbmodel.attachments.content import Files, NewFile, collect
from nbmodel.attachments.names import PLOTLY_SUFFIX, Kind, kind_of, title_of

__all__ = ["PLOTLY_SUFFIX", "Files", "Kind", "NewFile", "collect", "kind_of", "title_of"]
