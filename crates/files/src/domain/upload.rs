//! A file on its way: announced, written from its beginning to its end, completed or rejected.

use jiff::Timestamp;
use uuid::Uuid;

use super::checksum::Checksum;

/// An upload. The file has the same id once it is completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Id.
    pub id: Uuid,
    /// Task that the file is for.
    pub task_id: Uuid,
    /// Its project.
    pub project_id: Uuid,
    /// Who announced it: the only one who knows of it.
    pub creator_id: Uuid,
    /// Name, sanitised.
    pub file_name: String,
    /// Bytes announced.
    pub size_bytes: i64,
    /// Checksum announced.
    pub announced: Option<Checksum>,
    /// Checksum of what was received, once everything was.
    pub received: Option<Checksum>,
    /// Bytes that are on the disk for certain.
    pub received_bytes: i64,
    /// How far it is.
    pub state: UploadState,
    /// When it was announced.
    pub create_time: Timestamp,
    /// Until when it can be written and completed.
    pub expire_time: Timestamp,
}

/// How far an upload is. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadState {
    /// Bytes are being received.
    Pending = 1,
    /// It is a file now.
    Completed = 2,
    /// It was given up, or its bytes were not what was announced.
    Rejected = 3,
}

impl UploadState {
    /// The state of a stored number.
    #[must_use]
    pub const fn of(number: i64) -> Self {
        match number {
            1 => Self::Pending,
            2 => Self::Completed,
            _ => Self::Rejected,
        }
    }
}

/// Why an upload cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// It is completed, rejected or expired.
    #[error("the upload is over, make a new one")]
    Over,
    /// Bytes were sent for another place.
    #[error("the next byte is number {next}")]
    WrongOffset {
        /// Where the next byte goes.
        next: i64,
    },
    /// Bytes are missing.
    #[error("{missing} bytes are missing, go on writing")]
    Incomplete {
        /// Where the next byte goes.
        next: i64,
        /// How many.
        missing: i64,
    },
    /// A checksum was announced, and now another one is claimed.
    #[error("must be the checksum that was announced")]
    OtherChecksum,
    /// The bytes are others than announced.
    #[error("the bytes do not have the checksum {expected}, they were discarded")]
    WrongChecksum {
        /// What they should have.
        expected: Checksum,
    },
}

impl Upload {
    /// Whether it can still be written and completed.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == UploadState::Pending && now < self.expire_time
    }

    /// Refuses bytes for this offset.
    ///
    /// # Errors
    /// The upload is over, or its next byte is another one.
    pub fn check_writable(&self, offset: i64, now: Timestamp) -> Result<(), UploadError> {
        if !self.is_open(now) {
            return Err(UploadError::Over);
        }
        if offset != self.received_bytes {
            return Err(UploadError::WrongOffset { next: self.received_bytes });
        }
        Ok(())
    }

    /// The checksum of a content that is whole and as announced, or as claimed now.
    ///
    /// # Errors
    /// The upload is over, bytes are missing, or the checksum is another one.
    pub fn check_complete(&self, claimed: Option<Checksum>, now: Timestamp) -> Result<Checksum, UploadError> {
        if !self.is_open(now) {
            return Err(UploadError::Over);
        }
        if let (Some(announced), Some(claimed)) = (self.announced, claimed)
            && announced != claimed
        {
            return Err(UploadError::OtherChecksum);
        }
        let Some(received) = self.received.filter(|_| self.received_bytes == self.size_bytes) else {
            return Err(UploadError::Incomplete {
                next: self.received_bytes,
                missing: self.size_bytes - self.received_bytes,
            });
        };
        match self.announced.or(claimed) {
            Some(expected) if expected != received => Err(UploadError::WrongChecksum { expected }),
            _ => Ok(received),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Upload {
        Upload {
            id: Uuid::nil(),
            task_id: Uuid::nil(),
            project_id: Uuid::nil(),
            creator_id: Uuid::nil(),
            file_name: "a".to_owned(),
            size_bytes: 10,
            announced: None,
            received: None,
            received_bytes: 4,
            state: UploadState::Pending,
            create_time: at(0),
            expire_time: at(100),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn whole(announced: Option<Checksum>) -> Upload {
        Upload {
            announced,
            received: Some(Checksum::OF_NOTHING),
            received_bytes: 10,
            ..upload()
        }
    }

    #[test]
    fn bytes_go_to_the_next_offset_only() {
        let upload = upload();
        assert_eq!(upload.check_writable(4, at(99)), Ok(()));
        for offset in [0, 3, 5, 10, 11, i64::MAX] {
            assert_eq!(upload.check_writable(offset, at(1)), Err(UploadError::WrongOffset { next: 4 }));
        }
        assert_eq!(upload.check_writable(4, at(100)), Err(UploadError::Over));
        for state in [UploadState::Completed, UploadState::Rejected] {
            let over = Upload { state, ..upload.clone() };
            assert_eq!(over.check_writable(4, at(1)), Err(UploadError::Over));
            assert_eq!(over.check_complete(None, at(1)), Err(UploadError::Over));
        }
    }

    #[test]
    fn what_is_whole_and_as_announced_is_complete() {
        let (right, wrong) = (Checksum::OF_NOTHING, Checksum::of([7; 32]));
        assert_eq!(
            upload().check_complete(None, at(1)),
            Err(UploadError::Incomplete { next: 4, missing: 6 })
        );
        assert_eq!(whole(None).check_complete(None, at(1)), Ok(right));
        assert_eq!(whole(None).check_complete(Some(right), at(1)), Ok(right));
        assert_eq!(whole(Some(right)).check_complete(None, at(1)), Ok(right));
        assert_eq!(
            whole(Some(right)).check_complete(Some(wrong), at(1)),
            Err(UploadError::OtherChecksum)
        );
        let refused = Err(UploadError::WrongChecksum { expected: wrong });
        assert_eq!(whole(Some(wrong)).check_complete(None, at(1)), refused);
        assert_eq!(whole(None).check_complete(Some(wrong), at(1)), refused);
    }
}
