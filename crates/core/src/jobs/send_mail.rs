//! Kind `core.send_mail`: sends a mail about a notification, if it is still worth one. All that it says is looked up at that moment: nobody
//! is told by mail what they have read already, may not view any more, or asked not to be told; nothing goes to an address that takes no mail.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tasktracker_database::Time;
use tasktracker_jobs::{Backoff, Handler, JobError, NewJob, Outcome, RunningJob};
use tasktracker_mail::{Line, MailError, Mailbox, Message};
use tasktracker_proto::auth::v1::{Contact, GetContactsRequest, Permission};
use tasktracker_server::RpcError;
use tonic::Request;
use uuid::Uuid;

use crate::app::App;
use crate::db::mail_suppressions;
use crate::db::notification_mails::{self, MailRow};
use crate::domain::choices::StatusCategory;
use crate::domain::notification::{Kept, Reason};
use crate::domain::suppression::Suppression;
use crate::notify::{self, Due, Language, Letter, Scope};

/// The kind.
pub const KIND: &str = "core.send_mail";
/// How long Auth may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// With the waits below these are more than three days: a disk may be full over a weekend.
const ATTEMPTS: u32 = 500;

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    notification_id: Uuid,
}

/// The job that sends a mail about a notification. While it waits, further changes of the notification need no other one; one person's mails
/// go out in their order.
#[must_use]
pub fn job(app: &App, notification: &Kept) -> NewJob {
    let payload = Payload {
        notification_id: notification.id,
    };
    NewJob::new(KIND, &payload)
        .unique(format!("mail:{}", notification.id))
        .group(notification.recipient.to_string())
        .at(app.now() + app.config.mail_delay())
        .max_attempts(ATTEMPTS)
}

/// Sends mails.
#[derive(Debug)]
pub struct SendMail(App);

impl SendMail {
    /// For this Core.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self(app)
    }
}

impl Handler for SendMail {
    fn run<'a>(&'a self, job: &'a RunningJob) -> BoxFuture<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let Payload { notification_id } = job.payload()?;
            let Some(message) = message(&self.0, notification_id, job).await? else {
                return Ok(Outcome::Done);
            };
            hand_over(&self.0, &message).await?;
            Ok(Outcome::Done)
        })
    }

    /// Longer than a mailer may take (`mail.timeout_seconds`), and wait for its turn (`mail.rate`).
    fn timeout(&self) -> Duration {
        Duration::from_secs(6 * 60)
    }

    fn backoff(&self) -> Backoff {
        Backoff {
            first: Duration::from_secs(5),
            most: Duration::from_secs(10 * 60),
        }
    }
}

/// Hands a mail over, unless its address takes none.
async fn hand_over(app: &App, message: &Message) -> Result<(), JobError> {
    let count = |outcome: &'static str| metrics::counter!("mail_sent_total", "outcome" => outcome).increment(1);
    let key = app.recipients.of(&message.to.address);
    let now = Time::from(app.now());
    if let Some((reason, _)) = mail_suppressions::find(app.db.reader(), &key, now).await? {
        count("suppressed");
        tracing::debug!(reason = reason.word(), "a mail is not sent: its address takes none");
        return Ok(());
    }
    let sent = app.mailer.send(message).await;
    count(sent.as_ref().map_or_else(MailError::word, |()| "sent"));
    match sent {
        Ok(()) => Ok(()),
        Err(error @ MailError::Transient(_)) => Err(JobError::retry(error)),
        Err(error @ MailError::Misconfigured(_)) => {
            tracing::error!(%error, "mail is not sent, and is tried again: its settings need an operator");
            Err(JobError::retry(error))
        }
        Err(error @ MailError::Permanent(_)) => Err(JobError::discard(error)),
        Err(error @ MailError::Rejected(_)) => {
            let mut txn = app.db.begin();
            mail_suppressions::suppress(&mut txn, &key, Suppression::Rejected, now);
            txn.commit().await?;
            metrics::counter!("mail_suppressed_total", "reason" => Suppression::Rejected.word()).increment(1);
            tracing::warn!(%error, "an address gets no more mail");
            Ok(())
        }
    }
}

/// The mail as it has to be now; none where there is nothing to tell any more.
async fn message(app: &App, notification_id: Uuid, job: &RunningJob) -> Result<Option<Message>, JobError> {
    let reader = app.db.reader();
    let Some(row) = notification_mails::find(reader, notification_id).await? else {
        return Ok(None);
    };
    let Some(reason) = Reason::from_number(row.reason) else {
        return Ok(None);
    };
    if row.is_read || !is_still_true(&row, reason) {
        return Ok(None);
    }
    let scopes: Vec<Uuid> = row.task_id.into_iter().chain([row.project_id]).collect();
    if notification_mails::is_opted_out(reader, row.user_id, &scopes).await? || !may_view(app, &row).await? {
        return Ok(None);
    }
    let contacts = contacts(app, &row).await?;
    let contact_of = |id: Uuid| contacts.iter().find(|contact| contact.user_id == id.to_string());
    // Deactivated people have no contact: nothing is sent to them.
    let Some(contact) = contact_of(row.user_id) else { return Ok(None) };
    let actor = row.actor_id.and_then(contact_of).map(|contact| contact.display_name.clone());
    compose(app, &row, reason, contact, actor, job).map(Some)
}

/// A deadline that was moved, or a task that was closed, is nothing to remind of.
fn is_still_true(row: &MailRow, reason: Reason) -> bool {
    let closed = [StatusCategory::Completed, StatusCategory::Canceled].map(|category| Some(category.number()));
    !reason.is_about_deadline() || (row.task_due_time == row.due_time && !closed.contains(&row.task_category))
}

async fn may_view(app: &App, row: &MailRow) -> Result<bool, RpcError> {
    let permissions = [Some(Permission::TaskView), row.comment_id.map(|_| Permission::CommentView)];
    for permission in permissions.into_iter().flatten() {
        if app.access.others_with(row.project_id, &[row.user_id], permission).await? != [true] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Addresses and names of reader and actor, in one question.
async fn contacts(app: &App, row: &MailRow) -> Result<Vec<Contact>, JobError> {
    let user_ids = [Some(row.user_id), row.actor_id].into_iter().flatten();
    let mut request = Request::new(GetContactsRequest {
        user_ids: user_ids.map(|id| id.to_string()).collect(),
    });
    request.set_timeout(PATIENCE);
    let answer = app.contacts.clone().get_contacts(request).await;
    let answer = answer.map_err(|status| JobError::retry(RpcError::from_upstream("auth", status)))?;
    Ok(answer.into_inner().contacts)
}

fn compose(
    app: &App,
    row: &MailRow,
    reason: Reason,
    contact: &Contact,
    actor: Option<String>,
    job: &RunningJob,
) -> Result<Message, JobError> {
    // What cannot stand in a mail today cannot tomorrow.
    let links = &app.links;
    let task = match (row.task_number, &row.task_title) {
        (Some(number), Some(title)) => Some((format!("{}-{number}", row.project_key), title.clone())),
        _ => None,
    };
    let scope = row.task_id.map_or(Scope::Project(row.project_id), Scope::Task);
    let link = match &task {
        Some((key, _)) => links.task(key, row.comment_id),
        None => links.project(&row.project_key),
    };
    let unsubscribe = links.unsubscribe(row.user_id, scope).map_err(JobError::discard)?;
    let letter = Letter {
        language: Language::of_locale(&contact.locale),
        reason,
        count: row.count,
        recipient: contact.display_name.clone(),
        actor,
        project: row.project_name.clone(),
        task,
        status: row.status_name.clone(),
        due: due(row),
        scope,
        link: link.map_err(JobError::discard)?,
        unsubscribe: unsubscribe.clone(),
    };
    let written = notify::write(&letter);
    let thread = row.task_id.map(|id| links.message_id(&format!("task.{id}"))).transpose();
    let header = |name: &str| name.parse().map_err(JobError::discard);
    Ok(Message {
        // The same on every attempt: whoever gets the mail twice after a crash sees one.
        id: links.message_id(&job.id.to_string()).map_err(JobError::discard)?,
        from: links.from().clone(),
        to: Mailbox {
            name: Line::of(&contact.display_name),
            address: contact.email.parse().map_err(JobError::discard)?,
        },
        subject: written.subject,
        text: written.text,
        html: written.html,
        thread: thread.map_err(JobError::discard)?,
        list_id: Some(
            links
                .message_id(&format!("project.{}", row.project_key.to_lowercase()))
                .map_err(JobError::discard)?,
        ),
        unsubscribe: Some(unsubscribe),
        headers: vec![(header("X-TaskTracker-Reason")?, Line::of(reason.word()))],
        time: app.now(),
    })
}

/// The deadline as it was given, which is how people think of it.
fn due(row: &MailRow) -> Option<Due> {
    match (&row.task_due_date, &row.task_due_local, &row.task_due_zone) {
        (Some(day), ..) => day.parse().ok().map(Due::Day),
        (None, Some(local), Some(zone)) => local.parse().ok().map(|local| Due::At(local, zone.clone())),
        _ => None,
    }
}
