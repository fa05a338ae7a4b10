"""Git, through GitPython. Only this package starts git.

Running git

================  ==================================================================
git               one repository's git, with unsafe configuration switched off
repositories      find a repository around a folder, check it, create one
new_registry      a repository that gets its name when all of it is there
environment       variables that git must not inherit
timeouts          time limits for git processes
failures          git's error messages as errors of nbmodel
special_files     pipes, devices and links in place of the files that git opens
damage            a damaged repository, which git would take for a missing one
================  ==================================================================

The registry

================  ==================================================================
location          which repository is the registry
identity          the author, from git's settings
lfs               the folder of git-lfs, and whether a push uploads segments
remotes           branches and objects that only a remote has
packs             packs: combined when there are many, and what may hide an object
================  ==================================================================

Signatures

================  ==================================================================
user_settings     settings of git that only the user made
key_programs      ``ssh-keygen`` and ``gpg``, run without a terminal
signing           the user's key, and signatures of bytes
signed_objects    signatures put into commits and tags, and taken out
ssh_signatures    the text form of an SSH signature, parsed
allowed_signers   the user's lists of allowed and revoked keys, and the check of a signature
check_memory      the results of earlier checks, for lists and logs
verification      whether commits and tags were signed by an allowed key
================  ==================================================================

Remotes

================  ==================================================================
remote_urls       which addresses are allowed, and how they are shown
remote_settings   the remotes of a registry: git's, each with a store of arrays
credentials       passwords in addresses, for git alone
network           git commands that speak to a remote, apart from other settings
network_failures  why they failed, with the next step
lfs_store         the arrays of a remote, moved by git-lfs
================  ==================================================================

Reading

================  ==================================================================
objects           single objects, over one waiting ``git cat-file``
bulk_reader       many objects at once
object_lookup     from a name to an object, each step checked
raw_objects       the bytes of commits, tags and trees, parsed
references        references as git lists them, with the damaged ones
history           refs, commits and tags in bulk, for the index
summaries         the fields of a manifest that lists show
================  ==================================================================

Writing

================  ==================================================================
commits           a version as a commit: written and read
fast_import       one ``git fast-import``: objects into a pack, one ref moves
ref_updates       move one reference, and tell whether it moved
tag_trailers      the last paragraph of a tag's message: facts for programs
tags              annotated tags for releases and stages
trash             deleted branches and models, which can be restored
deletion_log      who deleted, restored or emptied what: a chain of commits
notes             facts learned after a commit, as git notes
locks             lock files that a killed git left behind
lock_records      which git process may hold which lock
processes         which processes work on a repository
================  ==================================================================
"""
