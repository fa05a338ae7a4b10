"""The methods of `Registry`, by topic. Each calls one verb of `nbmodel.versioning.verbs`.

============  ========================================================
`snapshots`   commit, check out, export; notes, files and model cards
`history`     list, show and compare versions
`stages`      branches, releases and stages
`sharing`     remotes, push and pull
`deletion`    delete and restore
`merging`     make one version of several
`evaluation`  measure how good versions are
`checks`      verify, and remove what nobody uses
============  ========================================================
"""
