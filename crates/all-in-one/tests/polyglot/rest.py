"""REST as any HTTP client speaks it, with nothing but Python's own library: resources, conditional writes, errors, NDJSON, server-sent
events that go on after `Last-Event-ID`, and a browser's cookie. Prints a JSON transcript.
"""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import transcript

ARGUMENTS = transcript.arguments(__doc__)
TIMEOUT = 20
JSON = "application/json"
ZERO = "00000000-0000-7000-8000-000000000000"


def send(method, path, body=None, headers=None):
    """One request on its own connection; the connection is left open for streams."""
    connection = http.client.HTTPConnection(ARGUMENTS.address, timeout=TIMEOUT)
    fields = {"content-type": JSON} if body is not None else {}
    fields |= headers or {}
    data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
    if isinstance(data, str):
        data = data.encode()
    try:
        connection.request(method, path, data, fields)
    except (BrokenPipeError, ConnectionResetError):
        pass  # The server said no before it had read everything: its answer is there all the same.
    return connection, connection.getresponse()


def call(method, path, body=None, headers=None, **more):
    """A whole answer: status, headers by lower-case name, and JSON where it is JSON."""
    connection, response = send(method, path, body, (headers or {}) | {name.replace("_", "-"): value for name, value in more.items()})
    text = response.read()
    connection.close()
    is_json = response.getheader("content-type", "").startswith(JSON) and text
    fields = {name.lower(): value for name, value in response.getheaders()}
    cookies = [value for name, value in response.getheaders() if name.lower() == "set-cookie"]
    parsed = json.loads(text) if is_json else None
    return SimpleNamespace(status=response.status, headers=fields, cookies=cookies, text=text, json=parsed)


def error(answer):
    """A failed answer as one flat object, without what differs from request to request."""
    if not isinstance(answer.json, dict) or "error" not in answer.json:
        return {"status": answer.status, "text": answer.text[:300].decode(errors="replace")}
    return {"status": answer.status} | flat(answer.json["error"], answer.status)


def flat(envelope, status):
    """The inside of an error envelope."""
    seen = {"code": envelope["status"], "message": envelope["message"], "agrees": envelope["code"] == status}
    for detail in envelope["details"]:
        kind = detail["@type"].rpartition(".")[2]
        if kind == "ErrorInfo":
            seen |= {"reason": detail["reason"], "domain": detail["domain"], "metadata": detail.get("metadata", {})}
        elif kind == "BadRequest":
            seen["fields"] = sorted({violation["field"] for violation in detail["fieldViolations"]})
        elif kind == "RequestInfo":
            seen["has_request_id"] = bool(detail["requestId"])
    return seen


def wanted(status, code, reason, **more):
    """What every error has, and this one besides."""
    common = {"status": status, "code": code, "reason": reason, "domain": "tasktracker.dev", "agrees": True, "has_request_id": True}
    return common | more


class Stream:
    """A stream of lines or events that stays open until it is closed."""

    def __init__(self, path, headers):
        self.connection, self.response = send("GET", path, None, headers)

    def line(self):
        """The next line of NDJSON; `None` at the end."""
        line = self.response.readline()
        return json.loads(line) if line else None

    def line_with(self, name):
        """The next line whose result has a field; the error or the end where it comes first."""
        while True:
            line = self.line()
            if line is None or "error" in line or name in line["result"]:
                return line

    def event(self):
        """The next server-sent event; `None` at the end. Comments are passed over."""
        fields = {}
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            if line == "" and fields:
                return SimpleNamespace(id=fields.get("id"), event=fields.get("event"), data=json.loads(fields["data"]))
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                fields[name] = value
        return None

    def event_of(self, kind):
        """The next event of a kind; the one that ends the stream where it comes first."""
        while True:
            event = self.event()
            if event is None or event.event in (kind, "stream-error"):
                return event

    def close(self):
        """Hangs up."""
        self.response.close()
        self.connection.close()


def scenario(script):
    """The whole run."""
    documents(script)
    strangers(script)
    token = accounts(script)
    project, task = creating(script, token)
    task = updating(script, token, task)
    reading(script, token, project, task)
    refused(script, token, project, task)
    not_found(script, token, project, task)
    lines(script, token, project, task)
    events(script, token, project, task)
    deleted(script, token)
    browser(script, token, project)


def documents(script):
    """What the gateway says of itself."""
    for path in ("/healthz", "/readyz"):
        answer = call("GET", path)
        script.equal(path, (answer.status, answer.text), (200, b"ok\n"))
    openapi = call("GET", "/openapi.json")
    script.true("OpenAPI 3.1", openapi.status == 200 and openapi.json["openapi"].startswith("3.1"), openapi.headers)
    routes = sum(len(set(item) & {"get", "post", "put", "patch", "delete"}) for item in openapi.json["paths"].values())
    listed = [line for line in (ARGUMENTS.proto / "routes.txt").read_text().splitlines() if line[:1].isalpha()]
    script.equal("OpenAPI has every route", routes, len(listed))
    again = call("GET", "/openapi.json", if_none_match=openapi.headers.get("etag", "none"))
    script.equal("the same document is not sent twice", (again.status, again.text), (304, b""))
    script.equal("the documentation is a page", call("GET", "/docs").headers.get("content-type", "")[:9], "text/html")
    script.equal("the address shows a page", call("GET", "/", accept="text/html").headers.get("content-type", "")[:9], "text/html")
    keys = call("GET", "/.well-known/jwks.json")
    script.equal("the key set is RFC 7517", (keys.status, sorted(keys.json["keys"][0])), (200, ["alg", "crv", "kid", "kty", "use", "x"]))
    answer = call("GET", "/healthz", x_request_id="my-id-1")
    script.equal("a client's request id comes back", answer.headers.get("x-client-request-id"), "my-id-1")
    script.true("every answer has a request id", answer.headers.get("x-request-id"))


def strangers(script):
    """Calls without a good credential, and routes that are none."""
    answer = call("GET", "/v1/session")
    script.contains("no credential", error(answer), wanted(401, "UNAUTHENTICATED", "CREDENTIAL_MISSING"))
    script.true("401 says how to sign in", answer.headers.get("www-authenticate", "").startswith("Bearer"))
    answer = call("GET", "/v1/session", authorization="Bearer nonsense")
    script.contains("a damaged credential", error(answer), wanted(401, "UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    script.true("401 says how to sign in here, too", answer.headers.get("www-authenticate", "").startswith("Bearer"), answer.headers)
    for path in ("/v1/nothing", "/v1/session/", "/v1/projects:nothing", "/v2/session", "/v1"):
        script.contains(path, error(call("GET", path)), wanted(404, "NOT_FOUND", "ROUTE_NOT_FOUND"))
    answer = call("DELETE", "/v1/session")
    script.contains("another method", error(answer), wanted(405, "UNIMPLEMENTED", "UNIMPLEMENTED"))
    script.equal("405 says which method", answer.headers.get("allow"), "GET, HEAD")
    answer = call("POST", "/v1/accounts:register", "email=a", {"content-type": "application/x-www-form-urlencoded"})
    script.contains("a form", error(answer), wanted(415, "INVALID_ARGUMENT", "MALFORMED_REQUEST"))
    answer = call("POST", "/tasktracker.core.v1.TaskService/GetTask", b"\0\0\0\0\0", {"content-type": "application/grpc"})
    script.contains("gRPC over HTTP/1.1", error(answer), wanted(505, "UNIMPLEMENTED", "UNIMPLEMENTED"))


def accounts(script):
    """Registering and signing in as a program."""
    wish = {"email": ARGUMENTS.email, "displayName": "Ada", "password": ARGUMENTS.password}
    if ARGUMENTS.setup_token:
        answer = call("POST", "/v1/accounts:register", wish | {"setupToken": "wrong"})
        script.contains("a wrong set-up token", error(answer), wanted(403, "PERMISSION_DENIED", "REGISTRATION_CLOSED"))
        answer = call("POST", "/v1/accounts:register", wish | {"setupToken": ARGUMENTS.setup_token})
        script.equal("the first account", (answer.status, answer.json.get("systemRoleId")), (201, "owner"))
        script.equal("its place", answer.headers.get("location"), f"/v1/users/{answer.json.get('id')}")
    answer = call("POST", "/v1/accounts:register", wish)
    script.contains("an address with an account", error(answer), wanted(409, "ALREADY_EXISTS", "EMAIL_TAKEN"))
    answer = call("POST", "/v1/accounts:register", {"email": "x@example.com", "displayName": "", "password": "short"})
    fields = ["display_name", "password"]
    script.contains("two fields break rules", error(answer), wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=fields))

    sign_in = {"email": ARGUMENTS.email, "password": ARGUMENTS.password, "sessionKind": "SESSION_KIND_NATIVE"}
    known = error(call("POST", "/v1/sessions:signIn", sign_in | {"password": "not the password"}))
    script.contains("a wrong password", known, wanted(401, "UNAUTHENTICATED", "INVALID_CREDENTIALS"))
    unknown = error(call("POST", "/v1/sessions:signIn", sign_in | {"email": "nobody@example.com"}))
    script.equal("an unknown address answers the same", unknown, known)
    answer = call("POST", "/v1/sessions:signIn", sign_in, user_agent="rest.py/1.0", authorization="Bearer stale")
    script.equal("signing in", answer.status, 200)
    script.equal("a program gets no cookie", answer.cookies, [])
    script.equal("the session knows the client", answer.json["session"]["userAgent"], "rest.py/1.0")
    answer = call("POST", "/v1/sessions:refresh", {"refreshToken": answer.json["refreshToken"]})
    script.true("a refresh token buys a new pair", answer.status == 200 and answer.json["accessToken"], answer.status)
    return {"authorization": f"Bearer {answer.json['accessToken']}"}


def creating(script, token):
    """A project and a task; the same request again, and another under its key."""
    key = "RE" + uuid.uuid4().hex[:6].upper()
    wish = {"key": key, "name": "Rest", "timeZone": "Europe/Berlin"}
    answer = call("POST", "/v1/projects", wish, token)
    project = answer.json
    script.equal("a project is made", (answer.status, project.get("key"), project.get("visibility")), (201, key, "VISIBILITY_PRIVATE"))
    script.equal("201 says where it is", answer.headers.get("location"), f"/v1/projects/{project['id']}")
    script.equal("the etag is a header too", answer.headers.get("etag"), project["etag"])
    taken = call("POST", "/v1/projects", wish, token)
    script.contains("a key that is taken", error(taken), wanted(409, "ALREADY_EXISTS", "PROJECT_KEY_TAKEN"))
    permissions = call("GET", f"/v1/projects/{project['id']}/permissions", headers=token).json["permissions"]
    script.true("the caller is its owner", "project.delete" in permissions, permissions)

    for _ in range(4):
        wish = {"key": "ON" + uuid.uuid4().hex[:6].upper(), "name": "Once"}
        once = token | {"idempotency-key": str(uuid.uuid4())}
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _, wish=wish, once=once: call("POST", "/v1/projects", wish, once), range(10)))
        seen = sorted({(answer.status, answer.json.get("id", "")) for answer in answers})
        script.equal("ten equal requests at once make one project", [status for status, _ in seen], [201])

    tasks = f"/v1/projects/{project['id']}/tasks"
    once = token | {"idempotency-key": str(uuid.uuid4())}
    wish = {"title": "Größe ändern 🚀", "priority": "PRIORITY_HIGH", "due": {"date": "2026-12-24"}, "estimatePoints": 0}
    answer = call("POST", tasks, wish, once)
    task = answer.json
    script.contains("a task is made", task, wish | {"key": f"{key}-1", "number": 1, "commentCount": 0, "assigneeIds": [], "overdue": False})
    script.equal("its place", (answer.status, answer.headers.get("location")), (201, f"/v1/tasks/{task['id']}"))
    script.true("what is absent is left out", "completeTime" not in task and "deleteTime" not in task, sorted(task))
    script.true("a write answers a consistency token", answer.headers.get("x-consistency-token"))
    again = call("POST", tasks, wish, once)
    script.equal("the same Idempotency-Key answers the same task", (again.status, again.json), (201, task))
    other = call("POST", tasks, wish | {"title": "Other"}, once)
    script.contains("an Idempotency-Key with another body", error(other), wanted(400, "INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED"))
    for name, value in {"too long": "x" * 65, "with a space": "a b"}.items():
        answer = call("POST", tasks, wish, token | {"idempotency-key": value})
        refused_ = wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["request_id"])
        script.contains(f"an Idempotency-Key {name}", error(answer), refused_)
    answer = call("POST", f"{tasks}?requestId=a", wish, token | {"idempotency-key": "b"})
    script.contains("two request ids", error(answer), wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["request_id"]))
    return project, task


def updating(script, token, task):
    """PATCH with and without a mask, on a stale etag, and under If-Match."""
    path, stale = f"/v1/tasks/{task['id']}", task["etag"]
    answer = call("PATCH", path, {"title": "First"}, token)
    script.contains("PATCH changes what the body names", answer.json, {"title": "First", "priority": "PRIORITY_HIGH", "due": task["due"]})
    present = answer.json["etag"]
    script.equal("the new etag is a header too", (answer.headers.get("etag"), present == stale), (present, False))

    conflict = error(call("PATCH", path, {"title": "Second", "etag": stale}, token))
    script.contains("the same field on a stale etag", conflict, wanted(409, "ABORTED", "EDIT_CONFLICT"))
    values = {"etag": present, "fields": "title", "title.theirs": '"First"', "title.yours": '"Second"'}
    script.contains("a conflict has both values", conflict.get("metadata", {}), values)
    merged = call("PATCH", path, {"priority": "PRIORITY_LOW", "etag": stale}, token)
    script.contains("another field on a stale etag merges", merged.json, {"title": "First", "priority": "PRIORITY_LOW"})
    present = merged.json["etag"]

    answer = error(call("PATCH", path, {"description": "x"}, token | {"if-match": stale}))
    script.contains("a stale If-Match", answer, wanted(412, "ABORTED", "ETAG_MISMATCH", metadata={"etag": present}))
    answer = error(call("PATCH", path, {"title": "Second", "etag": stale}, token | {"if-match": present}))
    script.contains("a good If-Match and a stale etag inside", answer, wanted(409, "ABORTED", "EDIT_CONFLICT"))
    answer = error(call("DELETE", path, None, token | {"if-match": stale}))
    script.contains("deleting under a stale If-Match", answer, wanted(412, "ABORTED", "ETAG_MISMATCH"))
    answer = error(call("DELETE", f"{path}?etag=%22999%22", None, token))
    script.contains("deleting on a wrong etag", answer, wanted(409, "ABORTED", "ETAG_MISMATCH"))
    for name, value in {"the present etag": present, "a list with it": f'"0", {present}', "any": "*"}.items():
        answer = call("PATCH", path, {"title": "First"}, token | {"if-match": value})
        script.equal(f"If-Match with {name}", (answer.status, answer.json.get("etag")), (200, present))

    whole = call("GET", path, headers=token).json
    answer = call("PATCH", path, whole | {"title": "Whole"}, token)
    script.equal("a whole resource can be sent back", (answer.status, (answer.json or {}).get("title")), (200, "Whole"))
    answer = call("PATCH", path, {"due": None, "estimatePoints": None, "description": ""}, token)
    script.true("null clears", answer.status == 200 and "due" not in answer.json and "estimatePoints" not in answer.json, answer.json)
    answer = call("PATCH", path, {}, token)
    script.equal("nothing to change changes nothing", (answer.status, answer.json.get("title")), (200, "Whole"))
    answer = call("PATCH", f"{path}?updateMask=title", {"title": "Masked", "description": "not named"}, token)
    script.contains("an explicit mask", answer.json, {"title": "Masked", "description": ""})
    answer = call("PATCH", f"{path}?update_mask=description,startDate", {"description": "d"}, token)
    script.contains("a mask in proto names", answer.json, {"description": "d", "title": "Masked"})
    for mask in ("number", "noSuchField", "commentCount,title"):
        answer = error(call("PATCH", f"{path}?updateMask={mask}", {"title": "x"}, token))
        script.contains(f"a mask that names {mask}", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["update_mask"]))
    answer = error(call("PATCH", path, {"id": ZERO, "title": "x"}, token))
    script.contains("a body that contradicts the path", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["task.id"]))
    return call("GET", path, headers=token).json


def reading(script, token, project, task):
    """Reading, lists and custom verbs."""
    path = f"/v1/tasks/{task['id']}"
    for name in (path, f"/v1/tasks/{task['key']}", f"/v1/tasks/{task['key'].replace('R', '%52', 1)}"):
        script.equal(f"GET {'by id' if name == path else name.partition('/v1/tasks/')[2][:3]}", call("GET", name, headers=token).json, task)
    answer = call("HEAD", path, headers=token)
    script.equal("HEAD has the headers only", (answer.status, answer.headers.get("etag"), answer.text), (200, task["etag"], b""))
    answer = call("GET", path, headers=token | {"if-none-match": task["etag"]})
    script.equal("a task with counts is always sent", answer.status, 200)
    script.equal("answers are not kept", answer.headers.get("cache-control"), "no-store")

    tasks = f"/v1/projects/{project['id']}/tasks"
    for title in ("One", "Two"):
        call("POST", tasks, {"title": title}, token)
    seen, page = [], ""
    while True:
        answer = call("GET", f"{tasks}?pageSize=1&orderBy=title%20desc&pageToken={page}", headers=token)
        seen += [item["title"] for item in answer.json["tasks"]]
        page = answer.json["nextPageToken"]
        if not page:
            break
    script.equal("pages", seen, ["Two", "One", task["title"]])
    page = call("GET", f"{tasks}?page_size=1&order_by=title", headers=token).json["nextPageToken"]
    answer = error(call("GET", f"{tasks}?page_size=1&page_token={page}", headers=token))
    script.contains("a page token of another order", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_PAGE_TOKEN"))
    answer = call("GET", f"{tasks}?filter=priority%20%3E%3D%20LOW%20AND%20title%3Amask", headers=token)
    script.equal("a filter", [item["id"] for item in (answer.json or {}).get("tasks", [])], [task["id"]])
    mine = f"/v1/tasks?relations=TASK_RELATION_CREATED&relations=3&filter=project_id%20%3D%20%22{project['id']}%22"
    answer = call("GET", mine, headers=token)
    found = [item["id"] for item in (answer.json or {}).get("tasks", [])]
    script.true("enums in a query by name and number", task["id"] in found, found)

    answer = call("POST", f"{path}:move", {"first": True}, token)
    script.equal("moving", (answer.status, answer.json.get("id")), (200, task["id"]))
    for name, body in {"nowhere": {}, "not last": {"last": False}, "two places": {"first": True, "last": True}}.items():
        answer = error(call("POST", f"{path}:move", body, token))
        script.equal(f"moving {name}", (answer["status"], answer.get("code")), (400, "INVALID_ARGUMENT"))
    answer = call("POST", f"{path}:unfollow", None, token)
    script.equal("204 has no body", (answer.status, answer.text), (204, b""))
    script.equal("it has taken effect", call("GET", path, headers=token).json["followed"], False)
    answer = call("POST", f"{path}/comments", {"body": "Hello"}, token)
    comment = answer.json
    script.equal("a comment", (answer.status, answer.headers.get("location")), (201, f"/v1/comments/{comment['id']}"))
    script.equal("deleting it", call("DELETE", f"/v1/comments/{comment['id']}", headers=token).status, 204)
    script.equal("it is gone", call("GET", f"/v1/comments/{comment['id']}", headers=token).status, 404)
    activity = call("GET", f"{path}/activity?pageSize=200", headers=token).json["activities"]
    first = next(item for item in reversed(activity) if item["kind"] == "ACTIVITY_KIND_UPDATED")
    change = {"field": "title", "before": "Größe ändern 🚀", "after": "First"}
    script.equal("activity has values as in the resource", first["changes"], [change])


def refused(script, token, project, task):
    """Requests that are wrong in themselves."""
    tasks, path = f"/v1/projects/{project['id']}/tasks", f"/v1/tasks/{task['id']}"
    malformed = wanted(400, "INVALID_ARGUMENT", "MALFORMED_REQUEST")
    for name, body in {
        "cut off": '{"title": "x"',
        "no object": "[]",
        "two objects": '{"title": "x"} {}',
        "a key twice": '{"title": "x", "title": "y"}',
        "bytes that are no UTF-8": b'{"title": "\xff"}',
        "nested too deep": '{"title": ' + "[" * 1000 + "]" * 1000 + "}",
        "nothing but null": "null",
    }.items():
        answer = error(call("POST", tasks, body, token))
        script.equal(f"JSON: {name}", (answer["status"], answer.get("code")), (malformed["status"], malformed["code"]))
    for field, body in {
        "task.colour": {"title": "x", "colour": "red"},
        "task.title": {"title": 5},
        "task.priority": {"title": "x", "priority": "PRIORITY_EXTREME"},
        "task.due.date": {"title": "x", "due": {"date": "24.12.2026"}},
        "task.due": {"title": "x", "due": {}},
        "task.estimate_points": {"title": "x", "estimatePoints": "NaN"},
        "task.assignee_ids": {"title": "x", "assigneeIds": "me"},
        "task.status_id": {"title": "x", "statusId": ZERO},
        "task.parent_id": {"title": "x", "parentId": ZERO},
    }.items():
        answer = error(call("POST", tasks, body, token))
        script.contains(f"body: {field}", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=[field]))
    for field, query in {
        "page_size": "pageSize=many",
        "colour": "colour=red",
        "filter": "filter=colour%20%3D%201",
        "order_by": "orderBy=colour",
    }.items():
        answer = error(call("GET", f"{tasks}?{query}", headers=token))
        script.contains(f"query: {field}", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=[field]))
    answer = error(call("GET", f"{tasks}?pageSize=1&pageSize=2", headers=token))
    script.equal("a parameter twice", (answer["status"], answer.get("code")), (400, "INVALID_ARGUMENT"))
    for name in ("%2Fetc", "a%00b", "???".replace("?", "%3F")):
        answer = error(call("GET", f"/v1/tasks/{name}", headers=token))
        script.contains(f"id {name}", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["task_id"]))
    answer = error(call("GET", path, "{}", token))
    script.contains("a body where none belongs", answer, malformed)
    answer = error(call("POST", tasks, {"title": "x"}, token | {"content-encoding": "gzip"}))
    script.contains("a compressed body", answer, wanted(415, "INVALID_ARGUMENT", "MALFORMED_REQUEST"))
    answer = error(call("POST", tasks, {"title": "x", "description": "x" * (2 << 20)}, token))
    script.contains("a body of 2 MiB", answer, wanted(413, "RESOURCE_EXHAUSTED", "PAYLOAD_TOO_LARGE"))
    # A password hash takes longer than a millisecond wherever this runs.
    sign_in = {"email": ARGUMENTS.email, "password": ARGUMENTS.password, "sessionKind": "SESSION_KIND_NATIVE"}
    answer = error(call("POST", "/v1/sessions:signIn", sign_in, grpc_timeout="1m"))
    script.contains("no time for it", answer, wanted(504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"))
    answer = call("PATCH", path, {"title": "x"}, token | {"x-http-method-override": "DELETE"})
    script.equal("another method is not taken from a header", answer.status, 200)


def not_found(script, token, project, task):
    """What somebody may not see is answered exactly as what does not exist."""
    email = f"grace-{uuid.uuid4().hex[:8]}@example.com"
    call("POST", "/v1/accounts:register", {"email": email, "displayName": "Grace", "password": transcript.PASSWORD})
    sign_in = {"email": email, "password": transcript.PASSWORD, "sessionKind": "SESSION_KIND_NATIVE"}
    grace = {"authorization": f"Bearer {call('POST', '/v1/sessions:signIn', sign_in).json['accessToken']}"}
    for method, prefix, there, suffix, body in (
        ("GET", "/v1/tasks/", task["id"], "", None),
        ("PATCH", "/v1/tasks/", task["id"], "", {"title": "x"}),
        ("DELETE", "/v1/tasks/", task["id"], "", None),
        ("POST", "/v1/tasks/", task["id"], ":follow", None),
        ("GET", "/v1/tasks/", task["id"], "/activity", None),
        ("GET", "/v1/projects/", project["id"], "", None),
        ("GET", "/v1/projects/", project["id"], "/tasks", None),
        ("POST", "/v1/projects/", project["id"], "/tasks", {"title": "x"}),
        ("POST", "/v1/projects/", project["id"], "/tasks", {"title": ""}),
        ("GET", "/v1/projects/", project["id"], "/members", None),
        ("GET", "/v1/projects/", project["id"], "/permissions", None),
        ("GET", "/v1/projects/", project["id"], "/statuses", None),
        ("GET", "/v1/watch?project_ids=", project["id"], "", None),
    ):
        hidden = error(call(method, f"{prefix}{there}{suffix}", body, grace))
        missing = error(call(method, f"{prefix}{ZERO}{suffix}", body, grace))
        script.equal(f"{method} {prefix}{{}}{suffix} of others", hidden, missing)
        if body != {"title": ""}:
            script.contains("is not found", hidden, wanted(404, "NOT_FOUND", "NOT_FOUND"))
    by_key = error(call("GET", f"/v1/tasks/{task['key']}", headers=grace))
    script.equal("nor by key", by_key, error(call("GET", "/v1/tasks/NONE-1", headers=grace)))
    script.equal("others' projects are not listed", call("GET", "/v1/projects", headers=grace).json["projects"], [])


def lines(script, token, project, task):
    """A watch as NDJSON."""
    path = f"/v1/watch?project_ids={project['id']}"
    stream = Stream(path, token)
    script.equal("a stream of lines", (stream.response.status, stream.response.getheader("content-type")), (200, "application/x-ndjson"))
    script.equal("nothing holds it back", stream.response.getheader("x-accel-buffering"), "no")
    first = stream.line()
    script.true("it begins with a checkpoint", "checkpoint" in first["result"], first)
    call("PATCH", f"/v1/tasks/{task['id']}", {"title": "In lines"}, token)
    line = stream.line_with("taskUpserted")
    script.equal("a change is a line", line["result"].get("taskUpserted", {}).get("title"), "In lines")
    stream.close()
    stream = Stream(f"{path}&resumeToken={first['result']['resumeToken']}", token)
    script.equal("resuming by the query", stream.line_with("taskUpserted")["result"]["taskUpserted"]["title"], "In lines")
    stream.close()

    sign_in = {"email": ARGUMENTS.email, "password": ARGUMENTS.password, "sessionKind": "SESSION_KIND_NATIVE"}
    mine = {"authorization": f"Bearer {call('POST', '/v1/sessions:signIn', sign_in).json['accessToken']}"}
    stream = Stream(path, mine)
    stream.line()
    script.equal("signing out", call("POST", "/v1/sessions:signOut", None, mine).status, 204)
    last = stream.line_with("nothing")
    script.contains(
        "a stream that fails says so in its last line",
        flat(last["error"], 401) if last else {},
        {"code": "UNAUTHENTICATED", "reason": "CREDENTIAL_INVALID", "agrees": True, "has_request_id": True},
    )
    script.equal("and ends", stream.line(), None)
    stream.close()
    answer = error(call("GET", f"{path}&resumeToken=nonsense", headers=token))
    script.contains("a damaged resume token", answer, wanted(400, "OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED"))
    answer = error(call("GET", "/v1/watch", headers=token))
    script.contains("a watch of nothing", answer, wanted(400, "INVALID_ARGUMENT", "INVALID_FIELDS", fields=["project_ids"]))
    stream = Stream(path, token | {"grpc-timeout": "500m"})
    last = stream.line_with("nothing")
    script.equal("a deadline is the last line", last and last["error"]["status"], "DEADLINE_EXCEEDED")
    stream.close()


def events(script, token, project, task):
    """A watch as server-sent events, and going on after the last one seen."""
    path, accept = f"/v1/watch?project_ids={project['id']}", token | {"accept": "text/event-stream"}
    stream = Stream(path, accept)
    kind = stream.response.getheader("content-type", "")
    script.equal("a stream of events", (stream.response.status, kind.partition(";")[0]), (200, "text/event-stream"))
    script.equal("events are not kept", stream.response.getheader("cache-control"), "no-store")
    first = stream.event()
    script.equal("it begins with a checkpoint", (first.event, first.id), ("checkpoint", first.data["resumeToken"]))
    call("PATCH", f"/v1/tasks/{task['id']}", {"title": "In events"}, token)
    seen = stream.event_of("task_upserted")
    script.equal("a change is an event", seen.data.get("taskUpserted", {}).get("title"), "In events")
    stream.close()

    comment = call("POST", f"/v1/tasks/{task['id']}/comments", {"body": "Missed"}, token).json
    stream = Stream(path, accept | {"last-event-id": seen.id})
    missed = stream.event_of("comment_upserted")
    script.equal("Last-Event-ID brings what was missed", missed.data.get("commentUpserted"), comment)
    stream.close()
    # A browser repeats the URL it was given, with the first token in it.
    stream = Stream(f"{path}&resume_token={first.id}", accept | {"last-event-id": missed.id})
    call("DELETE", f"/v1/comments/{comment['id']}", headers=token)
    titles = []
    while (event := stream.event()) and event.event != "comment_removed":
        titles.append(event.event)
    seen = (titles, event.data["commentRemoved"]["commentId"])
    script.equal("Last-Event-ID is newer than the URL", seen, (["checkpoint", "task_upserted"], comment["id"]))
    stream.close()
    answer = error(call("GET", path, headers=accept | {"last-event-id": "nonsense"}))
    script.contains("a damaged Last-Event-ID", answer, wanted(400, "OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED"))
    stream = Stream(path, accept | {"grpc-timeout": "500m"})
    last = stream.event_of("stream-error")
    script.equal("a failure is the last event", last and last.data["error"]["status"], "DEADLINE_EXCEEDED")
    script.equal("and nothing follows", stream.event(), None)
    stream.close()


def deleted(script, token):
    """A deleted project is not found by anything but reading, listing and restoring it."""
    wish = {"key": "DE" + uuid.uuid4().hex[:6].upper(), "name": "Deleted"}
    path = f"/v1/projects/{call('POST', '/v1/projects', wish, token).json['id']}"
    task = call("POST", f"{path}/tasks", {"title": "In it"}, token).json
    script.equal("deleting a project", "deleteTime" in call("DELETE", path, headers=token).json, True)
    script.equal("its owner still reads it", call("GET", path, headers=token).status, 200)
    for method, place, body in (
        ("GET", f"{path}/tasks", None),
        ("GET", f"{path}/statuses", None),
        ("GET", f"/v1/tasks/{task['id']}", None),
        ("POST", f"{path}/tasks", {"title": "x"}),
        ("POST", f"{path}:archive", {}),
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
    ):
        seen = error(call(method, place, body, token))
        name = place.replace(path, "a deleted project").replace(task["id"], "{its task}")
        script.contains(f"{method} {name}", seen, wanted(404, "NOT_FOUND", "NOT_FOUND"))
    watch = Stream(f"/v1/watch?project_ids={path.rpartition('/')[2]}", token | {"grpc-timeout": "1S"})
    script.equal("watching a deleted project", watch.response.status, 404)
    watch.close()
    script.equal("restoring it", call("POST", f"{path}:undelete", {}, token).status, 200)
    script.equal("everything is back", call("GET", f"/v1/tasks/{task['id']}", headers=token).json["title"], "In it")


def browser(script, token, project):
    """A browser's session: a cookie that counts only from the own pages."""
    own, cross = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}
    refused_ = wanted(403, "PERMISSION_DENIED", "CROSS_SITE_REQUEST")
    sign_in = {"email": ARGUMENTS.email, "password": ARGUMENTS.password, "sessionKind": "SESSION_KIND_BROWSER"}
    origin = {"origin": f"http://{ARGUMENTS.address}"}
    for name, headers in {
        "from nowhere": {},
        "from another site": cross,
        "from a sister site": {"sec-fetch-site": "same-site"},
        "typed": {"sec-fetch-site": "none"},
        "by another origin": {"origin": "http://evil.example"},
        "by no origin": {"origin": "null"},
        "with a good origin that was not meant": origin | cross,
    }.items():
        answer = call("POST", "/v1/sessions:signIn", sign_in, headers)
        script.contains(f"signing in {name}", error(answer), refused_)
        script.equal("sets no cookie", answer.cookies, [])
    native = sign_in | {"sessionKind": "SESSION_KIND_NATIVE"}
    script.contains("signing in as a program from another site", error(call("POST", "/v1/sessions:signIn", native, cross)), refused_)

    answer = call("POST", "/v1/sessions:signIn", sign_in, own)
    cookie, *attributes = [part.strip() for part in answer.cookies[0].split(";")] if len(answer.cookies) == 1 else [""]
    script.equal("signing in from the own page", (answer.status, cookie.partition("=")[0]), (200, "__Host-tt_session"))
    fixed = sorted(attribute for attribute in attributes if not attribute.startswith("Max-Age="))
    script.equal("the cookie is the browser's alone", fixed, ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"])
    secret = cookie.partition("=")[2]
    tokens = [answer.json.get(name) for name in ("accessToken", "refreshToken")]
    everything = answer.text.decode() + "".join(value for name, value in answer.headers.items() if name != "set-cookie")
    script.equal("the body holds no secret", (tokens, len(secret) > 20, secret in everything), (["", ""], True, False))
    script.true("nor do other headers", not [name for name in answer.headers if name.startswith("x-session")], sorted(answer.headers))
    by_origin = call("POST", "/v1/sessions:signIn", sign_in, origin)
    script.equal("an old browser signs in by its origin", (by_origin.status, len(by_origin.cookies)), (200, 1))

    session = {"cookie": f"theme=dark; {cookie}"}
    for name, headers, status in (
        ("an own page", own, 200),
        ("the address bar", {"sec-fetch-site": "none"}, 200),
        ("an old browser", origin, 200),
        ("another site", cross, 403),
        ("a sister site", {"sec-fetch-site": "same-site"}, 403),
        ("another origin", {"origin": "http://evil.example"}, 403),
        ("nobody knows whom", {}, 403),
    ):
        script.equal(f"reading from {name}", call("GET", "/v1/session", headers=session | headers).status, status)
    tasks = f"/v1/projects/{project['id']}/tasks"
    wish = {"title": "From the browser"}
    script.equal("writing from an own page", call("POST", tasks, wish, session | own).status, 201)
    script.contains("writing from another site", error(call("POST", tasks, wish, session | cross)), refused_)
    script.contains("writing from the address bar", error(call("POST", tasks, wish, session | {"sec-fetch-site": "none"})), refused_)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = call("POST", tasks, json.dumps(wish), session | own | {"content-type": kind})
        script.contains(f"writing as {kind.partition(';')[0]}", error(answer), refused_)
    bearer = call("POST", tasks, wish, token | cross)
    script.equal("a token needs no proof of origin", bearer.status, 201)
    both = call("GET", "/v1/session", headers=session | token | cross)
    script.equal("a token wins over a cookie", both.status, 200)
    preflight = call("OPTIONS", tasks, None, {"origin": "http://evil.example", "access-control-request-method": "POST"})
    allowed = [name for name in preflight.headers if name.startswith("access-control")]
    script.equal("no other origin is allowed", allowed, [])

    stream = Stream(f"/v1/watch?project_ids={project['id']}", session | own | {"accept": "text/event-stream"})
    script.equal("an EventSource brings its cookie", stream.event().event, "checkpoint")
    script.contains("signing out from another site", error(call("POST", "/v1/sessions:signOut", None, session | cross)), refused_)
    answer = call("POST", "/v1/sessions:signOut", None, session | own)
    script.equal("signing out", (answer.status, [value.partition(";")[0] for value in answer.cookies]), (204, ["__Host-tt_session="]))
    script.true("takes the cookie away", answer.cookies and "Max-Age=0" in answer.cookies[0], answer.cookies)
    last = stream.event_of("stream-error")
    script.equal("and ends its streams", last and last.data["error"]["status"], "UNAUTHENTICATED")
    stream.close()
    answer = call("GET", "/v1/session", headers=session | own)
    script.contains("the old cookie is worth nothing", error(answer), wanted(401, "UNAUTHENTICATED", "CREDENTIAL_INVALID"))
    script.true("and is taken away again", answer.cookies and "Max-Age=0" in answer.cookies[0], answer.cookies)
    damaged = call("GET", "/v1/session", headers={"cookie": "__Host-tt_session=nonsense"} | own)
    script.contains("a damaged cookie", error(damaged), wanted(401, "UNAUTHENTICATED", "CREDENTIAL_INVALID"))


transcript.Transcript("python http").run(scenario)
