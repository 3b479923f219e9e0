//! Waiting until a write is counted. Whoever may not see what was written learns nothing: for them it is never counted.

use std::time::Duration;

use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};
use uuid::Uuid;

use crate::app::App;

/// How often what other processes counted is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// A write that shall be counted: `x-consistency-token` of an answer of Core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    id: Uuid,
    version: i64,
}

impl Token {
    /// Reads a token; none where nothing is waited for.
    ///
    /// # Errors
    /// INVALID_ARGUMENT.
    pub fn read(text: &str) -> Result<Option<Self>, RpcError> {
        if text.is_empty() {
            return Ok(None);
        }
        let token = text.split_once(':').and_then(|(id, version)| {
            let is_plain = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
            Some(Self {
                id: Uuid::try_parse(id).ok()?,
                version: version.parse().ok().filter(|version| *version > 0 && is_plain)?,
            })
        });
        let refusal = || RpcError::invalid("consistency_token", "must be the x-consistency-token of an answer");
        token.map(Some).ok_or_else(refusal)
    }
}

/// Waits until the write is counted.
///
/// # Errors
/// FAILED_PRECONDITION where it is not in time.
pub async fn reach(app: &App, call: &Call, token: Option<Token>) -> Result<(), RpcError> {
    let Some(token) = token else { return Ok(()) };
    match tokio::time::timeout(app.config.consistency_wait(), counted(app, call, token)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(RpcError::new(
            Code::FailedPrecondition,
            ErrorReason::ConsistencyTimeout,
            "the write of the consistency token is not counted yet",
        )),
    }
}

async fn counted(app: &App, call: &Call, token: Token) -> Result<(), RpcError> {
    let mut counting = app.projection().subscribe();
    loop {
        counting.mark_unchanged();
        let counted = app.numbers().counted(token.id).await?;
        if let Some(counted) = counted.filter(|counted| counted.version >= token.version) {
            let granted = app.access.in_project(call, counted.project_id).await?;
            if granted.has(Permission::ProjectView) {
                return Ok(());
            }
        }
        tokio::select! {
            _ = counting.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn tokens_are_an_id_and_a_version() {
        let token = Token::read(&format!("{ID}:7")).unwrap().unwrap();
        assert_eq!((token.id.to_string().as_str(), token.version), (ID, 7));
        assert_eq!(Token::read("").unwrap(), None);
        for bad in [
            "x",
            ":",
            ID,
            &format!("{ID}:"),
            &format!("{ID}:0"),
            &format!("{ID}:-1"),
            &format!("{ID}:+1"),
        ] {
            assert!(Token::read(bad).is_err(), "{bad}");
        }
        assert!(Token::read(&format!("{ID}:99999999999999999999")).is_err());
    }
}
