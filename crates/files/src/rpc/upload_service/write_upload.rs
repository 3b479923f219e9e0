//! Writes bytes of an upload at its next offset. What is answered as received is safe; a call that breaks off leaves what it brought.

use bytes::Bytes;
use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{WriteUploadRequest, WriteUploadResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use tokio::sync::oneshot;
use tonic::Streaming;

use super::{convert, load};
use crate::app::App;
use crate::domain::upload::Upload;
use crate::rpc::refuse;
use crate::writing::{self, Writer};

pub async fn write_upload(app: &App, call: &Call, mut messages: Streaming<WriteUploadRequest>) -> Result<WriteUploadResponse, RpcError> {
    let first = writing::first(app, &mut messages).await?;
    if first.upload_id.is_empty() {
        return Err(RpcError::invalid("upload_id", "must be in the first message"));
    }
    let upload_id = load::id("upload_id", &first.upload_id)?;
    load::own(app, call, upload_id).await?;
    let held = app.slots.take(upload_id).ok_or_else(refuse::taken)?;
    // Again, now that nobody else writes it.
    let upload = load::own(app, call, upload_id).await?;
    upload.check_writable(first.offset, app.now()).map_err(refuse::upload)?;
    let bytes = first.content.map(|content| content.data).unwrap_or_default();
    let writer = Writer::open(app, upload, held).await?;
    let upload = run(app, writer, bytes, messages).await?;
    Ok(WriteUploadResponse {
        upload: Some(convert::of_upload(&upload)),
    })
}

/// Writes in a task of its own, which comes to its end also when nobody waits for the answer any more.
async fn run(app: &App, writer: Writer, first: Bytes, messages: Streaming<WriteUploadRequest>) -> Result<Upload, RpcError> {
    let (answer, answered) = oneshot::channel();
    app.lifecycle.spawn("upload", async move {
        // Nobody may be there to hear it.
        let _ = answer.send(writer.run(first, messages).await);
    });
    answered.await.unwrap_or_else(|_| {
        Err(RpcError::new(
            Code::Unavailable,
            ErrorReason::ShuttingDown,
            "this process is stopping",
        ))
    })
}
