"""What push, pull and a checkout of missing segments have in common.

===============  ================================================================
shared           which references travel, and how two tips of one are related
needs            the large objects that versions name
blobs            the store of large objects of a remote
label_conflicts  labels that two people set at once, and that give way
pull_steps       the references that a pull sets
notes            notes and rules of two clones as one
tracking         what a remote had at the last push or pull
distances        how many versions a remote lacks or has more, as is known here
removals         branches that were deleted here, or at the remote
fetching         segments that are not here, from a remote
uploads          segments that the references of a push need, to a remote
remote_purges    the segments of a purged version, from the store of a remote
===============  ================================================================
"""
