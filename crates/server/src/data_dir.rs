//! The data directory of a process. One process at a time may hold it; a second one is told who does.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A data directory that this process holds until it ends.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, Error)]
pub enum DataDirError {
    /// Another process holds it.
    #[error("the data directory {path} is in use by another tasktracker process ({holder}); stop it first, or choose another --data-dir")]
    Held {
        /// The directory.
        path: PathBuf,
        /// What the other process wrote about itself.
        holder: String,
    },
    /// It cannot be made or written.
    #[error(
        "the data directory {path} cannot be written: {cause}; check that it exists, is yours, and that the disk is neither full nor read-only"
    )]
    Unwritable {
        /// The directory.
        path: PathBuf,
        /// What the operating system says.
        cause: std::io::Error,
    },
}

impl DataDir {
    /// Makes the directory if needed and claims it.
    ///
    /// # Errors
    /// It is held by another process, or cannot be written.
    pub fn claim(path: &Path) -> Result<Self, DataDirError> {
        let unwritable = |cause| DataDirError::Unwritable {
            path: path.to_owned(),
            cause,
        };
        // What is in it is its owner's alone; a directory that exists keeps the mode that the operator chose.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unwritable)?;
        let lock_path = path.join("LOCK");
        let mut lock = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(lock_path)
            .map_err(unwritable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = lock.read_to_string(&mut holder);
                let holder = if holder.trim().is_empty() {
                    "unknown".to_owned()
                } else {
                    holder.trim().to_owned()
                };
                return Err(DataDirError::Held {
                    path: path.to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(cause)) => return Err(unwritable(cause)),
        }
        let note = format!("process {}\n", std::process::id());
        lock.set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| lock.write_all(note.as_bytes()))
            .map_err(unwritable)?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_claim_says_who_holds_the_directory() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::claim(folder.path()).unwrap();
        let refused = DataDir::claim(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        DataDir::claim(folder.path()).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = DataDir::claim(&file.join("below")).unwrap_err();
        assert!(matches!(refused, DataDirError::Unwritable { .. }), "{refused}");
    }
}
