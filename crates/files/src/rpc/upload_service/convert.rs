//! Uploads between the API and the rules.

use tasktracker_proto::files::v1 as proto;
use tasktracker_server::time::to_proto;

use crate::domain::upload::{Upload, UploadState};

/// An upload as the API shows it.
pub fn of_upload(upload: &Upload) -> proto::Upload {
    let state = match upload.state {
        UploadState::Pending => proto::UploadState::Pending,
        UploadState::Completed => proto::UploadState::Completed,
        UploadState::Rejected => proto::UploadState::Rejected,
    };
    proto::Upload {
        id: upload.id.to_string(),
        state: state.into(),
        received_bytes: upload.received_bytes,
        size_bytes: upload.size_bytes,
        expire_time: Some(to_proto(upload.expire_time)),
    }
}
