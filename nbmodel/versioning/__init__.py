"""Versions of models in a git repository.

Where to find what; each module imports only from those above it:

=======================  ============================================================
`trusted_commits`        the record of the commits that this user made on this machine
`context`                git, store and index of one opened registry
`verifications`          whether versions and tags were signed by an allowed key
`purges`                 the records of versions whose arrays were removed for good
`snapshot`               the files of one version, checked
`trusted_versions`       whether a version loads like the user's own
`array_summary`          what the manifest records of fitted arrays
`user_metadata`          message, metrics, parameters and tags of a commit, checked
`loadable`               the check before a commit that the object can be loaded again
`similar_names`          names that differ by one slip of the keyboard
`lost_refs`              tags and branches that were deleted or lost
`live_spans`             which version held a stage, from when to when
`rows`                   results that are a sequence of versions
`resolve`                from a reference such as ``churn@2`` to a version
`acceptance`             the acceptance rows of a version
`retention`              rules that say which versions keep their arrays
`approvals`              signed notes that approve a version
`evaluations`            notes with the evaluations of a version
`payload`                from an object to a skeleton and stored segments
`loading`                from stored bytes to an object
`attached_files`         figures and files of a version: of its commit, and of its notes
`publish`                the last step of a commit: git objects, then one reference
`events`                 what happened to a model: commits, labels and notes as events
`uncertain_refs`         references because of which nothing may be removed
`reachable_segments`     segments that git names
`segment_removal`        when segments may be removed
`deletion_scope`         what a deletion of a branch or a model concerns
`deletion`               move branches and models to the trash, and bring them back
`sharing`                which references and arrays travel between clones, and how they merge
`audit`                  facts of a model, straight from git, and what is wrong with them
`verbs`                  one verb a file: `commit`, `checkout`, `diff`, `gc`, ...
`methods`                the methods of `Registry`, by topic: one for each verb
`registry`               the Python API: a registry is opened, and has these methods
=======================  ============================================================
"""
