//! Credentials for short-lived tokens.

mod exchange_credential;
mod issue_service_token;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::credential_service_server::CredentialService;
use tasktracker_proto::auth::v1::{
    ExchangeCredentialRequest, ExchangeCredentialResponse, IssueServiceTokenRequest, IssueServiceTokenResponse,
};
use tonic::{Request, Response, Status};

use crate::app::App;

#[tonic::async_trait]
impl CredentialService for App {
    async fn exchange_credential(
        &self,
        request: Request<ExchangeCredentialRequest>,
    ) -> Result<Response<ExchangeCredentialResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = exchange_credential::exchange_credential(self, &call, request).await?;
        Ok(call.reply(response))
    }

    async fn issue_service_token(&self, request: Request<IssueServiceTokenRequest>) -> Result<Response<IssueServiceTokenResponse>, Status> {
        let (call, request) = Call::open(request)?;
        let response = issue_service_token::issue_service_token(self, &call, request).await?;
        Ok(call.reply(response))
    }
}
