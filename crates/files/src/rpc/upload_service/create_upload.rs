//! Announces a file: takes its room from the project's quota, before any byte comes. With a `request_id` it may be sent again: the upload
//! is made once.

use tasktracker_database::{Failure, Time, idempotency, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::files::v1::{CreateUploadRequest, CreateUploadResponse};
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

use super::load;
use crate::app::App;
use crate::db::places::{self, Limits};
use crate::db::uploads;
use crate::domain::checksum::Checksum;
use crate::domain::file_name;
use crate::domain::upload::{Upload, UploadState};
use crate::rpc::{refuse, replay};
use crate::standing;

const RPC: &str = "tasktracker.files.v1.UploadService/CreateUpload";

pub async fn create_upload(app: &App, call: &Call, request: CreateUploadRequest) -> Result<CreateUploadResponse, RpcError> {
    let upload = stale::retry(|| attempt(app, call, &request)).await?;
    Ok(CreateUploadResponse {
        upload_id: upload.id.to_string(),
        expire_time: Some(to_proto(upload.expire_time)),
    })
}

async fn attempt(app: &App, call: &Call, request: &CreateUploadRequest) -> Result<Upload, Failure> {
    let task_id = load::id("task_id", &request.task_id)?;
    let announced = Checksum::optional(&request.sha256).map_err(|error| refuse::checksum("sha256", error))?;
    let task = standing::of_task(app, call, task_id).await?;
    let granted = app.access.in_project(call, task.project_id).await?;
    granted.require(Permission::FileUpload, "task")?;

    let key = replay::key(call, RPC, &request.request_id, request);
    if let Some(made) = replay::first_result(app, key.as_ref()).await? {
        return load::own(app, call, made).await;
    }
    task.check_live()?;
    standing::check_project(app, call, task.project_id).await?;
    if request.size_bytes > app.config.max_file_bytes {
        return Err(refuse::limit(
            "max_file_bytes",
            app.config.max_file_bytes,
            "the file has more bytes than a file may have",
        )
        .into());
    }
    check_room(app, task_id, task.project_id, request.size_bytes).await?;

    let now = app.now();
    let upload = Upload {
        id: app.ids.next(),
        task_id,
        project_id: task.project_id,
        creator_id: call.user_id()?,
        file_name: file_name::sanitise(&request.file_name),
        size_bytes: request.size_bytes,
        announced,
        received: (request.size_bytes == 0).then_some(Checksum::OF_NOTHING),
        received_bytes: 0,
        state: UploadState::Pending,
        create_time: now,
        expire_time: (Time::from(now) + app.config.upload_expiry()).timestamp(),
    };
    // Before the row: a name on the disk without a row is swept, a row whose name was lost in a crash could not be written.
    app.blobs.create(upload.id).await.map_err(refuse::blob)?;
    let mut txn = app.db.begin();
    places::reserve(&mut txn, task_id, task.project_id, upload.size_bytes, limits(app));
    uploads::insert(&mut txn, &upload);
    if let Some(key) = &key {
        idempotency::remember(&mut txn, key, &upload.id.to_string(), Time::from(now));
    }
    txn.commit().await.map_err(replay::or_stale)?;
    Ok(upload)
}

fn limits(app: &App) -> Limits {
    Limits {
        files_per_task: app.config.files_per_task,
        project_bytes: app.config.project_quota_bytes,
    }
}

/// Refuses in words what the transaction would refuse without any, and makes sure that there are rows to guard.
async fn check_room(app: &App, task_id: Uuid, project_id: Uuid, bytes: i64) -> Result<(), Failure> {
    let (task, project) = (
        places::find_task(app.db.reader(), task_id).await?,
        places::find_project(app.db.reader(), project_id).await?,
    );
    let (Some(task), Some(project)) = (task, project) else {
        let mut txn = app.db.begin();
        places::introduce(&mut txn, task_id, project_id);
        txn.commit().await?;
        return check_bytes(app, 0, bytes);
    };
    let limits = limits(app);
    if task.file_count >= limits.files_per_task {
        return Err(refuse::limit(
            "files_per_task",
            limits.files_per_task,
            "the task has as many files as a task may have",
        )
        .into());
    }
    check_bytes(app, project.used_bytes + project.reserved_bytes, bytes)
}

fn check_bytes(app: &App, taken: i64, bytes: i64) -> Result<(), Failure> {
    let quota = app.config.project_quota_bytes;
    if taken.saturating_add(bytes) > quota {
        return Err(refuse::limit(
            "project_quota_bytes",
            quota,
            "the files of the project would have more bytes than its quota",
        )
        .into());
    }
    Ok(())
}
