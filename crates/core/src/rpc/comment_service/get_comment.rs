//! Answers one comment.

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{GetCommentRequest, GetCommentResponse};
use tasktracker_server::RpcError;

use super::{convert, load};
use crate::app::App;

pub async fn get_comment(app: &App, call: &Call, request: GetCommentRequest) -> Result<GetCommentResponse, RpcError> {
    let (comment, ..) = load::visible(app, call, load::id("comment_id", &request.comment_id)?).await?;
    Ok(GetCommentResponse {
        comment: Some(convert::of_comment(&comment)),
    })
}
