//! Takes a message of SNS: who sent it is known by its signature alone. What it tells, and what follows for the address, commit together
//! with its id, so the same message again changes nothing.

use tasktracker_database::{Failure, Time};
use tasktracker_mail::feedback::{Heard, Kind, Notice, Refusal};
use tasktracker_proto::core::v1::{ReceiveFeedbackRequest, ReceiveFeedbackResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::db::mail_suppressions;
use crate::domain::suppression::{Suppression, Told};

pub async fn receive_feedback(app: &App, request: ReceiveFeedbackRequest) -> Result<ReceiveFeedbackResponse, RpcError> {
    let Some(feedback) = &app.feedback else {
        let message = "this installation takes no feedback of mails";
        return Err(RpcError::new(Code::NotFound, ErrorReason::NotFound, message));
    };
    let body = request.content.unwrap_or_default().data;
    match feedback.hear(&body, app.now()).await {
        Ok(Heard::Notices { message_id, notices }) => take(app, &message_id, &notices).await.map_err(RpcError::from)?,
        Ok(Heard::Subscribed) => tracing::info!("the topic of mail feedback posts here from now on"),
        Ok(Heard::Unsubscribed) => tracing::warn!("the topic of mail feedback posts here no longer: subscribe it again"),
        Err(refusal) => return Err(refuse(refusal)),
    }
    Ok(ReceiveFeedbackResponse {})
}

/// Notes what was told, and ends the mails to whom they should not go.
async fn take(app: &App, message_id: &str, notices: &[Notice]) -> Result<(), Failure> {
    if notices.is_empty() {
        return Ok(());
    }
    let now = Time::from(app.now());
    let keyed: Vec<(String, Told)> = notices
        .iter()
        .map(|notice| (app.recipients.of(&notice.address), told(notice.kind)))
        .collect();
    let keys: Vec<String> = keyed.iter().map(|(key, _)| key.clone()).collect();
    // Two at once may each miss the other: then the next one ends the mails.
    let before = mail_suppressions::count_transient(app.db.reader(), &keys, now - Suppression::WINDOW).await?;
    let mut txn = app.db.begin();
    let mut suppressed = Vec::new();
    for (key, told) in &keyed {
        mail_suppressions::note(&mut txn, message_id, key, *told, now);
        if let Some(reason) = Suppression::following(*told, before.get(key).copied().unwrap_or_default()) {
            mail_suppressions::suppress(&mut txn, key, reason, now);
            suppressed.push(reason);
        }
    }
    match txn.commit().await {
        Err(error) if mail_suppressions::is_repeated(&error) => return Ok(()),
        committed => committed.map(drop)?,
    }
    for (_, told) in keyed {
        metrics::counter!("mail_feedback_total", "told" => told.word()).increment(1);
    }
    for reason in suppressed {
        metrics::counter!("mail_suppressed_total", "reason" => reason.word()).increment(1);
        tracing::warn!(reason = reason.word(), "an address gets no more mail");
    }
    Ok(())
}

fn told(kind: Kind) -> Told {
    match kind {
        Kind::PermanentBounce => Told::PermanentBounce,
        Kind::TransientBounce => Told::TransientBounce,
        Kind::Complaint => Told::Complaint,
    }
}

fn refuse(refusal: Refusal) -> RpcError {
    let why = match refusal {
        Refusal::Malformed(_) => "malformed",
        Refusal::Untrusted(_) => "untrusted",
        Refusal::Unchecked(_) => "unchecked",
    };
    metrics::counter!("mail_feedback_refused_total", "why" => why).increment(1);
    match refusal {
        Refusal::Malformed(problem) => RpcError::invalid("content", problem),
        Refusal::Untrusted(problem) => RpcError::unauthenticated(ErrorReason::CredentialInvalid, format!("the message {problem}")),
        Refusal::Unchecked(cause) => RpcError::unavailable("Amazon SNS", cause),
    }
}
