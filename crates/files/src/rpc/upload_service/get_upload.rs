//! Answers how much of a file was received and is safe: where to go on.

use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{GetUploadRequest, GetUploadResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;

pub async fn get_upload(app: &App, call: &Call, request: GetUploadRequest) -> Result<GetUploadResponse, RpcError> {
    let upload = load::own(app, call, load::id("upload_id", &request.upload_id)?).await?;
    Ok(GetUploadResponse {
        upload: Some(convert::of_upload(&upload)),
    })
}
