//! Gives a service its token for a secret that only who knows the instance secret can derive.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use tasktracker_identity::{Call, token};
use tasktracker_proto::auth::v1::{IssueServiceTokenRequest, IssueServiceTokenResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::app::App;

pub async fn issue_service_token(
    app: &App,
    _call: &Call,
    request: IssueServiceTokenRequest,
) -> Result<IssueServiceTokenResponse, RpcError> {
    let wanted = app.secret.of_service(&request.service);
    if verify_slices_are_equal(wanted.as_bytes(), request.secret.as_bytes()).is_err() {
        return Err(RpcError::unauthenticated(
            ErrorReason::CredentialInvalid,
            "the secret is not that of this service",
        ));
    }
    let now = app.clock.now();
    let access_token = app
        .signer
        .sign_service(&request.service, app.ids.next(), now)
        .map_err(RpcError::internal)?;
    let mut end = to_proto(now);
    end.seconds += i64::try_from(token::LIFETIME.as_secs()).unwrap_or(i64::MAX);
    end.nanos = 0;
    Ok(IssueServiceTokenResponse {
        access_token,
        expire_time: Some(end),
    })
}
