"""A statement that failed half-way leaves the same value when its recorded part is run."""

import pytest

from nbmodel.provenance.cells import Cell
from nbmodel.provenance.dataflow.slicing import backward_slice
from nbmodel.provenance.failure import failure_of

READER = (
    "class C(list):\n    def predict(self):\n        self.append(1)\n        return self\nm = C()"
)
PRINTING = "m = []\ndef print(x):\n    m.append(x)"
FORMATTING = "m = []\ndef f(x):\n    m.append(x)\n    return 'x'"


LIBRARY = "from collections import UserDict\nm = UserDict()"


@pytest.mark.parametrize(
    ("cell", "failing"),
    [
        (READER, "m.predict().nothing"),
        (PRINTING, "print(1).nothing"),
        (FORMATTING, "str(f'{f(1)} {f(2):d} {f(3)}')"),
        ("m = 0", "m: nothing = 5"),
        ("m = [1]", "m += (1 / x for x in [1, 2, 0])"),
        ("m = [1]", "m += map(int, ['2', 'x'])"),
        (LIBRARY, "m.update([(1, 2), (3,)])"),
        ("m = [1]", "m.extend(map(int, ['2', 'x']))"),
    ],
)
def test_the_recorded_part_leaves_the_same_value(cell, failing):
    namespace, again = {}, {}
    exec(cell, namespace)
    with pytest.raises(Exception) as raised:
        exec(failing, namespace)
    failure = failure_of(raised.value, namespace)
    cells = [Cell(1, cell), Cell(2, failing, finished=False, failure=failure)]
    for part in backward_slice(cells, "m"):
        exec(part.source, again)
    assert again["m"] == namespace["m"]
