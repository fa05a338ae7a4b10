"""Content-addressed bytes on disk. This package knows neither git nor models.

===========  =====================================================================
local        the store of one registry: write, map and check segments
grouping     which buffers of an object share a segment
hash_cache   blake3 to sha256 of known contents, so that they are not hashed twice
lfs_format   pointers and folder names of git-lfs
removal      what lies in a store, and the removal of unused segments
remote       stores of large objects that other clones read too
write_locks  locks between processes that write and processes that remove
safe_files   regular files only: no link is followed, no pipe is opened
durable      writes that survive a power cut
===========  =====================================================================
"""
