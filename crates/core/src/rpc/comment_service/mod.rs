//! CommentService: talking under tasks. This is its table of contents.

pub mod convert;
mod create_comment;
mod delete_comment;
mod get_comment;
mod list_comments;
mod load;
mod mentions;
mod update_comment;

use tasktracker_identity::Call;
use tasktracker_proto::core::v1::comment_service_server::CommentService;
use tasktracker_proto::core::v1::*;
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl CommentService for App {
    async fn create_comment(&self, request: Request<CreateCommentRequest>) -> Result<Response<CreateCommentResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = create_comment::create_comment(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_comment(&self, request: Request<GetCommentRequest>) -> Result<Response<GetCommentResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_comment::get_comment(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_comments(&self, request: Request<ListCommentsRequest>) -> Result<Response<ListCommentsResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_comments::list_comments(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn update_comment(&self, request: Request<UpdateCommentRequest>) -> Result<Response<UpdateCommentResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = update_comment::update_comment(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn delete_comment(&self, request: Request<DeleteCommentRequest>) -> Result<Response<DeleteCommentResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = delete_comment::delete_comment(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
