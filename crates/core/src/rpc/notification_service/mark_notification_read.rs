//! Notes that the caller has read a notification. A read one stays as it is.

use tasktracker_database::{Failure, Time, stale};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{MarkNotificationReadRequest, MarkNotificationReadResponse};
use tasktracker_server::RpcError;
use uuid::Uuid;

use super::convert;
use crate::app::App;
use crate::db::{notification_writes, notifications};

pub async fn mark_notification_read(
    app: &App,
    call: &Call,
    request: MarkNotificationReadRequest,
) -> Result<MarkNotificationReadResponse, RpcError> {
    let id = Uuid::try_parse(&request.notification_id).map_err(RpcError::internal)?;
    Ok(stale::retry(|| attempt(app, call, id)).await?)
}

async fn attempt(app: &App, call: &Call, id: Uuid) -> Result<MarkNotificationReadResponse, Failure> {
    let missing = || RpcError::not_found("notification");
    let user_id = call.user_id()?;
    let row = notifications::find(app.db.reader(), user_id, id).await?;
    let mut row = row.filter(|row| row.is_there).ok_or_else(missing)?;
    // The answer has the task's title: what the caller may not view is not there.
    let granted = app.access.in_project(call, row.project_id).await?;
    if !granted.has(Permission::TaskView) {
        return Err(missing().into());
    }
    if row.read_time.is_none() {
        let now = Time::from(app.now());
        let mut txn = app.db.begin();
        notification_writes::mark_read(&mut txn, user_id, id, now);
        txn.commit().await?;
        app.feed.inboxes().changed([user_id]);
        row.read_time = Some(now);
    }
    Ok(MarkNotificationReadResponse {
        notification: Some(convert::of_row(row)),
    })
}
