//! The directory of people.

mod get_user;
mod list_users;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::user_service_server::UserService;
use tasktracker_proto::auth::v1::{GetUserRequest, GetUserResponse, ListUsersRequest, ListUsersResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl UserService for App {
    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_user::get_user(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn list_users(&self, request: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = list_users::list_users(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
