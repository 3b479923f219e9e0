//! Notes that the caller has read everything that happened until a moment.

use tasktracker_database::{Failure, Time, stale};
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{MarkAllNotificationsReadRequest, MarkAllNotificationsReadResponse};
use tasktracker_server::{RpcError, time};

use crate::app::App;
use crate::db::{notification_writes, notifications};

pub async fn mark_all_notifications_read(
    app: &App,
    call: &Call,
    request: MarkAllNotificationsReadRequest,
) -> Result<MarkAllNotificationsReadResponse, RpcError> {
    let until = match &request.until_time {
        None => Time(i64::MAX),
        Some(until) => {
            let until = time::from_proto(until).ok_or_else(|| RpcError::invalid("until_time", "must be between the years 1 and 9999"))?;
            Time::from(until)
        }
    };
    Ok(stale::retry(|| attempt(app, call, until)).await?)
}

async fn attempt(app: &App, call: &Call, until: Time) -> Result<MarkAllNotificationsReadResponse, Failure> {
    let user_id = call.user_id()?;
    let mut txn = app.db.begin();
    // Counted in the transaction that marks them, so that two calls at once do not both count them.
    let unread = notifications::count_unread_until(&mut txn, user_id, until).await?;
    if unread > 0 {
        notification_writes::mark_all_read(&mut txn, user_id, until, Time::from(app.now()));
        txn.commit().await?;
        app.feed.inboxes().changed([user_id]);
    }
    Ok(MarkAllNotificationsReadResponse {
        read_count: i32::try_from(unread).unwrap_or(i32::MAX),
    })
}
