//! Where contents are kept. A content is written piece by piece under the id of its upload, made visible as a whole, and read in ranges; it
//! is never held in memory as a whole. Keys are ids that this service made: nothing that a person wrote ever names a place.

mod directory;
mod hash;
mod reading;
mod writing;

use std::fmt::Debug;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

pub use directory::Directory;
pub use hash::Hash;

/// Where a content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// On its way: seen by nobody but its upload.
    Incoming,
    /// Whole, and never changed again.
    Objects,
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no such content.
    #[error("the content is missing")]
    Missing,
    /// It has another length than it must have.
    #[error("the content has {found} bytes instead of {expected}")]
    Length {
        /// What it has.
        found: u64,
        /// What it must have.
        expected: u64,
    },
    /// The disk is full or read-only.
    #[error("the disk cannot be written")]
    Full(#[source] io::Error),
    /// Anything else.
    #[error("the store failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for BlobError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::FileTooLarge => {
                Self::Full(error)
            }
            _ => Self::Io(error),
        }
    }
}

/// A store of contents.
pub trait BlobStore: Debug + Send + Sync {
    /// Makes an empty content on its way; its name survives a crash from now on. One that is there stays as it is.
    fn create(&self, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>>;

    /// A content on its way, to be written from `at` on; `hash` is that of what is before. What lies behind, which nobody was told of, is
    /// cut off by the first writing, which fails with `Length` where less is there.
    fn write(&self, id: Uuid, at: u64, hash: Hash) -> Box<dyn Writing>;

    /// Makes a content of this length visible under its id, at once and for good. Doing it twice is doing it once.
    fn finish(&self, id: Uuid, length: u64) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Opens a content of this length for reading a range of it. With a `hash`, what is read goes through it.
    ///
    /// Fails with `Length` where it has another length (on its way: where it is shorter).
    fn read(
        &self,
        area: Area,
        id: Uuid,
        length: u64,
        range: Range<u64>,
        hash: Option<Hash>,
    ) -> BoxFuture<'_, Result<Box<dyn Reading>, BlobError>>;

    /// Removes a content. One that is not there is no error.
    fn remove(&self, area: Area, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>>;

    /// The ids of an area, part by part: there are 256, of about the same size. For sweeping.
    fn list(&self, area: Area, part: u8) -> BoxFuture<'_, Result<Vec<Uuid>, BlobError>>;
}

/// A content that is being written.
pub trait Writing: Send {
    /// Takes bytes. They are gathered and written in pieces; this waits only while much of what came before is still to be written. May be
    /// dropped while it waits: the bytes were taken. An error may be about bytes taken earlier; nothing can be written after one.
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Writes everything that was taken. Once this has answered it survives a crash; the answer is the hash of all there is. May be dropped
    /// while it waits, and called again.
    fn sync(&mut self) -> BoxFuture<'_, Result<Hash, BlobError>>;

    /// Cuts everything off behind this length, up to which the content has this hash.
    fn truncate(&mut self, length: u64, hash: Hash) -> BoxFuture<'_, Result<(), BlobError>>;
}

/// A content that is being read.
pub trait Reading: Send {
    /// The next piece; none at the end.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>>;

    /// The hash of everything that was read: there once the last piece was answered, where one was given.
    fn hash(&self) -> Option<&Hash>;
}
