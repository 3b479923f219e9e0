//! What every store of contents keeps to, whatever it is made of: the suite in `suite.rs`, written over [`Place`], and the stores that run
//! it. What only one of them promises stands in its own file.

mod directory;
#[cfg(feature = "s3")]
mod s3;
mod suite;

use std::sync::Arc;

use bytes::Bytes;
use tasktracker_files::blob::{BlobError, BlobStore, Directory, Hash, Place};
use tempfile::TempDir;
use uuid::Uuid;

use crate::scene::sha256;

pub const ID: Uuid = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);

/// A store for one test, empty at first.
pub trait Site: Send + Sync {
    /// The store.
    fn store(&self) -> Arc<dyn BlobStore>;

    /// The process is killed and starts again.
    fn killed(&mut self) -> impl Future<Output = ()> + Send;

    /// Somebody else puts something beside what is ours.
    fn litter(&self) -> impl Future<Output = ()> + Send;
}

/// A directory that vanishes.
struct InDirectory {
    folder: TempDir,
    store: Arc<Directory>,
}

impl InDirectory {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("works");
        let store = Arc::new(Directory::open(&folder.path().join("blobs"), 64 * 1024).expect("works"));
        Self { folder, store }
    }
}

impl Site for InDirectory {
    fn store(&self) -> Arc<dyn BlobStore> {
        self.store.clone()
    }

    async fn killed(&mut self) {
        self.store = Arc::new(Directory::open(&self.folder.path().join("blobs"), 64 * 1024).expect("works"));
    }

    async fn litter(&self) {
        std::fs::write(self.folder.path().join("blobs/incoming/not ours"), "").expect("works");
    }
}

/// Where a content of `length` bytes goes on behind these.
pub fn place(before: &[u8], length: usize) -> Place {
    let mut hash = Hash::default();
    hash.update(before);
    Place {
        id: ID,
        at: before.len() as u64,
        hash,
        length: length as u64,
    }
}

/// Writes a piece of a content of `length` bytes, in pieces of its own.
pub async fn append(store: &dyn BlobStore, before: &[u8], content: &[u8], length: usize) {
    let mut writing = store.write(place(before, length));
    for piece in content.chunks(50_000) {
        writing.append(Bytes::copy_from_slice(piece)).await.expect("works");
    }
    for _ in 0..2 {
        let hash = writing.sync().await.expect("works");
        assert_eq!(hash.checksum().to_string(), sha256(&[before, content].concat()));
    }
}

/// Finishes this content.
pub async fn finish(store: &dyn BlobStore, content: &[u8]) -> Result<(), BlobError> {
    let mut hash = Hash::default();
    hash.update(content);
    store.finish(ID, content.len() as u64, hash.checksum()).await
}

pub async fn read(store: &dyn BlobStore, length: usize, range: std::ops::Range<u64>) -> Result<(Vec<u8>, Option<String>), BlobError> {
    let mut reading = store.read(ID, length as u64, range, Some(Hash::default())).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = reading.next().await? {
        assert!(piece.len() <= 64 * 1024);
        bytes.extend_from_slice(&piece);
    }
    Ok((bytes, reading.hash().map(|hash| hash.checksum().to_string())))
}

/// Runs the suite on what `$start` makes; nothing means that it is not there.
macro_rules! conformance {
    ($name:ident, $start:expr, [$($test:ident),+ $(,)?]) => {
        mod $name {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(site) = $start.await {
                        Box::pin(super::suite::$test(site)).await;
                    }
                }
            )+
        }
    };
    ($name:ident, $start:expr) => {
        conformance!($name, $start, [
            a_content_is_seen_when_it_is_whole,
            a_content_may_be_empty_or_small,
            what_nobody_was_told_of_is_cut_off,
            going_back_is_possible_to_what_was_told,
            less_than_was_told_is_an_error,
            whoever_stops_waiting_loses_nothing,
            writers_dropped_anywhere_leave_what_was_told,
            a_content_grows_on_at_any_offset_after_a_kill,
            finishing_goes_on_wherever_it_was_broken_off,
            finishing_together_is_finishing_once,
            contents_are_listed_and_removed,
            a_reader_never_takes_a_broken_content_for_its_end,
            many_are_written_at_once,
        ]);
    };
}

conformance!(in_directory, async { Some(super::InDirectory::start()) });
#[cfg(feature = "s3")]
conformance!(in_s3, super::s3::InS3::start());
