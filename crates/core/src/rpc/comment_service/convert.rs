//! Comments between the API and the rules.

use tasktracker_proto::core::v1 as proto;
use tasktracker_server::time::to_proto;

use crate::domain::comment::{Comment, CommentField};
use crate::domain::version::Etag;

/// A comment as the API shows it.
pub fn of_comment(comment: &Comment) -> proto::Comment {
    proto::Comment {
        id: comment.id.to_string(),
        task_id: comment.task_id.to_string(),
        project_id: comment.project_id.to_string(),
        author_id: comment.author_id.to_string(),
        body: comment.body.clone(),
        mentioned_user_ids: comment.mentioned_user_ids.iter().map(ToString::to_string).collect(),
        create_time: Some(to_proto(comment.create_time)),
        edit_time: comment.edit_time.map(to_proto),
        update_time: Some(to_proto(comment.update_time)),
        etag: Etag::of(comment.version).to_string(),
    }
}

/// What a write answers so that a later read can wait for it.
pub fn consistency_token(comment: &Comment) -> String {
    format!("{}:{}", comment.id, comment.version)
}

/// The fields that are set in a message: what an update without a mask changes.
pub fn set_fields(sent: &proto::Comment) -> Vec<CommentField> {
    if sent.body.is_empty() {
        Vec::new()
    } else {
        vec![CommentField::Body]
    }
}
