//! Writes bytes of an upload at its next offset. What is answered as received is safe; a call that breaks off leaves what it brought.

use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{WriteUploadRequest, WriteUploadResponse};
use tasktracker_server::RpcError;
use tonic::Streaming;

use super::{convert, load};
use crate::app::App;
use crate::rpc::refuse;
use crate::writing::{self, Writer};

pub async fn write_upload(app: &App, call: &Call, mut messages: Streaming<WriteUploadRequest>) -> Result<WriteUploadResponse, RpcError> {
    let first = writing::first(app, &mut messages).await?;
    if first.upload_id.is_empty() {
        return Err(RpcError::invalid("upload_id", "must be in the first message"));
    }
    let upload_id = load::id("upload_id", &first.upload_id)?;
    let Some(held) = app.slots.take(upload_id) else {
        // To everybody else it does not exist, whoever writes it.
        load::own(app, call, upload_id).await?;
        return Err(refuse::taken());
    };
    let upload = load::own(app, call, upload_id).await?;
    upload.check_writable(first.offset, app.now()).map_err(refuse::upload)?;
    let bytes = first.content.map(|content| content.data).unwrap_or_default();
    let writer = Writer::open(app, upload, held).await?;
    let upload = writing::run(writer, bytes, messages).await?;
    Ok(WriteUploadResponse {
        upload: Some(convert::of_upload(&upload)),
    })
}
