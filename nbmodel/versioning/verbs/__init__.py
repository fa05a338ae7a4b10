"""The verbs: one module for each, with its result class.

=======================  ============================================================
`commit`                 store an object as the next version (`commit_files` writes the
                         files of the version, `unchanged` finds out if it is one already,
                         `commit_subject` whether it is a model)
`checkout`               load a version
`verify_acceptance`      load a version and compare its answers with those at commit
`export`                 write the files of a version to a folder
`log`                    the history of a branch
`timeline`               what happened to a model, and which version held each stage
`list_models`            models, or the versions that match a query
`show`                   what is recorded about a version (`show_result` writes it)
`files`                  read an attached figure or file
`diff`                   what changed between two versions (`array_changes` compares
                         fitted arrays, `diff_object` a variable and its last version)
`compare`                several versions side by side
`review`                 a page about a version for a pull request (`review_text` writes it)
`status`                 the fitted models of a notebook: new, changed, or committed
                         (`model_parts` leaves out the steps of a pipeline)
`branch`                 create or list branches
`release`                assign a release number
`stages`                 promote and roll back (`stage_names` checks new names)
`annotate`               add a note
`evaluate`               measure how good a version is (`evaluate_result` writes it,
                         `evaluate_charts` draws it)
`approve`                add a signed note that approves a version
`card`                   show or edit the model card
`remote`                 list, add and remove remotes
`clone`                  a new registry with what a remote has
`push`                   send versions, labels, notes and rules to a remote
`pull`                   take over what others pushed
`delete`                 a branch or a model goes to the trash; a release or stage ends
`purge`                  remove the arrays of one version for good
`retain`                 purge the versions that no rule keeps
`restore`                bring it back, or list the trash
`merge`                  make one version of several (`merge_plan` finds its parents and
                         members, `merge_scores` their metrics)
`verify`                 check every byte and reference (`ref_checks` checks references)
`audit`                  every fact of a model, and what was changed by hand
`gc`                     remove segments that nothing uses
=======================  ============================================================

A module of this folder imports another only to use that verb itself.
"""
