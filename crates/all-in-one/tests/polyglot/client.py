"""Native gRPC with the official Python client: sign in, create, update with a stale etag, watch, resume, and every kind of error with its
details. Run it with the address of a server and, for a new one, its set-up token; it prints a JSON transcript.
"""

import queue
import threading
import time
import uuid

import grpc
import stubs
import transcript

ARGUMENTS = transcript.arguments(__doc__)
API = stubs.load(ARGUMENTS.proto)

# After the stubs, so that google.rpc is the generated one.
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase  # noqa: E402
from grpc_status import rpc_status  # noqa: E402

TIMEOUT = 20


class Services:
    """One client of each service on one connection."""

    def __init__(self, channel):
        self.accounts = API.account_service_grpc.AccountServiceStub(channel)
        self.sessions = API.session_service_grpc.SessionServiceStub(channel)
        self.users = API.user_service_grpc.UserServiceStub(channel)
        self.access = API.access_service_grpc.AccessServiceStub(channel)
        self.keys = API.key_service_grpc.KeyServiceStub(channel)
        self.projects = API.project_service_grpc.ProjectServiceStub(channel)
        self.statuses = API.status_service_grpc.StatusServiceStub(channel)
        self.tasks = API.task_service_grpc.TaskServiceStub(channel)
        self.comments = API.comment_service_grpc.CommentServiceStub(channel)
        self.watch = API.watch_service_grpc.WatchServiceStub(channel)


def failure(call, request, **options):
    """The status of a call that must fail, with its details decoded."""
    options.setdefault("timeout", TIMEOUT)
    try:
        answer = call(request, **options)
        if not hasattr(answer, "DESCRIPTOR"):
            list(answer)
    except grpc.RpcError as error:
        return decode(error)
    return {"code": "OK"}


def decode(error):
    """Code, message and rich details of a failed call as one flat object."""
    seen = {"code": error.code().name, "message": error.details()}
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        # The client itself ended the call, and what it had received says something else.
        status = None
    for detail in status.details if status else []:
        for kind in (API.error_details.ErrorInfo, API.error_details.BadRequest, API.error_details.RequestInfo, API.error_details.RetryInfo):
            message = kind()
            if detail.Unpack(message):
                seen[kind.__name__] = message
    info = seen.pop("ErrorInfo", None)
    if info is not None:
        seen |= {"reason": info.reason, "domain": info.domain, "metadata": dict(info.metadata)}
    invalid = seen.pop("BadRequest", None)
    if invalid is not None:
        seen["fields"] = sorted({violation.field for violation in invalid.field_violations})
    request = seen.pop("RequestInfo", None)
    seen["has_request_id"] = bool(request and request.request_id)
    return seen


def wanted(code, reason, **more):
    """What every error of this server has, and this one besides."""
    return {"code": code, "reason": reason, "domain": "tasktracker.dev", "has_request_id": True, **more}


class Watching:
    """A watch whose messages are read by a thread."""

    def __init__(self, services, token, project_id, resume_token=""):
        request = API.watch_service.WatchRequest(project_ids=[project_id], resume_token=resume_token)
        self.call = services.watch.Watch(request, metadata=token)
        self.messages = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for message in self.call:
                self.messages.put(message)
            self.messages.put(None)
        except grpc.RpcError as error:
            self.messages.put(error)

    def next(self):
        """The next message, or the error that ended the stream."""
        return self.messages.get(timeout=TIMEOUT)

    def until(self, event):
        """The next message of a kind; checkpoints may come at any time."""
        while True:
            message = self.next()
            if message is None or isinstance(message, grpc.RpcError) or message.WhichOneof("event") == event:
                return message

    def silent_for(self, seconds):
        """Whether nothing but checkpoints comes for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                message = self.messages.get(timeout=left)
            except queue.Empty:
                return True
            if not hasattr(message, "WhichOneof") or message.WhichOneof("event") != "checkpoint":
                return False
        return True


def sign_in(services, email, password):
    """Signs in and answers the whole message."""
    request = API.session_service.SignInRequest(email=email, password=password, session_kind=API.session.SESSION_KIND_NATIVE)
    return services.sessions.SignIn(request, timeout=TIMEOUT)


def bearer(signed_in):
    """Metadata that carries an access token."""
    return (("authorization", f"Bearer {signed_in.access_token}"),)


def scenario(script):
    """The whole run."""
    with grpc.insecure_channel(ARGUMENTS.address) as channel:
        services = Services(channel)
        standard_services(script, channel)
        strangers(script, services)
        signed_in = accounts(script, services)
        token = bearer(signed_in)
        project, task = creating(script, services, token)
        task = updating(script, services, token, task)
        invalid(script, services, token, project, task)
        watching(script, services, token, project, task)
        not_found(script, services, token, project, task)
        unknown_rpcs(script, channel, token)
        transport(script, channel, services, token, task)
        large_pages(script, services, token)
        sessions_end(script, services, project)


def standard_services(script, channel):
    """Health and both versions of reflection, without a credential."""
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    script.equal("health of the whole is SERVING", check(b"", timeout=TIMEOUT).hex(), "0801")
    name = b"tasktracker.core.v1.TaskService"
    script.equal("health of a service is SERVING", check(bytes([10, len(name)]) + name, timeout=TIMEOUT).hex(), "0801")
    name = b"tasktracker.auth.v1.PermissionService"
    unknown = failure(lambda request, **options: check(request, **options), bytes([10, len(name)]) + name)
    script.equal("health of an internal service is unknown", unknown["code"], "NOT_FOUND")
    services = ProtoReflectionDescriptorDatabase(channel).get_services()
    script.true("reflection v1alpha lists the public services", "tasktracker.core.v1.TaskService" in services, sorted(services))
    internal = [f"tasktracker.auth.v1.{name}Service" for name in ("Permission", "Scope", "Credential", "Contact")]
    script.equal("reflection lists no internal service", [name for name in internal if name in services], [])
    database = ProtoReflectionDescriptorDatabase(channel)
    file = database.FindFileContainingSymbol("tasktracker.core.v1.TaskService")
    script.true("reflection knows imports", "buf/validate/validate.proto" in file.dependency, list(file.dependency))


def strangers(script, services):
    """Calls without a good credential."""
    request = API.session_service.GetCurrentSessionRequest()
    script.contains(
        "no credential", failure(services.sessions.GetCurrentSession, request), wanted("UNAUTHENTICATED", "CREDENTIAL_MISSING")
    )
    for credential in ("Bearer nonsense", "Basic YTpi", "nonsense", "Bearer "):
        seen = failure(services.sessions.GetCurrentSession, request, metadata=(("authorization", credential),))
        script.contains(f"credential `{credential}`", seen, wanted("UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    keys = services.keys.GetKeySet(API.key_service.GetKeySetRequest(), timeout=TIMEOUT)
    script.true("the key set is public", [key.alg for key in keys.keys] == ["EdDSA"], len(keys.keys))


def accounts(script, services):
    """Registering and signing in, and how they fail."""
    register = API.account_service.RegisterRequest
    if ARGUMENTS.setup_token:
        early = register(email="early@example.com", display_name="Early", password=transcript.PASSWORD, setup_token="wrong")
        script.contains(
            "a wrong set-up token", failure(services.accounts.Register, early), wanted("PERMISSION_DENIED", "REGISTRATION_CLOSED")
        )
        first = register(
            email=ARGUMENTS.email, display_name="Ada Lovelace", password=ARGUMENTS.password, setup_token=ARGUMENTS.setup_token
        )
        user = services.accounts.Register(first, timeout=TIMEOUT).user
        script.equal("the first account is the owner", (user.email, user.system_role_id), (ARGUMENTS.email, "owner"))
    taken = register(email=ARGUMENTS.email.upper(), display_name="Other", password=transcript.PASSWORD)
    script.contains("an address with an account", failure(services.accounts.Register, taken), wanted("ALREADY_EXISTS", "EMAIL_TAKEN"))
    short = register(email="x@example.com", display_name="", password="short")
    script.contains(
        "two fields break rules",
        failure(services.accounts.Register, short),
        wanted("INVALID_ARGUMENT", "INVALID_FIELDS", fields=["display_name", "password"]),
    )
    wrong = API.session_service.SignInRequest(
        email=ARGUMENTS.email, password="not the password", session_kind=API.session.SESSION_KIND_NATIVE
    )
    known = failure(services.sessions.SignIn, wrong)
    script.contains("a wrong password", known, wanted("UNAUTHENTICATED", "INVALID_CREDENTIALS"))
    wrong.email = "nobody@example.com"
    script.equal("an unknown address answers the same", failure(services.sessions.SignIn, wrong), known)

    signed_in = sign_in(services, ARGUMENTS.email, ARGUMENTS.password)
    script.true("sign-in answers both tokens", signed_in.access_token.count(".") == 2 and signed_in.refresh_token)
    now = services.sessions.GetCurrentSession(
        API.session_service.GetCurrentSessionRequest(), metadata=bearer(signed_in), timeout=TIMEOUT
    )
    script.equal("the session is the one signed in", now.session.id, signed_in.session.id)
    script.true("the session knows the client", "grpc-python" in now.session.user_agent, now.session.user_agent)
    refresh = API.session_service.RefreshSessionRequest(refresh_token=signed_in.refresh_token)
    renewed = services.sessions.RefreshSession(refresh, timeout=TIMEOUT)
    script.true("a refresh token buys a new pair", renewed.refresh_token not in ("", signed_in.refresh_token))
    return renewed


def creating(script, services, token):
    """A project and a task; the same request again, and another under its id."""
    key = "PY" + uuid.uuid4().hex[:6].upper()
    create = API.project_service.CreateProjectRequest(project={"key": key, "name": "Python", "time_zone": "Europe/Berlin"})
    project = services.projects.CreateProject(create, metadata=token, timeout=TIMEOUT).project
    script.equal("a project is made", (project.key, project.time_zone, project.visibility), (key, "Europe/Berlin", 1))
    script.contains(
        "a key that is taken",
        failure(services.projects.CreateProject, create, metadata=token),
        wanted("ALREADY_EXISTS", "PROJECT_KEY_TAKEN"),
    )
    statuses = services.statuses.ListStatuses(
        API.status_service.ListStatusesRequest(project_id=project.id), metadata=token, timeout=TIMEOUT
    )
    script.equal(
        "a new project has six statuses",
        [status.name for status in statuses.statuses],
        ["Backlog", "To do", "In progress", "In review", "Done", "Canceled"],
    )

    wish = {"title": "Größe ändern 🚀", "priority": API.task.PRIORITY_HIGH, "due": {"date": "2026-12-24"}, "estimate_points": 0}
    request = API.task_service.CreateTaskRequest(project_id=project.id, task=wish, request_id=str(uuid.uuid4()))
    answer, call = services.tasks.CreateTask.with_call(request, metadata=token, timeout=TIMEOUT)
    task = answer.task
    script.equal("a task is made", (task.title, task.key, task.priority), (wish["title"], f"{key}-1", API.task.PRIORITY_HIGH))
    script.true("zero is not absent", task.HasField("estimate_points") and task.estimate_points == 0)
    metadata = {name: value for name, value in (*call.initial_metadata(), *call.trailing_metadata())}
    script.true("a write answers a consistency token", metadata.get("x-consistency-token"), metadata)
    again = services.tasks.CreateTask(request, metadata=token, timeout=TIMEOUT).task
    script.equal("the same request id answers the same task", again, task)
    request.task.title = "Another"
    script.contains(
        "a request id with another payload",
        failure(services.tasks.CreateTask, request, metadata=token),
        wanted("INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED"),
    )
    read = services.tasks.GetTask(API.task_service.GetTaskRequest(task_id=task.key), metadata=token, timeout=TIMEOUT).task
    script.equal("the task is found by its key", read, task)
    consistent = (*token, ("x-consistency-token", metadata.get("x-consistency-token", "")))
    read = services.tasks.GetTask(API.task_service.GetTaskRequest(task_id=task.id), metadata=consistent, timeout=TIMEOUT).task
    script.equal("a read takes the consistency token", read.etag, task.etag)
    return project, task


def update(task_id, paths, etag="", **values):
    """An update request."""
    return API.task_service.UpdateTaskRequest(task={"id": task_id, "etag": etag, **values}, update_mask={"paths": paths})


def updating(script, services, token, task):
    """Edits on the present version, on a stale one, and under `if-match`."""
    stale = task.etag
    request = update(task.id, ["title"], stale, title="First")
    changed = services.tasks.UpdateTask(request, metadata=token, timeout=TIMEOUT).task
    script.true("an update changes the etag", changed.title == "First" and changed.etag != stale, [stale, changed.etag])

    conflict = failure(services.tasks.UpdateTask, update(task.id, ["title"], stale, title="Second"), metadata=token)
    script.contains("the same field on a stale etag", conflict, wanted("ABORTED", "EDIT_CONFLICT"))
    values = {"etag": changed.etag, "fields": "title", "title.theirs": '"First"', "title.yours": '"Second"'}
    script.contains("a conflict has both values", conflict.get("metadata", {}), values)

    merged = services.tasks.UpdateTask(
        update(task.id, ["priority"], stale, priority=API.task.PRIORITY_LOW), metadata=token, timeout=TIMEOUT
    ).task
    script.equal("another field on a stale etag merges", (merged.title, merged.priority), ("First", API.task.PRIORITY_LOW))
    same = services.tasks.UpdateTask(update(task.id, ["title"], stale, title="First"), metadata=token, timeout=TIMEOUT).task
    script.equal("the same value on a stale etag changes nothing", same.etag, merged.etag)

    strict = failure(
        services.tasks.UpdateTask, update(task.id, ["description"], description="x"), metadata=(*token, ("if-match", stale))
    )
    script.contains("if-match is strict", strict, wanted("ABORTED", "ETAG_MISMATCH"))
    script.contains("a mismatch has the present etag", strict.get("metadata", {}), {"etag": merged.etag})
    matched = services.tasks.UpdateTask(
        update(task.id, ["description"], description="x"), metadata=(*token, ("if-match", merged.etag)), timeout=TIMEOUT
    ).task
    script.equal("if-match with the present etag", matched.description, "x")
    removed = failure(
        services.tasks.DeleteTask, API.task_service.DeleteTaskRequest(task_id=task.id, etag=stale), metadata=token
    )
    script.contains("deleting a stale version", removed, wanted("ABORTED", "ETAG_MISMATCH"))

    maskless = API.task_service.UpdateTaskRequest(task={"id": task.id, "title": "Without a mask"})
    bare = services.tasks.UpdateTask(maskless, metadata=token, timeout=TIMEOUT).task
    script.equal("without a mask, what is set is changed", (bare.title, bare.description), ("Without a mask", "x"))
    cleared = services.tasks.UpdateTask(update(task.id, ["due", "estimate_points"]), metadata=token, timeout=TIMEOUT).task
    script.equal("a mask clears what is not set", (cleared.HasField("due"), cleared.HasField("estimate_points")), (False, False))
    for path in ("number", "no_such_field"):
        seen = failure(services.tasks.UpdateTask, update(task.id, [path]), metadata=token)
        script.contains(f"a mask that names {path}", seen, wanted("INVALID_ARGUMENT", "INVALID_FIELDS", fields=["update_mask"]))
    return cleared


def invalid(script, services, token, project, task):
    """Requests that break rules name their fields."""
    create, lists = services.tasks.CreateTask, services.tasks.ListTasks
    request = API.task_service.CreateTaskRequest
    cases = {
        "no task": (create, request(project_id=project.id), ["task"]),
        "no title": (create, request(project_id=project.id, task={}), ["task.title"]),
        "a long title": (create, request(project_id=project.id, task={"title": "x" * 501}), ["task.title"]),
        "no project id": (create, request(project_id="nonsense", task={"title": "x"}), ["project_id"]),
        "an unknown priority": (create, request(project_id=project.id, task={"title": "x", "priority": 77}), ["task.priority"]),
        "an empty due": (create, request(project_id=project.id, task={"title": "x", "due": {}}), ["task.due"]),
        "a day that is none": (
            create,
            request(project_id=project.id, task={"title": "x", "due": {"date": "2026-02-30"}}),
            ["task.due.date"],
        ),
        "a negative page": (lists, API.task_service.ListTasksRequest(project_id=project.id, page_size=-1), ["page_size"]),
        "a filter that is none": (lists, API.task_service.ListTasksRequest(project_id=project.id, filter="größe = 1"), ["filter"]),
        "an order that is none": (lists, API.task_service.ListTasksRequest(project_id=project.id, order_by="colour"), ["order_by"]),
        "an id that is none": (services.tasks.GetTask, API.task_service.GetTaskRequest(task_id="???"), ["task_id"]),
        "a move to nowhere": (services.tasks.MoveTask, API.task_service.MoveTaskRequest(task_id=task.id), ["position"]),
    }
    for name, (call, message, fields) in cases.items():
        seen = failure(call, message, metadata=token)
        script.contains(name, seen, wanted("INVALID_ARGUMENT", "INVALID_FIELDS", fields=fields))
    mars = {"at": {"local_date_time": "2026-02-03T10:00", "time_zone": "Mars/Olympus"}}
    seen = failure(create, request(project_id=project.id, task={"title": "x", "due": mars}), metadata=token)
    script.true("a zone that is none", seen["reason"] == "INVALID_FIELDS" and seen["fields"][0].startswith("task.due.at"), seen)
    # Details travel in a header, and clients break off where headers are larger than 8 or 16 KiB.
    many = request(project_id=project.id, task={"title": "x", "assignee_ids": [str(number) for number in range(1000)]})
    script.contains("a thousand broken rules arrive", failure(create, many, metadata=token), wanted("INVALID_ARGUMENT", "INVALID_FIELDS"))
    long = failure(services.tasks.UpdateTask, update(task.id, ["x" * 20_000]), metadata=token)
    script.contains("a refused word of 20 kB arrives", long, wanted("INVALID_ARGUMENT", "INVALID_FIELDS", fields=["update_mask"]))
    seen = failure(lists, API.task_service.ListTasksRequest(project_id=project.id, page_token="nonsense"), metadata=token)
    script.contains("a page token that is none", seen, wanted("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN"))
    seen = failure(lists, API.task_service.ListTasksRequest(project_id=project.id, filter="größe = 1"), metadata=token)
    script.true("messages may be of any language", "größe" in seen["message"], seen["message"])

    large = request(project_id=project.id, task={"title": "x", "description": "x" * (2 << 20)})
    seen = failure(create, large, metadata=token)
    script.contains("a message of 2 MiB", seen, wanted("RESOURCE_EXHAUSTED", "PAYLOAD_TOO_LARGE"))


def watching(script, services, token, project, task):
    """A stream receives changes, is cut off, and goes on where it was."""
    watch = Watching(services, token, project.id)
    first = watch.next()
    script.equal("a watch begins with a checkpoint", first.WhichOneof("event"), "checkpoint")
    services.tasks.UpdateTask(update(task.id, ["title"], title="Watched"), metadata=token, timeout=TIMEOUT)
    upserted = watch.until("task_upserted")
    script.equal("the change arrives", upserted.task_upserted.title, "Watched")
    script.true("a stream's task has no caller", not upserted.task_upserted.HasField("followed"))
    watch.call.cancel()
    ended = watch.until("reset")
    script.true("a canceled stream ends", isinstance(ended, grpc.RpcError) and ended.code() == grpc.StatusCode.CANCELLED)

    comment = services.comments.CreateComment(
        API.comment_service.CreateCommentRequest(task_id=task.id, comment={"body": "While nobody looked"}), metadata=token, timeout=TIMEOUT
    ).comment
    watch = Watching(services, token, project.id, upserted.resume_token)
    script.equal("the missed comment comes first", watch.until("comment_upserted").comment_upserted, comment)
    watch.call.cancel()
    watch = Watching(services, token, project.id, first.resume_token)
    script.equal("an older token repeats the change", watch.until("task_upserted").task_upserted.title, "Watched")
    last = watch.until("comment_upserted")
    watch.call.cancel()
    watch = Watching(services, token, project.id, last.resume_token)
    script.true("the newest token repeats nothing", watch.silent_for(0.5))
    other = services.tasks.CreateTask(
        API.task_service.CreateTaskRequest(project_id=project.id, task={"title": "Short-lived"}), metadata=token, timeout=TIMEOUT
    ).task
    script.equal("a new task arrives", watch.until("task_upserted").task_upserted.id, other.id)
    services.tasks.DeleteTask(API.task_service.DeleteTaskRequest(task_id=other.id), metadata=token, timeout=TIMEOUT)
    script.equal("its removal arrives", watch.until("task_removed").task_removed.task_id, other.id)
    watch.call.cancel()

    request = API.watch_service.WatchRequest
    damaged = failure(services.watch.Watch, request(project_ids=[project.id], resume_token="nonsense"), metadata=token)
    script.contains("a damaged resume token", damaged, wanted("OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED"))
    stranger = failure(services.watch.Watch, request(project_ids=[project.id, str(uuid.uuid4())]), metadata=token)
    script.contains("a project that does not exist", stranger, wanted("NOT_FOUND", "NOT_FOUND"))
    nothing = failure(services.watch.Watch, request(), metadata=token)
    script.contains("a watch of nothing", nothing, wanted("INVALID_ARGUMENT", "INVALID_FIELDS", fields=["project_ids"]))
    late = failure(services.watch.Watch, request(project_ids=[project.id]), metadata=token, timeout=0.5)
    script.equal("a deadline ends a stream", late["code"], "DEADLINE_EXCEEDED")


def not_found(script, services, token, project, task):
    """What somebody may not see is answered exactly as what does not exist."""
    email = f"grace-{uuid.uuid4().hex[:8]}@example.com"
    services.accounts.Register(
        API.account_service.RegisterRequest(email=email, display_name="Grace", password=transcript.PASSWORD), timeout=TIMEOUT
    )
    grace = bearer(sign_in(services, email, transcript.PASSWORD))
    get = API.task_service.GetTaskRequest
    hidden = failure(services.tasks.GetTask, get(task_id=task.id), metadata=grace)
    script.contains("a task of a private project", hidden, wanted("NOT_FOUND", "NOT_FOUND", message="task not found"))
    missing = failure(services.tasks.GetTask, get(task_id=str(uuid.uuid4())), metadata=grace)
    script.equal("a task that does not exist", missing, hidden)
    script.equal("a hidden task by key", failure(services.tasks.GetTask, get(task_id=task.key), metadata=grace), hidden)
    changed = failure(services.tasks.UpdateTask, update(task.id, ["title"], title="x"), metadata=grace)
    script.equal("a hidden task cannot be changed", changed, hidden)
    hidden = failure(services.projects.GetProject, API.project_service.GetProjectRequest(project_id=project.id), metadata=grace)
    missing = failure(services.projects.GetProject, API.project_service.GetProjectRequest(project_id=str(uuid.uuid4())), metadata=grace)
    script.equal("a private project is as one that does not exist", hidden, missing)
    hidden = failure(services.watch.Watch, API.watch_service.WatchRequest(project_ids=[project.id]), metadata=grace)
    missing = failure(services.watch.Watch, API.watch_service.WatchRequest(project_ids=[str(uuid.uuid4())]), metadata=grace)
    script.equal("a watch of it, too", hidden, missing)

    me = services.sessions.GetCurrentSession(API.session_service.GetCurrentSessionRequest(), metadata=grace, timeout=TIMEOUT).user
    add = API.access_service.AddProjectMemberRequest(project_id=project.id, member={"user_id": me.id, "role_id": "viewer"})
    answer, call = services.access.AddProjectMember.with_call(add, metadata=token, timeout=TIMEOUT)
    revision = dict(call.initial_metadata()).get("x-authz-revision", "")
    script.true("a change of access answers its revision", revision)
    fresh = (*grace, ("x-authz-min-revision", revision))
    read = services.tasks.GetTask(get(task_id=task.id), metadata=fresh, timeout=TIMEOUT).task
    script.equal("a new member sees the task", read.id, task.id)
    denied = failure(services.tasks.UpdateTask, update(task.id, ["title"], title="x"), metadata=grace)
    script.contains(
        "a viewer may not change it", denied, wanted("PERMISSION_DENIED", "PERMISSION_MISSING", metadata={"permission": "task.update"})
    )
    watch = Watching(services, grace, project.id)
    watch.next()
    remove = API.access_service.RemoveProjectMemberRequest(project_id=project.id, member_id=answer.member.id)
    services.access.RemoveProjectMember(remove, metadata=token, timeout=TIMEOUT)
    ended = watch.until("reset")
    script.true("a removed member's stream ends", isinstance(ended, grpc.RpcError), str(ended)[:100])
    if isinstance(ended, grpc.RpcError):
        script.contains("and says why", decode(ended), wanted("NOT_FOUND", "NOT_FOUND"))
    after = failure(services.tasks.GetTask, get(task_id=task.id), metadata=grace)
    script.contains("a removed member sees nothing", after, wanted("NOT_FOUND", "NOT_FOUND"))


def unknown_rpcs(script, channel, token):
    """RPCs that do not exist, and those that are for services only, are the same to a client."""

    def call(path):
        method = channel.unary_unary(path)
        return failure(lambda request, **options: method(request, **options), b"", metadata=token)

    missing = call("/tasktracker.core.v1.TaskService/NoSuchRpc")
    script.contains("an rpc that does not exist", missing, wanted("UNIMPLEMENTED", "UNIMPLEMENTED"))
    for path in (
        "/tasktracker.core.v1.NoSuchService/GetTask",
        "/tasktracker.auth.v1.PermissionService/Check",
        "/tasktracker.auth.v1.ScopeService/CreateScope",
        "/tasktracker.auth.v1.CredentialService/IssueServiceToken",
        "/tasktracker.auth.v1.ContactService/GetContacts",
        "/tasktracker.core.v1.TaskService/GetTask/",
        "/x",
    ):
        script.equal(path, call(path), missing)


def transport(script, channel, services, token, task):
    """What the protocol allows and clients do: odd metadata, compression, bytes that are no message, many calls at once."""
    get = API.task_service.GetTaskRequest(task_id=task.id)
    odd = (*token, ("x-unknown", "1"), ("x-unknown", "2"), ("trace-bin", b"\x00\xff"), ("x-authz-user", "root"))
    script.equal("odd metadata changes nothing", services.tasks.GetTask(get, metadata=odd, timeout=TIMEOUT).task.id, task.id)
    twice = failure(services.tasks.GetTask, get, metadata=(*token, *token))
    script.contains("two credentials", twice, wanted("UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    raw = channel.unary_unary("/tasktracker.core.v1.TaskService/GetTask")
    seen = failure(lambda request, **options: raw(request, **options), b"\xff\xff\xff", metadata=token)
    script.contains("bytes that are no message", seen, wanted("INVALID_ARGUMENT", "MALFORMED_REQUEST"))
    future = get.SerializeToString() + bytes([0xFA, 0x3E, 3]) + b"new"
    script.true("a field of a newer client is ignored", raw(future, metadata=token, timeout=TIMEOUT))
    try:
        services.tasks.GetTask(get, metadata=token, timeout=TIMEOUT, compression=grpc.Compression.Gzip)
        compressed = "OK"
    except grpc.RpcError as error:
        compressed = error.code().name
    script.true("a compressed request is taken or refused in words", compressed in ("OK", "UNIMPLEMENTED"), compressed)
    calls = [services.tasks.GetTask.future(get, metadata=token, timeout=TIMEOUT) for _ in range(100)]
    script.equal("a hundred calls at once", {call.result().task.id for call in calls}, {task.id})


def large_pages(script, services, token):
    """Every client takes messages of 4 MiB and no more unless it is told to: a page of large tasks must not be larger."""
    create = API.project_service.CreateProjectRequest(project={"key": "BIG" + uuid.uuid4().hex[:6].upper(), "name": "Large"})
    project = services.projects.CreateProject(create, metadata=token, timeout=TIMEOUT).project
    request = API.task_service.CreateTaskRequest(project_id=project.id, task={"title": "Large", "description": "x" * 65_000})
    made = [services.tasks.CreateTask.future(request, metadata=token, timeout=TIMEOUT) for _ in range(80)]
    wanted_ids = {call.result().task.id for call in made}
    seen, page = set(), API.task_service.ListTasksRequest(project_id=project.id, page_size=200)
    try:
        while True:
            answer = services.tasks.ListTasks(page, metadata=token, timeout=TIMEOUT)
            seen |= {task.id for task in answer.tasks}
            page.page_token = answer.next_page_token
            if not page.page_token:
                break
        script.true("pages of large tasks", seen == wanted_ids, len(seen))
    except grpc.RpcError as error:
        script.equal("pages of large tasks", f"{error.code().name} {error.details()}", "all of them")


def sessions_end(script, services, project):
    """Signing out ends tokens and streams at once."""
    mine = sign_in(services, ARGUMENTS.email, ARGUMENTS.password)
    token = bearer(mine)
    watch = Watching(services, token, project.id)
    watch.next()
    services.sessions.SignOut(API.session_service.SignOutRequest(), metadata=token, timeout=TIMEOUT)
    ended = watch.until("reset")
    script.true("signing out ends the stream", isinstance(ended, grpc.RpcError), str(ended)[:100])
    if isinstance(ended, grpc.RpcError):
        script.contains("and says why it ended", decode(ended), wanted("UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    request = API.session_service.GetCurrentSessionRequest()
    seen = failure(services.sessions.GetCurrentSession, request, metadata=token)
    script.contains("the access token has ended", seen, wanted("UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    refresh = API.session_service.RefreshSessionRequest(refresh_token=mine.refresh_token)
    script.equal("the refresh token has ended", failure(services.sessions.RefreshSession, refresh)["code"], "UNAUTHENTICATED")


transcript.Transcript("python grpcio").run(scenario)
