//! Projects as places where roles hold.

mod create_scope;
pub mod delete_scope;
mod update_scope;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::scope_service_server::ScopeService;
use tasktracker_proto::auth::v1::{
    CreateScopeRequest, CreateScopeResponse, DeleteScopeRequest, DeleteScopeResponse, UpdateScopeRequest, UpdateScopeResponse,
};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl ScopeService for App {
    async fn create_scope(&self, request: Request<CreateScopeRequest>) -> Result<Response<CreateScopeResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = create_scope::create_scope(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn update_scope(&self, request: Request<UpdateScopeRequest>) -> Result<Response<UpdateScopeResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = update_scope::update_scope(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn delete_scope(&self, request: Request<DeleteScopeRequest>) -> Result<Response<DeleteScopeResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = delete_scope::delete_scope(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
