//! Answers several checks at one revision, in the order asked: it reads again while a change came in between.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use tasktracker_identity::{Call, PermissionSet};
use tasktracker_proto::auth::v1::{BatchCheckRequest, BatchCheckResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use super::check::decision;
use super::get_effective_permissions::Question;
use crate::app::App;
use crate::consistency;

/// Questions asked of the database at once.
const AT_ONCE: usize = 4;
/// Attempts to read everything at one revision.
const ATTEMPTS: usize = 10;

pub async fn batch_check(app: &App, _call: &Call, request: BatchCheckRequest) -> Result<BatchCheckResponse, RpcError> {
    let questions = request
        .checks
        .iter()
        .map(|check| Question::read(&check.user_id, &check.project_id))
        .collect::<Result<Vec<_>, _>>()?;
    let different: HashSet<Question> = questions.iter().copied().collect();
    consistency::reach(app, request.consistency.as_ref()).await?;
    for _ in 0..ATTEMPTS {
        let answers: HashMap<Question, (PermissionSet, i64)> = stream::iter(different.iter().copied())
            .map(|question| async move { Ok::<_, RpcError>((question, question.answer(app).await?)) })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        let revisions: HashSet<i64> = answers.values().map(|(_, revision)| *revision).collect();
        if let &[revision] = revisions.into_iter().collect::<Vec<_>>().as_slice() {
            let decided = questions.iter().zip(&request.checks);
            let decisions = decided
                .map(|(question, check)| decision(answers[question].0, check.permission()).into())
                .collect();
            return Ok(BatchCheckResponse { decisions, revision });
        }
    }
    Err(RpcError::new(
        Code::Aborted,
        ErrorReason::Contention,
        "access changes too fast to read it at one revision, try again",
    ))
}
