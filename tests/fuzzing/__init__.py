"""Campaign: a coverage-guided fuzzer changes files of a stranger's repository.

| file | what it holds |
|---|---|
| `target.py` | the type of a target, and the outcome of one input |
| `boosters.py` `tensors.py` `documents.py` `logs.py` | the targets, with real seeds |
| `table.py` | the table of targets |
| `mutations.py` | changes of bytes and of JSON, for the fuzzer and for the short form |
| `ubjson.py` | a writer of UBJSON, for changed documents |
| `shrinking.py` | finds a smaller input with the same outcome |
| `__main__.py` | the process, under atheris or as a plain replay |
| `campaign.py` | the parent, which runs it, counts outcomes and shrinks a failure |
"""
