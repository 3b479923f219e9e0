//! Files between the rules, the API and the events.

use tasktracker_events::meta;
use tasktracker_proto::events::v1::{FileEvent, FileState as EventState};
use tasktracker_proto::files::v1 as proto;
use tasktracker_server::request;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

use crate::app::App;
use crate::domain::etag;
use crate::domain::file::{File, FileState};

/// A file as the API shows it.
pub fn of_file(file: &File) -> proto::File {
    proto::File {
        id: file.id.to_string(),
        task_id: file.task_id.to_string(),
        project_id: file.project_id.to_string(),
        file_name: file.file_name.clone(),
        size_bytes: file.size_bytes,
        content_type: file.content_type.clone(),
        sha256: file.sha256.to_string(),
        uploader_id: file.uploader_id.to_string(),
        create_time: Some(to_proto(file.create_time)),
        update_time: Some(to_proto(file.update_time)),
        etag: etag::of(&file.sha256),
        ..proto::File::default()
    }
}

/// What the other services hear of a file as it has just become. Without a person it was the system.
pub fn event(app: &App, file: &File, user_id: Option<Uuid>) -> FileEvent {
    let state = match file.state {
        FileState::Ready => EventState::Ready,
        FileState::Deleted => EventState::Deleted,
        FileState::Purged => EventState::Purged,
    };
    let causation = request::current_id();
    FileEvent {
        meta: Some(meta(
            app.ids.next(),
            file.update_time,
            user_id,
            "files",
            causation.as_deref().unwrap_or_default(),
        )),
        file_id: file.id.to_string(),
        version: file.version,
        task_id: file.task_id.to_string(),
        project_id: file.project_id.to_string(),
        size_bytes: file.size_bytes,
        state: state.into(),
    }
}
