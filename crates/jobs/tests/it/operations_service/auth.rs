//! An Auth that knows two operators and nothing else.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use tasktracker_proto::auth::v1::credential_service_server::{CredentialService, CredentialServiceServer};
use tasktracker_proto::auth::v1::permission_service_server::{PermissionService, PermissionServiceServer};
use tasktracker_proto::auth::v1::*;
use tasktracker_server::clock::{Clock, ManualClock};
use tasktracker_server::ids::Ids;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Upstream, time};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::{ADA, EVE};

#[derive(Debug, Clone)]
struct Auth(Arc<ManualClock>);

/// It, as services call it.
pub fn upstream(clock: &Arc<ManualClock>) -> Upstream {
    let auth = Auth(clock.clone());
    let routes = Routes::new(PermissionServiceServer::new(auth.clone())).add_service(CredentialServiceServer::new(auth));
    Upstream::local(Stack::around(routes, Ids::system(clock.clone())))
}

#[tonic::async_trait]
impl PermissionService for Auth {
    async fn check(&self, _: Request<CheckRequest>) -> Result<Response<CheckResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn batch_check(&self, _: Request<BatchCheckRequest>) -> Result<Response<BatchCheckResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn get_effective_permissions(
        &self,
        request: Request<GetEffectivePermissionsRequest>,
    ) -> Result<Response<GetEffectivePermissionsResponse>, Status> {
        let request = request.into_inner();
        let is_operator = [ADA, EVE].iter().any(|user| user.to_string() == request.user_id) && request.project_id.is_empty();
        let permission = if is_operator {
            Permission::OperationManage
        } else {
            Permission::UserView
        };
        Ok(Response::new(GetEffectivePermissionsResponse {
            permissions: vec![permission.into()],
            revision: 1,
        }))
    }

    async fn list_accessible(&self, _: Request<ListAccessibleRequest>) -> Result<Response<ListAccessibleResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn list_subjects(&self, _: Request<ListSubjectsRequest>) -> Result<Response<ListSubjectsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    type WatchChangesStream = BoxStream<'static, Result<WatchChangesResponse, Status>>;

    async fn watch_changes(&self, _: Request<WatchChangesRequest>) -> Result<Response<Self::WatchChangesStream>, Status> {
        Ok(Response::new(Box::pin(futures_util::stream::pending())))
    }
}

#[tonic::async_trait]
impl CredentialService for Auth {
    async fn exchange_credential(&self, _: Request<ExchangeCredentialRequest>) -> Result<Response<ExchangeCredentialResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn issue_service_token(&self, _: Request<IssueServiceTokenRequest>) -> Result<Response<IssueServiceTokenResponse>, Status> {
        let expires = self.0.now().saturating_add(Duration::from_secs(300)).unwrap();
        Ok(Response::new(IssueServiceTokenResponse {
            access_token: "a service".to_owned(),
            expire_time: Some(time::to_proto(expires)),
        }))
    }
}
