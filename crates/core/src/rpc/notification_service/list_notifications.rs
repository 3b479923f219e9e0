//! Lists the caller's notifications, the latest change first: two statements, whatever their number.

use serde_json::json;
use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::Permission;
use tasktracker_proto::core::v1::{ListNotificationsRequest, ListNotificationsResponse};
use tasktracker_server::RpcError;

use super::convert;
use crate::app::App;
use crate::db::notifications;
use crate::rpc::paging;

const RPC: &str = "tasktracker.core.v1.NotificationService/ListNotifications";
/// Unread ones are counted so far.
const MOST_UNREAD: u64 = 1000;

pub async fn list_notifications(app: &App, call: &Call, request: ListNotificationsRequest) -> Result<ListNotificationsResponse, RpcError> {
    let user_id = call.user_id()?;
    let parts = [("unread_only", request.unread_only.to_string())];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;
    let after = paging.after(&notifications::keys())?;
    let accessible = app.access.accessible(call, Permission::TaskView).await?;
    let (reader, visible) = (app.db.reader(), &accessible.project_ids);
    let (mut rows, unread) = tokio::try_join!(
        notifications::list(reader, user_id, visible, request.unread_only, after, paging.limit()),
        notifications::count_unread(reader, user_id, visible, MOST_UNREAD),
    )
    .map_err(Failure::from)?;
    let next_page_token = paging.finish(
        &mut rows,
        |row| row.task_title.as_ref().map_or(0, String::len),
        |last| vec![json!(last.update_time), json!(last.id)],
    );
    Ok(ListNotificationsResponse {
        notifications: rows.into_iter().map(convert::of_row).collect(),
        next_page_token,
        unread_count: i32::try_from(unread).unwrap_or(i32::MAX),
    })
}
