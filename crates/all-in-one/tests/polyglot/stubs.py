"""Generates Python classes from the protos, as anybody who writes a client does, and gives them out."""

import importlib
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from grpc_tools import protoc


def generate(proto, folder):
    """Compiles every proto, the vendored ones too, into a folder."""
    third_party = proto / "third_party"
    files = sorted(path for path in proto.rglob("*.proto"))
    if not files:
        raise FileNotFoundError(f"no protos in {proto}")
    names = [str(path.relative_to(third_party if third_party in path.parents else proto)) for path in files]
    # grpc_tools brings google/protobuf/*.proto along.
    builtin = Path(protoc.__file__).parent / "_proto"
    include = [f"-I{place}" for place in (proto, third_party, builtin)]
    outputs = [f"--python_out={folder}", f"--grpc_python_out={folder}"]
    if protoc.main(["protoc", *include, *outputs, *names]) != 0:
        raise RuntimeError("protoc failed")


def load(proto):
    """The modules of a fresh generation, by short names. They live as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="tasktracker-stubs-")
    generate(proto, folder.name)
    # First, so that google.api and google.rpc are ours too and not another version of them.
    sys.path.insert(0, folder.name)
    importlib.invalidate_caches()
    modules = SimpleNamespace(folder=folder)
    for package, names in {
        "auth": ["account_service", "access_service", "key_service", "session", "session_service", "user_service"],
        "core": [
            "comment_service",
            "notification_service",
            "project_service",
            "status_service",
            "task",
            "task_service",
            "watch_service",
        ],
        "files": ["file", "file_service", "upload_service"],
        "analytics": ["statistics", "statistics_service"],
    }.items():
        for name in names:
            module = f"tasktracker.{package}.v1.{name}_pb2"
            setattr(modules, name, importlib.import_module(module))
            if name.endswith("_service"):
                setattr(modules, f"{name}_grpc", importlib.import_module(f"{module}_grpc"))
    modules.error_details = importlib.import_module("google.rpc.error_details_pb2")
    modules.status = importlib.import_module("google.rpc.status_pb2")
    modules.httpbody = importlib.import_module("google.api.httpbody_pb2")
    modules.empty = importlib.import_module("google.protobuf.empty_pb2")
    return modules
