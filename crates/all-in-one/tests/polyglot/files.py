"""Files of 50 MB, up and down, over gRPC with the official client and over REST with Python's own library: interrupted and resumed, in
ranges, with checksums; and what follows: the count on the task, the statistics, the inbox of a colleague. Prints a JSON transcript.
"""

import hashlib
import http.client
import json
import os
import time

import grpc
import stubs
import transcript

ARGUMENTS = transcript.arguments(__doc__)
API = stubs.load(ARGUMENTS.proto)
TIMEOUT = 100
SIZE = 50_000_000
PIECE = 256 * 1024


def rest(method, path, token, body=None, **headers):
    """One request: status, headers by lower-case name, and the bytes."""
    connection = http.client.HTTPConnection(ARGUMENTS.address, timeout=TIMEOUT)
    fields = {name.replace("_", "-"): value for name, value in headers.items()} | {"authorization": f"Bearer {token}"}
    if isinstance(body, dict):
        body, fields["content-type"] = json.dumps(body).encode(), "application/json"
    connection.request(method, path, body, fields)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def eventually(look):
    """What comes by itself within some seconds."""
    for _ in range(400):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    return None


def scenario(notes):
    channel = grpc.insecure_channel(ARGUMENTS.address)
    sessions = API.session_service_grpc.SessionServiceStub(channel)
    accounts = API.account_service_grpc.AccountServiceStub(channel)
    register = API.account_service.RegisterRequest(
        email=ARGUMENTS.email, display_name="Ada", password=ARGUMENTS.password, setup_token=ARGUMENTS.setup_token
    )
    accounts.Register(register, timeout=TIMEOUT)

    def sign_in(email):
        request = API.session_service.SignInRequest(
            email=email, password=ARGUMENTS.password, session_kind=API.session.SESSION_KIND_NATIVE
        )
        return sessions.SignIn(request, timeout=TIMEOUT)

    token = sign_in(ARGUMENTS.email).access_token
    ada = [("authorization", f"Bearer {token}")]
    grace_register = API.account_service.RegisterRequest(
        email="grace@example.com", display_name="Grace", password=ARGUMENTS.password
    )
    grace = accounts.Register(grace_register, timeout=TIMEOUT).user

    status, _, content = rest("POST", "/v1/projects", token, {"key": "WEB", "name": "Web"})
    project = json.loads(content)
    notes.equal("a project", status, 201)
    rest("POST", f"/v1/projects/{project['id']}/members", token, {"userId": grace.id, "roleId": "contributor"})
    status, _, content = rest("POST", f"/v1/projects/{project['id']}/tasks", token, {"title": "Draw", "assigneeIds": [grace.id]})
    task = json.loads(content)
    notes.equal("a task", status, 201)

    data = os.urandom(SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    uploads = API.upload_service_grpc.UploadServiceStub(channel)
    files = API.file_service_grpc.FileServiceStub(channel)

    # Over gRPC, broken off in the middle and resumed where it was.
    created = uploads.CreateUpload(
        API.upload_service.CreateUploadRequest(task_id=task["id"], file_name="big.bin", size_bytes=SIZE, sha256=sha256),
        metadata=ada,
        timeout=TIMEOUT,
    )

    def pieces(offset, end):
        first = True
        while offset < end:
            piece = data[offset : min(offset + PIECE, end)]
            yield API.upload_service.WriteUploadRequest(
                upload_id=created.upload_id if first else "",
                offset=offset if first else 0,
                content=API.httpbody.HttpBody(data=piece),
            )
            first = False
            offset += len(piece)

    half = uploads.WriteUpload(pieces(0, SIZE // 2), metadata=ada, timeout=TIMEOUT)
    notes.equal("half of it over gRPC", half.upload.received_bytes, SIZE // 2)
    known = uploads.GetUpload(API.upload_service.GetUploadRequest(upload_id=created.upload_id), metadata=ada, timeout=TIMEOUT)
    whole = uploads.WriteUpload(pieces(known.upload.received_bytes, SIZE), metadata=ada, timeout=TIMEOUT)
    notes.equal("the rest of it", whole.upload.received_bytes, SIZE)
    by_grpc = uploads.CompleteUpload(
        API.upload_service.CompleteUploadRequest(upload_id=created.upload_id), metadata=ada, timeout=TIMEOUT
    ).file
    notes.equal("its checksum", by_grpc.sha256, sha256)

    # Over REST: one request for the content.
    status, _, content = rest(
        "POST", "/v1/uploads", token, {"taskId": task["id"], "fileName": "größer.bin", "sizeBytes": str(SIZE), "sha256": sha256}
    )
    upload = json.loads(content)
    notes.equal("announced over REST", status, 201)
    status, _, content = rest("PUT", f"/v1/uploads/{upload['uploadId']}/content", token, data, content_type="application/octet-stream")
    notes.equal("written over REST", (status, json.loads(content).get("receivedBytes")), (200, str(SIZE)))
    status, _, content = rest("POST", f"/v1/uploads/{upload['uploadId']}:complete", token, {})
    by_rest = json.loads(content)
    notes.equal("completed over REST", (status, by_rest.get("sha256")), (200, sha256))

    # Each down the other way.
    status, headers, content = rest("GET", f"/v1/files/{by_grpc.id}/content", token)
    notes.equal("down over REST", (status, hashlib.sha256(content).hexdigest()), (200, sha256))
    notes.true("it is an attachment", headers.get("content-disposition", "").startswith("attachment"), headers)
    digest = hashlib.sha256()
    request = API.file_service.DownloadFileRequest(file_id=by_rest["id"])
    for piece in files.DownloadFile(request, metadata=ada, timeout=TIMEOUT):
        digest.update(piece.content.data)
    notes.equal("down over gRPC", digest.hexdigest(), sha256)

    # A part, none of it, and what has not changed.
    status, headers, content = rest("GET", f"/v1/files/{by_rest['id']}/content", token, range="bytes=1000-1999")
    notes.equal("a range", (status, headers.get("content-range"), content == data[1000:2000]), (206, f"bytes 1000-1999/{SIZE}", True))
    status, headers, _ = rest("GET", f"/v1/files/{by_rest['id']}/content", token, range=f"bytes={SIZE}-")
    notes.equal("a range outside", (status, headers.get("content-range")), (416, f"bytes */{SIZE}"))
    status, headers, _ = rest("GET", f"/v1/files/{by_rest['id']}/content", token, range="bytes=0-0")
    status, _, content = rest("GET", f"/v1/files/{by_rest['id']}/content", token, if_none_match=headers.get("etag", ""))
    notes.equal("unchanged", (status, content), (304, b""))

    # What follows by itself.
    def counted():
        _, _, content = rest("GET", f"/v1/tasks/{task['id']}", token)
        return json.loads(content)["attachmentCount"] == 2

    notes.true("both are counted on the task", eventually(counted))
    for_grace = sign_in("grace@example.com").access_token

    def told():
        _, _, content = rest("GET", "/v1/notifications", for_grace)
        return [one for one in json.loads(content)["notifications"] if one["taskId"] == task["id"]]

    found = eventually(told) or []
    notes.equal("grace is told", [one["reason"] for one in found], ["NOTIFICATION_REASON_ASSIGNED"])
    _, _, content = rest("GET", f"/v1/projects/{project['id']}/statistics", token)
    notes.equal("and it is counted", json.loads(content)["days"][-1]["createdCount"], 1)


transcript.Transcript("python files").run(scenario)
