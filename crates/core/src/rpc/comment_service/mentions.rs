//! People named in a comment: those who can see the task are kept, the others are just text.

use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use uuid::Uuid;

use crate::app::App;
use crate::domain::comment::Comment;

/// Takes those out of a comment's mentions who cannot see its task.
///
/// # Errors
/// UNAVAILABLE.
pub async fn keep_visible(app: &App, comment: &mut Comment) -> Result<(), RpcError> {
    let named: Vec<Uuid> = comment.mentioned_user_ids.iter().map(|id| id.uuid()).collect();
    let can_see = app
        .access
        .others_with(comment.project_id.uuid(), &named, Permission::TaskView)
        .await?;
    comment.mentioned_user_ids = std::mem::take(&mut comment.mentioned_user_ids)
        .into_iter()
        .zip(can_see)
        .filter(|(_, can)| *can)
        .map(|(id, _)| id)
        .collect();
    Ok(())
}

/// Those whom a new comment makes followers: its author and everybody named.
pub fn first_followers(comment: &Comment) -> Vec<Uuid> {
    let named = comment.mentioned_user_ids.iter().filter(|id| **id != comment.author_id);
    std::iter::once(&comment.author_id).chain(named).map(|id| id.uuid()).collect()
}

/// Those whom an edit makes followers. Whoever was named before has had the choice to unfollow.
pub fn newly_named(comment: &Comment, before: &Comment) -> Vec<Uuid> {
    comment
        .mentioned_user_ids
        .iter()
        .filter(|id| !before.mentioned_user_ids.contains(id))
        .map(|id| id.uuid())
        .collect()
}
