//! Answers what a file is.

use tasktracker_identity::Call;
use tasktracker_proto::files::v1::{GetFileRequest, GetFileResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;
use crate::rpc::upload_service::id;

pub async fn get_file(app: &App, call: &Call, request: GetFileRequest) -> Result<GetFileResponse, RpcError> {
    let (file, _) = load::visible(app, call, id("file_id", &request.file_id)?).await?;
    Ok(GetFileResponse {
        file: Some(convert::of_file(&file)),
    })
}
