//! Signing in and out.

mod get_current_session;
mod refresh_session;
mod sign_in;
mod sign_out;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::session_service_server::SessionService;
use tasktracker_proto::auth::v1::{
    GetCurrentSessionRequest, GetCurrentSessionResponse, RefreshSessionRequest, RefreshSessionResponse, SignInRequest, SignInResponse,
    SignOutRequest, SignOutResponse,
};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl SessionService for App {
    async fn sign_in(&self, request: Request<SignInRequest>) -> Result<Response<SignInResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = sign_in::sign_in(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn refresh_session(&self, request: Request<RefreshSessionRequest>) -> Result<Response<RefreshSessionResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = refresh_session::refresh_session(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn sign_out(&self, request: Request<SignOutRequest>) -> Result<Response<SignOutResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = sign_out::sign_out(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn get_current_session(&self, request: Request<GetCurrentSessionRequest>) -> Result<Response<GetCurrentSessionResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = get_current_session::get_current_session(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
