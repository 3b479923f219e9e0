//! A file of a task. Its content never changes; it can only go.

use jiff::Timestamp;
use uuid::Uuid;

use super::checksum::Checksum;

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Id; that of its upload, and of its content.
    pub id: Uuid,
    /// Task it belongs to.
    pub task_id: Uuid,
    /// Project of the task.
    pub project_id: Uuid,
    /// Who uploaded it.
    pub uploader_id: Uuid,
    /// Name, sanitised.
    pub file_name: String,
    /// Size.
    pub size_bytes: i64,
    /// What its content was seen to be.
    pub content_type: String,
    /// Checksum of its content.
    pub sha256: Checksum,
    /// When it was completed.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
    /// Whether it is there.
    pub state: FileState,
    /// Counted up with every change.
    pub version: i64,
}

/// Whether a file is there. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It can be downloaded.
    Ready = 1,
    /// Somebody deleted it; its content is still to be removed.
    Deleted = 2,
    /// It went with its task for good; its content is still to be removed.
    Purged = 3,
}

impl FileState {
    /// The state of a stored number.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        match number {
            1 => Self::Ready,
            2 => Self::Deleted,
            _ => Self::Purged,
        }
    }
}

/// Who wants to delete a file, and what they may do.
#[derive(Debug, Clone, Copy)]
pub struct Deleter {
    /// The person.
    pub user_id: Uuid,
    /// May delete what they uploaded.
    pub own: bool,
    /// May delete what anybody uploaded.
    pub any: bool,
}

/// The person lacks this permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this needs the permission {0}")]
pub struct NotAllowed(pub &'static str);

impl File {
    /// Refuses who may not delete it.
    ///
    /// # Errors
    /// The permission that is missing.
    pub fn check_deleter(&self, deleter: Deleter) -> Result<(), NotAllowed> {
        let is_own = deleter.user_id == self.uploader_id;
        if deleter.any || is_own && deleter.own {
            Ok(())
        } else {
            Err(NotAllowed(if is_own { "file.delete_own" } else { "file.delete_any" }))
        }
    }

    /// It goes.
    pub fn leave(&mut self, state: FileState, now: Timestamp) {
        self.state = state;
        self.version += 1;
        self.update_time = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_and_others_need_different_permissions() {
        let file = File {
            id: Uuid::nil(),
            task_id: Uuid::nil(),
            project_id: Uuid::nil(),
            uploader_id: Uuid::max(),
            file_name: String::new(),
            size_bytes: 0,
            content_type: String::new(),
            sha256: Checksum::OF_NOTHING,
            create_time: Timestamp::UNIX_EPOCH,
            update_time: Timestamp::UNIX_EPOCH,
            state: FileState::Ready,
            version: 1,
        };
        let by = |user_id, own, any| file.check_deleter(Deleter { user_id, own, any });
        assert_eq!(by(Uuid::max(), true, false), Ok(()));
        assert_eq!(by(Uuid::max(), false, true), Ok(()));
        assert_eq!(by(Uuid::nil(), false, true), Ok(()));
        assert_eq!(by(Uuid::max(), false, false), Err(NotAllowed("file.delete_own")));
        assert_eq!(by(Uuid::nil(), true, false), Err(NotAllowed("file.delete_any")));
    }
}
