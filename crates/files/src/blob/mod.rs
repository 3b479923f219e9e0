//! Where contents are kept. A content is written piece by piece under the id of its upload, made visible as a whole, and read in ranges; it
//! is never held in memory as a whole. Keys are ids that this service made: nothing that a person wrote ever names a place.

mod directory;
mod hash;
mod open;
mod reading;
#[cfg(feature = "s3")]
mod s3;
mod writing;

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::domain::checksum::Checksum;

pub use directory::Directory;
pub use hash::Hash;
pub use open::open;
#[cfg(feature = "s3")]
pub use s3::S3;

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
    /// The store is elsewhere, and does not answer or refuses us. Nothing is wrong with the content; later it may be there again.
    #[error("the store of contents does not do its work")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
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

/// Where the next byte of a content on its way goes, and what is known of it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The upload.
    pub id: Uuid,
    /// How many bytes are there: 0, or what a `sync` answered for.
    pub at: u64,
    /// The hash of those.
    pub hash: Hash,
    /// How many bytes there will be in the end.
    pub length: u64,
}

/// A store of contents.
pub trait BlobStore: Debug + Send + Sync {
    /// Makes an empty content on its way: from now on it can be written, also after a crash. One that is there stays as it is. A store that
    /// needs no place beforehand does nothing.
    fn create(&self, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>>;

    /// A content on its way, to be written from a place on. What lies behind, which nobody was told of, is cut off by the first writing,
    /// which fails with `Length` where less is there.
    fn write(&self, place: Place) -> Box<dyn Writing>;

    /// The hash of the first bytes of a content on its way, so many as a `sync` answered for. Fails with `Length` where less is there.
    fn hash_of(&self, id: Uuid, length: u64) -> BoxFuture<'_, Result<Hash, BlobError>>;

    /// Makes a content of this length and hash, which a `sync` answered, visible under its id, at once and for good. Doing it twice is doing
    /// it once. What another process wrote at the same time is not taken for it.
    fn finish(&self, id: Uuid, length: u64, sha256: Checksum) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Opens a visible content of this length for reading a range of it. With a `hash`, what is read goes through it.
    ///
    /// Fails with `Length` where it has another length.
    fn read(&self, id: Uuid, length: u64, range: Range<u64>, hash: Option<Hash>) -> BoxFuture<'_, Result<Box<dyn Reading>, BlobError>>;

    /// Removes a content. One that is not there is no error.
    fn remove(&self, area: Area, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>>;

    /// The ids of an area, part by part: there are 256, those of `Objects` of about the same size. For sweeping.
    fn list(&self, area: Area, part: u8) -> BoxFuture<'_, Result<Vec<Uuid>, BlobError>>;

    /// Whether the store does its work.
    fn ping(&self) -> BoxFuture<'_, Result<(), BlobError>>;

    /// How many bytes a writer shall take before it has them made safe: few, so that little is sent twice; not so few that it costs much.
    fn stride(&self) -> u64;

    /// An address from which whoever knows it reads a content, for a short time, without us. None where there is no such way.
    fn link<'a>(&'a self, _: Uuid, _: Shown<'a>) -> BoxFuture<'a, Result<Option<Link>, BlobError>> {
        Box::pin(async { Ok(None) })
    }
}

/// How a content shall be shown by who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Its media type.
    pub content_type: &'a str,
    /// The header Content-Disposition.
    pub disposition: &'a str,
}

/// An address of a content.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The address. Whoever has it may read: it is a secret.
    pub url: String,
    /// How long it can be used.
    pub valid: std::time::Duration,
}

impl Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Link({:?})", self.valid)
    }
}

/// A content that is being written.
pub trait Writing: Send {
    /// Takes bytes. They are gathered and written in pieces; this waits only while much of what came before is still to be written. May be
    /// dropped while it waits: the bytes were taken. An error may be about bytes taken earlier; nothing can be written after one.
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Writes everything that was taken. Once this has answered it survives a crash; the answer is the hash of all there is. May be dropped
    /// while it waits, and called again.
    fn sync(&mut self) -> BoxFuture<'_, Result<Hash, BlobError>>;

    /// Goes back to this length, up to which the content has this hash: to where this writing began, or to what a `sync` answered for.
    fn truncate(&mut self, length: u64, hash: Hash) -> BoxFuture<'_, Result<(), BlobError>>;
}

/// A content that is being read.
pub trait Reading: Send {
    /// The next piece; none at the end.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>>;

    /// The hash of everything that was read: there once the last piece was answered, where one was given.
    fn hash(&self) -> Option<&Hash>;
}
