//! Notifications as the API shows them.

use jiff::Timestamp;
use tasktracker_database::Time;
use tasktracker_proto::core::v1::Notification;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

use crate::db::notifications::NotificationRow;

/// A notification as the API shows it.
pub fn of_row(row: NotificationRow) -> Notification {
    let time = |time: Time| to_proto(Timestamp::from(time));
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let task_key = match (&row.project_key, row.task_number) {
        (Some(key), Some(number)) => format!("{key}-{number}"),
        _ => String::new(),
    };
    Notification {
        id: row.id.to_string(),
        reason: row.reason,
        project_id: row.project_id.to_string(),
        task_id: text(row.task_id),
        task_key,
        task_title: row.task_title.unwrap_or_default(),
        comment_id: text(row.comment_id),
        actor_id: text(row.actor_id),
        count: i32::try_from(row.count).unwrap_or(i32::MAX),
        create_time: Some(time(row.create_time)),
        update_time: Some(time(row.update_time)),
        read_time: row.read_time.map(time),
        status_id: text(row.status_id),
        due_time: row.due_time.map(time),
    }
}
