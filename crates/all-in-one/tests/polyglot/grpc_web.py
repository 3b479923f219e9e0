"""gRPC-web with frames made by hand over HTTP/1.1, binary and as text: the same bytes as native gRPC, errors in the frame of trailers, and
a server stream. Prints a JSON transcript.
"""

import base64
import http.client
import struct
import urllib.parse
import uuid
from types import SimpleNamespace

import grpc
import stubs
import transcript

ARGUMENTS = transcript.arguments(__doc__)
API = stubs.load(ARGUMENTS.proto)
TIMEOUT = 20
BINARY, TEXT = "application/grpc-web+proto", "application/grpc-web-text+proto"
TRAILERS = 0x80
SESSIONS, TASKS = "/tasktracker.auth.v1.SessionService/", "/tasktracker.core.v1.TaskService/"


def frame(message, flags=0):
    """A message with its five-byte prefix."""
    return struct.pack(">BI", flags, len(message)) + message


class Answer:
    """An answer whose frames are read as they come."""

    def __init__(self, path, message, kind=BINARY, headers=None):
        self.connection = http.client.HTTPConnection(ARGUMENTS.address, timeout=TIMEOUT)
        body = message if kind == BINARY else base64.b64encode(message)
        fields = {"content-type": kind, "accept": kind, "x-grpc-web": "1", "x-user-agent": "by-hand/1.0"} | (headers or {})
        try:
            self.connection.request("POST", path, body, fields)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The server said no before it had read everything: its answer is there all the same.
        self.response = self.connection.getresponse()
        self.is_text = "text" in self.response.getheader("content-type", "")
        self.bytes = b""
        self.encoded = b""

    def _more(self):
        chunk = self.response.read1(65536)
        if not self.is_text:
            self.bytes += chunk
            return bool(chunk)
        # Text comes as pieces of base64 that may each end with padding: every four letters stand for themselves.
        self.encoded += chunk
        while len(self.encoded) >= 4:
            self.bytes += base64.b64decode(self.encoded[:4], validate=True)
            self.encoded = self.encoded[4:]
        return bool(chunk)

    def _take(self, count):
        while len(self.bytes) < count:
            if not self._more():
                return None
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def next(self):
        """The next frame: its flags and its content; `None` at the end."""
        prefix = self._take(5)
        if prefix is None:
            return None
        flags, length = struct.unpack(">BI", prefix)
        return flags, self._take(length)

    def whole(self):
        """All messages and the trailers. An answer without a body has its trailers in the headers."""
        messages, trailers = [], {name.lower(): value for name, value in self.response.getheaders() if name.lower().startswith("grpc-")}
        is_last = "grpc-status" in trailers
        while (got := self.next()) is not None:
            flags, content = got
            if is_last:
                raise AssertionError("something follows the trailers")
            if flags & TRAILERS:
                is_last = True
                trailers |= dict(line.split(":", 1) for line in content.decode().split("\r\n") if line)
            else:
                messages.append(content)
        self.close()
        trailers = {name.strip(): value.strip() for name, value in trailers.items()}
        return SimpleNamespace(http=self.response.status, messages=messages, trailers=trailers, headers=self.response.headers)

    def close(self):
        """Hangs up."""
        self.response.close()
        self.connection.close()


def failure(answer):
    """Code, message and reason of a failed answer."""
    details = answer.trailers.get("grpc-status-details-bin", "")
    code, message = answer.trailers.get("grpc-status"), urllib.parse.unquote(answer.trailers.get("grpc-message", ""))
    status = API.status.Status.FromString(base64.b64decode(details + "=" * (-len(details) % 4)))
    seen = {
        "http": answer.http,
        "messages": len(answer.messages),
        "code": grpc_code(code),
        "message": message,
        "agrees": (str(status.code), status.message) == (code, message),
    }
    for detail in status.details:
        info = API.error_details.ErrorInfo()
        if detail.Unpack(info):
            seen |= {"reason": info.reason, "metadata": dict(info.metadata)}
    return seen


def grpc_code(number):
    """The name of a status code."""
    return next((code.name for code in grpc.StatusCode if str(code.value[0]) == number), number)


def wanted(code, reason, **more):
    """What every error has, and this one besides."""
    return {"http": 200, "messages": 0, "code": code, "reason": reason, "agrees": True} | more


def scenario(script):
    """The whole run."""
    with grpc.insecure_channel(ARGUMENTS.address) as channel:
        token = accounts(script)
        project, task = creating(script, channel, token)
        same_bytes(script, channel, token, project, task)
        failing(script, token, project, task)
        watching(script, token, project, task)
        browser(script)


def accounts(script):
    """Registering and signing in."""
    if ARGUMENTS.setup_token:
        register = API.account_service.RegisterRequest(
            email=ARGUMENTS.email, display_name="Ada", password=ARGUMENTS.password, setup_token=ARGUMENTS.setup_token
        )
        answer = Answer("/tasktracker.auth.v1.AccountService/Register", frame(register.SerializeToString())).whole()
        script.equal("registering", answer.trailers.get("grpc-status"), "0")
    sign_in = API.session_service.SignInRequest(
        email=ARGUMENTS.email, password=ARGUMENTS.password, session_kind=API.session.SESSION_KIND_NATIVE
    )
    answer = Answer(f"{SESSIONS}SignIn", frame(sign_in.SerializeToString())).whole()
    script.equal("signing in", (answer.http, answer.trailers.get("grpc-status"), len(answer.messages)), (200, "0", 1))
    signed_in = API.session_service.SignInResponse.FromString(answer.messages[0])
    return {"authorization": f"Bearer {signed_in.access_token}"}


def creating(script, channel, token):
    """A project by gRPC-web as text, a task by native gRPC."""
    project = API.project_service.CreateProjectRequest(project={"key": "GW" + uuid.uuid4().hex[:6].upper(), "name": "Web"})
    answer = Answer("/tasktracker.core.v1.ProjectService/CreateProject", frame(project.SerializeToString()), TEXT, token).whole()
    script.equal("creating as text", (answer.http, answer.trailers.get("grpc-status"), len(answer.messages)), (200, "0", 1))
    project = API.project_service.CreateProjectResponse.FromString(answer.messages[0]).project
    create = API.task_service.CreateTaskRequest(project_id=project.id, task={"title": "Größe ändern 🚀", "description": "x" * 50_000})
    native = tuple(token.items())
    task = API.task_service_grpc.TaskServiceStub(channel).CreateTask(create, metadata=native, timeout=TIMEOUT).task
    return project, task


def same_bytes(script, channel, token, project, task):
    """What comes over gRPC-web is what comes over gRPC, byte for byte."""
    request = API.task_service.GetTaskRequest(task_id=task.id).SerializeToString()
    native = channel.unary_unary(f"{TASKS}GetTask")(request, metadata=tuple(token.items()), timeout=TIMEOUT)
    script.true("the native answer is the task", API.task_service.GetTaskResponse.FromString(native).task == task)
    for kind in (BINARY, TEXT, "application/grpc-web", "application/grpc-web-text", "application/grpc-web+proto; charset=utf-8"):
        spelled = token | {"content-type": kind, "accept": kind}
        answer = Answer(f"{TASKS}GetTask", frame(request), TEXT if "text" in kind else BINARY, spelled).whole()
        script.equal(f"{kind}: ends well", (answer.http, answer.trailers.get("grpc-status")), (200, "0"))
        script.true(f"{kind}: the same bytes", answer.messages == [native], [len(message) for message in answer.messages])
        answered = answer.headers["content-type"]
        script.true(f"{kind}: answers in kind", answered.startswith(kind.partition(";")[0]), answered)
    update = API.task_service.UpdateTaskRequest(task={"id": task.id, "title": "Web"}).SerializeToString()
    written = Answer(f"{TASKS}UpdateTask", frame(update), BINARY, token).whole()
    script.true("metadata are headers", written.headers["x-consistency-token"], sorted(written.headers.keys()))
    lists = API.task_service.ListTasksRequest(project_id=project.id).SerializeToString()
    native = channel.unary_unary(f"{TASKS}ListTasks")(lists, metadata=tuple(token.items()), timeout=TIMEOUT)
    script.equal("a list, too", Answer(f"{TASKS}ListTasks", frame(lists), TEXT, token).whole().messages, [native])


def failing(script, token, project, task):
    """Errors are HTTP 200 and a status with its details, in the frame of trailers or, without a body, in the headers."""
    get = API.task_service.GetTaskRequest(task_id=str(uuid.uuid4())).SerializeToString()
    for kind in (BINARY, TEXT):
        answer = Answer(f"{TASKS}GetTask", frame(get), kind, token).whole()
        script.contains(f"not found as {kind}", failure(answer), wanted("NOT_FOUND", "NOT_FOUND", message="task not found"))
    answer = Answer(f"{TASKS}GetTask", frame(get)).whole()
    script.contains("no credential", failure(answer), wanted("UNAUTHENTICATED", "CREDENTIAL_MISSING"))
    stale = API.task_service.UpdateTaskRequest(task={"id": task.id, "title": "Stale", "etag": task.etag}).SerializeToString()
    answer = Answer(f"{TASKS}UpdateTask", frame(stale), BINARY, token).whole()
    script.contains("a stale etag", failure(answer), wanted("ABORTED", "EDIT_CONFLICT"))
    strict = API.task_service.UpdateTaskRequest(task={"id": task.id, "title": "Strict"}).SerializeToString()
    answer = Answer(f"{TASKS}UpdateTask", frame(strict), BINARY, token | {"if-match": task.etag}).whole()
    script.contains("a stale if-match", failure(answer), wanted("ABORTED", "ETAG_MISMATCH"))
    filter_ = API.task_service.ListTasksRequest(project_id=project.id, filter="größe = 1").SerializeToString()
    seen = failure(Answer(f"{TASKS}ListTasks", frame(filter_), BINARY, token).whole())
    script.true("messages may be of any language", "größe" in seen["message"] and seen["agrees"], seen)
    for path in ("/tasktracker.auth.v1.PermissionService/Check", f"{TASKS}NoSuchRpc", "/nothing"):
        script.contains(path, failure(Answer(path, frame(b""), BINARY, token).whole()), wanted("UNIMPLEMENTED", "UNIMPLEMENTED"))
    bodies = {"nothing": b"", "half a prefix": b"\0\0", "half a message": frame(get)[:-3], "no message": frame(b"\xff\xff")}
    for name, body in bodies.items():
        seen = failure(Answer(f"{TASKS}GetTask", body, BINARY, token).whole())
        script.contains(f"a body with {name}", seen, wanted("INVALID_ARGUMENT", "MALFORMED_REQUEST"))
    large = API.task_service.CreateTaskRequest(project_id=project.id, task={"title": "x", "description": "x" * (2 << 20)})
    for kind in (BINARY, TEXT):
        seen = failure(Answer(f"{TASKS}CreateTask", frame(large.SerializeToString()), kind, token).whole())
        script.contains(f"2 MiB as {kind}", seen, wanted("RESOURCE_EXHAUSTED", "PAYLOAD_TOO_LARGE"))
    sign_in = API.session_service.SignInRequest(email="a@example.com", password="x", session_kind=API.session.SESSION_KIND_NATIVE)
    # A password hash takes longer than a millisecond wherever this runs.
    answer = Answer(f"{SESSIONS}SignIn", frame(sign_in.SerializeToString()), BINARY, {"grpc-timeout": "1m"}).whole()
    script.contains("no time for it", failure(answer), wanted("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"))


def watching(script, token, project, task):
    """A server stream: messages as they come, and an end that says why."""
    request = API.watch_service.WatchRequest(project_ids=[project.id])
    path = "/tasktracker.core.v1.WatchService/Watch"
    for number, kind in enumerate((BINARY, TEXT)):
        stream = Answer(path, frame(request.SerializeToString()), kind, token)
        flags, content = stream.next()
        first = API.watch_service.WatchResponse.FromString(content)
        script.equal(f"{kind}: a checkpoint comes first", (flags, first.WhichOneof("event")), (0, "checkpoint"))
        title = f"Watched {number}"
        update = API.task_service.UpdateTaskRequest(task={"id": task.id, "title": title}).SerializeToString()
        Answer(f"{TASKS}UpdateTask", frame(update), BINARY, token).whole()
        while (change := API.watch_service.WatchResponse.FromString(stream.next()[1])).WhichOneof("event") == "checkpoint":
            pass
        script.equal(f"{kind}: the change arrives", change.task_upserted.title, title)
        stream.close()
        again = API.watch_service.WatchRequest(project_ids=[project.id], resume_token=first.resume_token)
        stream = Answer(path, frame(again.SerializeToString()), kind, token | {"grpc-timeout": "700m"}).whole()
        events = [API.watch_service.WatchResponse.FromString(message) for message in stream.messages]
        titles = [event.task_upserted.title for event in events if event.WhichOneof("event") == "task_upserted"]
        script.equal(f"{kind}: resuming repeats it", titles, [title])
        script.contains(
            f"{kind}: the deadline is the last frame",
            failure(stream) | {"messages": 0},
            wanted("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
        )


def browser(script):
    """A page signs in and gets a cookie; another site's page does not."""
    sign_in = API.session_service.SignInRequest(
        email=ARGUMENTS.email, password=ARGUMENTS.password, session_kind=API.session.SESSION_KIND_BROWSER
    ).SerializeToString()
    cross = Answer(f"{SESSIONS}SignIn", frame(sign_in), BINARY, {"sec-fetch-site": "cross-site"}).whole()
    script.contains("signing in from another site", failure(cross), wanted("PERMISSION_DENIED", "CROSS_SITE_REQUEST"))
    own = {"sec-fetch-site": "same-origin"}
    answer = Answer(f"{SESSIONS}SignIn", frame(sign_in), BINARY, own).whole()
    cookie = (answer.headers["set-cookie"] or "").partition(";")[0]
    script.equal("signing in from the own page", cookie.partition("=")[0], "__Host-tt_session")
    signed_in = API.session_service.SignInResponse.FromString(answer.messages[0])
    script.equal("the message holds no secret", (signed_in.access_token, signed_in.refresh_token), ("", ""))
    leaked = [name for name in (*answer.headers.keys(), *answer.trailers) if name.lower().startswith("x-session")]
    script.equal("nor do headers and trailers", leaked, [])
    current = Answer(f"{SESSIONS}GetCurrentSession", frame(b""), BINARY, own | {"cookie": cookie}).whole()
    session = API.session_service.GetCurrentSessionResponse.FromString(current.messages[0]).session
    script.equal("the cookie works", session.id, signed_in.session.id)
    foreign = Answer(f"{SESSIONS}GetCurrentSession", frame(b""), BINARY, {"cookie": cookie}).whole()
    script.contains("but not without proof of the own page", failure(foreign), wanted("PERMISSION_DENIED", "CROSS_SITE_REQUEST"))
    ended = Answer(f"{SESSIONS}SignOut", frame(b""), BINARY, own | {"cookie": cookie}).whole()
    script.true("signing out takes it away", "Max-Age=0" in (ended.headers["set-cookie"] or ""), ended.trailers)


transcript.Transcript("python grpc-web").run(scenario)
