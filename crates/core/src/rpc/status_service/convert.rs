//! Statuses between the API and the rules.

use tasktracker_proto::core::v1 as proto;

use crate::domain::status::Status;

/// A status as the API shows it.
pub fn of_status(status: &Status) -> proto::Status {
    proto::Status {
        id: status.id.to_string(),
        project_id: status.project_id.to_string(),
        name: status.name.clone(),
        category: status.category.number(),
        position: status.position,
        color: status.color.clone(),
    }
}
