"""The commands: their arguments, help and results. Magics and the shell are made from the table.

=======================  ============================================================
`base`                   `Command`, `Argument`, and what a command needs of its workspace
`models`                 commit, checkout
`queries`                status, log, list, show, diff
`stages`                 branch, release, promote, rollback, annotate
`cards`                  card (`editor` opens the user's editor)
`panels`                 panel, compare
`dashboard`              dashboard
`serving` `servers`      serve in a shell; serve and stop in a notebook
`monitoring`             monitor, alert
`sharing`                clone, remote, push, pull
`deletion`               delete, restore
`merging`                merge
`evaluation`             evaluate
`audits`                 audit, review
`maintenance`            init, verify, gc, help
`choices` `parsing`       what a command does without its model, and with words that it does not
                         take
`table`                  all of them: `COMMANDS`
=======================  ============================================================
"""
