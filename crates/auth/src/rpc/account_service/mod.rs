//! People's own accounts.

mod register;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::account_service_server::AccountService;
use tasktracker_proto::auth::v1::{RegisterRequest, RegisterResponse};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl AccountService for App {
    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<RegisterResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = register::register(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
