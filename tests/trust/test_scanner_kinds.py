"""Hostile pickles of every kind that public scanners look for; each is refused here.

The kinds are those of the tests and rules of picklescan 1.0.5, modelscan 0.8.8 and fickling
0.1.12; the pickles are made here. A scanner has a list of what is bad, and its tests show how
lists are evaded: another name for the same function, another opcode for the same call, a second
pickle behind the first, a container around it. The loader has a list of what is good.

Kinds: a call of code or of a command; a lookup that leads to one; a pickle inside a pickle; files;
the network; code objects; native code; an evil name in every opcode that names or calls
something; streams that are malformed where a scanner stops reading and a reader does not; streams
that grow; scanners switched off; containers.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nbmodel.errors import Untrusted
from nbmodel.trust.loader import load_untrusted
from tests.trust.crafted import name, stream, text

# Module, attribute: what it does is in the name of the kind.
GADGETS = {
    "code": (
        "builtins eval, builtins exec, builtins compile, builtins __import__, builtins breakpoint, "
        "__builtin__ eval, __builtin__ apply, __builtin__ execfile, runpy _run_code, "
        "runpy run_path, code InteractiveInterpreter.runcode, bdb Bdb.run, pdb run, pdb runeval, "
        "profile run, cProfile run, cProfile runctx, trace Trace.run, timeit timeit, "
        "timeit main, doctest debug_script, numpy.testing._private.utils runstring, "
        "numpy.f2py.crackfortran myeval, numpy.f2py.crackfortran getlincoef, "
        "torch.jit.unsupported_tensor_ops execWrapper, torch._dynamo.guards GuardBuilder.get, "
        "torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression, "
        "torch.utils._config_module ConfigModule.load_config, torch.compile compile, "
        "idlelib.run Executive.runcode, idlelib.calltip get_entity, "
        "idlelib.autocomplete AutoComplete.get_entity, idlelib.debugobj ObjectTreeItem.SetText, "
        "test.support.script_helper assert_python_ok, lib2to3.pgen2.pgen ParserGenerator.make_label"
    ),
    "commands": (
        "os system, posix system, nt system, os popen, os execvp, os spawnlp, os posix_spawn, "
        "subprocess run, subprocess Popen, subprocess getoutput, subprocess check_output, "
        "commands getoutput, pty spawn, webbrowser open, imaplib IMAP4_stream, "
        "uuid _get_command_stdout, pydoc pipepager, pydoc tempfilepager, _pyrepl.pager pipe_pager, "
        "_osx_support _read_output, _aix_support _read_cmd_output, ensurepip _run_pip, pip main, "
        "pip._internal main, venv create, asyncio create_subprocess_shell, "
        "asyncio.unix_events _UnixSubprocessTransport._start, distutils.spawn spawn, "
        "torch.utils.collect_env run, torch._inductor.codecache compile_file, "
        "torch.utils.bottleneck.__main__ run_cprofile, numpy.distutils.exec_command exec_command, "
        "torch.hub load, sys exit, signal raise_signal, faulthandler _sigsegv"
    ),
    "lookups": (
        "builtins getattr, builtins globals, builtins vars, builtins map, builtins filter, "
        "operator attrgetter, operator methodcaller, operator itemgetter, _operator attrgetter, "
        "pkgutil resolve_name, importlib import_module, importlib.util module_from_spec, "
        "functools reduce, functools partialmethod, types DynamicClassAttribute, "
        "inspect getattr_static, "
        "pydoc locate, sys modules, gc get_objects, weakref finalize, atexit register, "
        "contextlib ExitStack, itertools starmap, copyreg _reconstructor, copyreg add_extension"
    ),
    "pickles inside": (
        "pickle loads, _pickle loads, pickle load, cPickle loads, dill loads, joblib load, "
        "joblib.numpy_pickle load, pandas read_pickle, torch load, torch.storage _load_from_bytes, "
        "torch.serialization load, numpy load, shelve open, marshal loads, shutil unpack_archive, "
        "lib2to3.pgen2.grammar Grammar.loads, multiprocessing.connection Connection.recv, "
        "torch.utils.data.datapipes.utils.decoder basichandlers, sklearn.datasets load_files"
    ),
    "files": (
        "builtins open, io open, io FileIO, _io FileIO, _io open_code, logging FileHandler, "
        "pathlib Path.write_text, pathlib Path.unlink, shutil rmtree, shutil copyfile, os remove, "
        "distutils.file_util write_file, tempfile NamedTemporaryFile, linecache getlines, "
        "numpy fromfile, numpy memmap, numpy.core.records fromfile, pandas read_csv, "
        "sqlite3 connect, zipfile ZipFile, codecs open, fileinput input, mmap mmap"
    ),
    "network": (
        "socket create_connection, socket socket, ssl get_server_certificate, "
        "urllib.request urlopen, http.client HTTPSConnection, httplib HTTPSConnection, "
        "requests.api get, requests get, aiohttp.client ClientSession, aiohttp ClientSession, "
        "ftplib FTP, smtplib SMTP, telnetlib Telnet, xmlrpc.client ServerProxy, "
        "asyncio open_connection, torch.hub load_state_dict_from_url, "
        "torch.distributed.elastic.rendezvous.api basichandlers"
    ),
    "code objects": (
        "types CodeType, types FunctionType, types ModuleType, cloudpickle.cloudpickle "
        "_make_function, cloudpickle.cloudpickle _function_setstate, cloudpickle.cloudpickle "
        "_make_cell, cloudpickle.cloudpickle _make_empty_cell, cloudpickle.cloudpickle subimport, "
        "cloudpickle.cloudpickle _make_skeleton_class, cloudpickle.cloudpickle "
        "_class_setstate, builtins type, builtins property, builtins staticmethod"
    ),
    "native code": (
        "ctypes CDLL, ctypes string_at, ctypes memmove, ctypes.util find_library, _ctypes dlopen, "
        "cffi FFI, numpy.ctypeslib load_library, torch.ops load_library, torch.classes load_library"
    ),
    "scanners": (
        "fickling.hook deactivate_safe_ml_environment, fickling always_check_safety, "
        "picklescan.scanner scan_pickle_bytes, modelscan.modelscan ModelScan, "
        "nbmodel.trust.loader load_untrusted, nbmodel.trust.rules require"
    ),
}


def _pairs(kind: str) -> list[tuple[str, str]]:
    rows = [row.split() for row in GADGETS[kind].split(",")]
    assert all(len(row) == 2 for row in rows), rows
    return [(module, attribute) for module, attribute in rows]


def _refuse(skeleton: bytes) -> None:
    with pytest.raises(Untrusted):
        load_untrusted(skeleton, [], "model@1")


# How a stream may name something and call it; `text` is the argument.
def _by_reduce(module: str, attribute: str, argument: str) -> bytes:
    return stream(name(module, attribute), text(argument), b"\x85R")


def _by_global(module: str, attribute: str, argument: str) -> bytes:
    return stream(f"c{module}\n{attribute}\n".encode(), text(argument), b"\x85R")


def _by_inst(module: str, attribute: str, argument: str) -> bytes:
    return stream(b"(", text(argument), f"i{module}\n{attribute}\n".encode())


def _by_obj(module: str, attribute: str, argument: str) -> bytes:
    return stream(b"(", name(module, attribute), text(argument), b"o")


def _by_newobj(module: str, attribute: str, argument: str) -> bytes:
    return stream(name(module, attribute), text(argument), b"\x85\x81")


def _by_newobj_ex(module: str, attribute: str, argument: str) -> bytes:
    return stream(name(module, attribute), text(argument), b"\x85}\x92")


def _by_state(module: str, attribute: str, argument: str) -> bytes:
    """BUILD calls a ``__setstate__`` of the instance, which is a value of its state."""
    made = name("sklearn.preprocessing._data", "StandardScaler") + b")\x81"
    return stream(made, b"}", text("__setstate__"), name(module, attribute), b"s", b"b",
                  text(argument), b"b")  # fmt: skip


def _as_value(module: str, attribute: str, argument: str) -> bytes:
    """Nothing is called: somebody calls it later."""
    return stream(b"}", text("predict"), name(module, attribute), b"s")


def _dropped(module: str, attribute: str, argument: str) -> bytes:
    """What the call gives is thrown away: the object looks honest."""
    return stream(name(module, attribute), text(argument), b"\x85R0", b"N")


def _from_memo(module: str, attribute: str, argument: str) -> bytes:
    """The names come from the memo, pushed long before."""
    return stream(
        text(attribute), b"\x940", text(module), b"\x940", text(argument), b"\x940",
        b"h\x01h\x00\x93h\x02\x85R",
    )  # fmt: skip


def _computed(module: str, attribute: str, argument: str) -> bytes:
    """The name is what a call gives."""
    return stream(text(module), name("builtins", "str"), text(attribute), b"\x85R\x93", b")R")


def _in_a_class(module: str, attribute: str, argument: str) -> bytes:
    """As an argument of what is allowed."""
    return stream(name("functools", "partial"), name(module, attribute), b"\x85R")


def _as_factory(module: str, attribute: str, argument: str) -> bytes:
    return stream(name("collections", "defaultdict"), name(module, attribute), b"\x85R")


def _as_field(module: str, attribute: str, argument: str) -> bytes:
    """In an estimator that calls what it is given."""
    made = name("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81"
    return stream(made, b"}", text("func"), name(module, attribute), b"s", b"b")


def _before_an_error(module: str, attribute: str, argument: str) -> bytes:
    """The call, then bytes that are no opcode: a scanner may give up before it reports."""
    return b"\x80\x05" + name(module, attribute) + text(argument) + b"\x85R" + b"\xff\xff"


def _without_stop(module: str, attribute: str, argument: str) -> bytes:
    return _by_reduce(module, attribute, argument)[:-1]


def _behind_another(module: str, attribute: str, argument: str) -> bytes:
    """A second pickle in the same file, as torch's old format has it."""
    return stream(b"N") + _by_reduce(module, attribute, argument)


def _protocol_again(module: str, attribute: str, argument: str) -> bytes:
    return b"\x80\x05\x80\x04" + _by_reduce(module, attribute, argument)[2:]


def _protocol_later(module: str, attribute: str, argument: str) -> bytes:
    inner = _by_reduce(module, attribute, argument)[2:-1]
    return b"\x80\x05N0\x80\x05" + inner + b"."


def _older_protocol(module: str, attribute: str, argument: str) -> bytes:
    return f"c{module}\n{attribute}\n(V{argument}\ntR.".encode("ascii", "replace")


def _in_a_frame_of_its_own(module: str, attribute: str, argument: str) -> bytes:
    inner = _by_reduce(module, attribute, argument)[2:]
    return b"\x80\x05\x95" + struct.pack("<Q", 3) + inner


WAYS = [
    _by_reduce, _by_global, _by_inst, _by_obj, _by_newobj, _by_newobj_ex, _by_state, _as_value,
    _dropped, _from_memo, _computed, _in_a_class, _as_factory, _as_field, _before_an_error,
    _without_stop, _behind_another, _protocol_again, _protocol_later, _older_protocol,
    _in_a_frame_of_its_own,
]  # fmt: skip


@pytest.mark.parametrize("kind", GADGETS)
def test_every_kind_of_gadget_in_every_way(kind: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    arguments = (f"open({str(canary)!r}, 'w')", f"touch {canary}", str(canary))
    for module, attribute in _pairs(kind):
        for way in WAYS:
            for argument in arguments:
                _refuse(way(module, attribute, argument))
    assert not canary.exists()


@pytest.mark.parametrize(
    ("module", "attribute"),
    [
        ("os", "\u0455ystem"),  # a Cyrillic letter
        ("\uff4f\uff53", "system"),  # full-width letters, which Python's parser makes into "os"
        ("os ", "system"), ("os\x00", "system"), ("", "system"), ("os", ""), (".os", "system"),
        ("os", "path.os.system"), ("sklearn.os", "system"), ("numpy", "os.system"),
        ("numpy.os", "system"), ("sklearn.base", "copy.sys.modules"), ("numpy", "__builtins__"),
        ("builtins", "__import__"), ("builtins", "object.__subclasses__"),
        ("builtins", "str.format"), ("builtins", "dict.__class__.mro"),
        ("numpy", "ndarray.tofile"), ("collections", "_sys.modules"),
        ("datetime", "datetime.__reduce_ex__"), ("functools", "partial.__call__"),
        ("__main__", "anything"), ("sklearn.utils._joblib", "joblib.load"),
        ("a" * 100_000, "system"), ("os", "system" + "." * 100_000),
    ],
)  # fmt: skip
def test_other_spellings_of_a_name(module: str, attribute: str) -> None:
    for way in (_by_reduce, _as_value, _by_newobj, _from_memo):
        _refuse(way(module, attribute, "x"))


def _laughs() -> bytes:
    """Lists of lists by the memo: a few hundred bytes, and 10**30 items to whoever walks them."""
    body = b"]\x94"
    for level in range(30):
        body += b"0](" + b"h" + bytes([level]) + (b"h" + bytes([level])) * 9 + b"e\x94"
    return stream(body)


def test_streams_that_grow_are_refused() -> None:
    """Loading multiplies nothing, but whoever shows or copies the object would."""
    _refuse(_laughs())
    _refuse(stream(b"N", b"2" * 1000))  # DUP
    _refuse(stream(b"N" + b"p4294967295\n"))  # a place in the memo that makes it huge
    _refuse(stream(b"\x8b" + struct.pack("<i", 2000) + b"\x7f" * 2000))  # an integer to print
    _refuse(stream(b"I" + b"9" * 5000 + b"\n"))
    _refuse(stream(b"r" + struct.pack("<I", 2**32 - 1), b"N"))


def test_references_from_outside() -> None:
    """EXT* takes what copyreg has registered, PERSID asks the application."""
    for code in (b"\x82\x01", b"\x83\x01\x00", b"\x84\x01\x00\x00\x00", b"Pid\n", b"NQ"):
        _refuse(stream(code))


def test_containers_are_no_skeletons() -> None:
    evil = _by_reduce("os", "system", "true")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", evil)
    objects = io.BytesIO()
    np.save(objects, np.array([None], object), allow_pickle=True)
    arrays = io.BytesIO()
    np.savez(arrays, a=np.array([None], object))
    for data in (
        archive.getvalue(), objects.getvalue(), arrays.getvalue(), gzip.compress(evil),
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + evil,  # torch's old format
        b"\x89PNG\r\n\x1a\n" + evil, b"", b".", b"\x80", b"\x80\x05", b"\x80\x05.",
    ):  # fmt: skip
        _refuse(data)


@pytest.mark.parametrize("protocol", range(5))
def test_older_protocols_are_refused_whatever_they_hold(protocol: int) -> None:
    _refuse(pickle.dumps({"a": 1.5}, protocol))
