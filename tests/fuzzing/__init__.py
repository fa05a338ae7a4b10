"""Campaign: files of a stranger's repository, changed by a coverage-guided fuzzer.

| file | what it holds |
|---|---|
| `target.py` | what a target is, and what one input comes to |
| `boosters.py` `tensors.py` `documents.py` `logs.py` | the targets: real seeds, real readers |
| `table.py` | the table of targets |
| `mutations.py` | changes of bytes and of JSON, for the fuzzer and for the short form |
| `ubjson.py` | a writer of UBJSON, for changed documents |
| `shrinking.py` | a smaller input that ends in the same way |
| `__main__.py` | the process: under atheris, or a plain replay |
| `campaign.py` | the parent: runs it, counts, shrinks a failure |
"""
