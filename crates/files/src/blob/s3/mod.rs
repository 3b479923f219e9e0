//! Contents in a bucket of S3. What is on its way is a multipart upload of the object that it will be, and a record (`record.rs`) that says
//! how far it is; finishing is S3's completing, which shows the object at once or not at all, and never over another one.

mod bucket;
mod connect;
mod failure;
mod finish;
mod growing;
mod job;
mod keys;
mod reading;
mod record;
mod requests;
mod writing;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use futures_util::future::BoxFuture;
use tasktracker_server::Lifecycle;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{Area, BlobError, BlobStore, Hash, Link, Place, Reading, Shown, Writing};
use crate::domain::checksum::Checksum;
use keys::{Keys, Mark};

/// S3 takes no smaller part than this, except as the last one.
const LEAST_PART: usize = 5 * 1024 * 1024;
/// S3 takes 10,000 parts of a content; some are left for a size that changes on the way.
const MOST_PARTS: u64 = 9_000;

/// Contents in a bucket.
#[derive(Clone)]
pub struct S3(Arc<Inner>);

struct Inner {
    client: Client,
    /// Signs addresses for others.
    public: Client,
    bucket: String,
    keys: Keys,
    /// Bytes of a part.
    part: usize,
    /// Bytes that are read at once.
    chunk: usize,
    /// A permit for each part in memory.
    memory: Arc<Semaphore>,
    /// How long S3 may take to receive a part, or to send a piece.
    transfer: Duration,
    /// How long an address can be used, where downloads may go by one.
    link: Option<Duration>,
    lifecycle: Lifecycle,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S3({})", self.0.bucket)
    }
}

impl S3 {
    async fn address(&self, id: Uuid, shown: Shown<'_>, valid: Duration) -> Result<Link, BlobError> {
        let how = PresigningConfig::expires_in(valid).map_err(std::io::Error::other)?;
        let request = self
            .0
            .public
            .get_object()
            .bucket(&self.0.bucket)
            .key(self.0.keys.object(id))
            .response_content_type(shown.content_type)
            .response_content_disposition(shown.disposition)
            .response_cache_control("private, no-store");
        let request = request.presigned(how).await.map_err(failure::of)?;
        Ok(Link {
            url: request.uri().to_owned(),
            valid,
        })
    }
}

impl BlobStore for S3 {
    // Nothing is there before the first bytes are safe.
    fn create(&self, _: Uuid) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async { Ok(()) })
    }

    fn write(&self, place: Place) -> Box<dyn Writing> {
        Box::new(writing::S3Writing::new(self.clone(), place))
    }

    fn hash_of(&self, id: Uuid, length: u64) -> BoxFuture<'_, Result<Hash, BlobError>> {
        Box::pin(async move { Ok(self.record_at(id, length).await?.hash()) })
    }

    fn finish(&self, id: Uuid, length: u64, sha256: Checksum) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.show(id, Mark { at: length, sha256 }))
    }

    fn read(&self, id: Uuid, length: u64, range: Range<u64>, hash: Option<Hash>) -> BoxFuture<'_, Result<Box<dyn Reading>, BlobError>> {
        Box::pin(async move {
            let reading = reading::S3Reading::start(self, id, length, range, hash).await?;
            Ok(Box::new(reading) as Box<dyn Reading>)
        })
    }

    fn remove(&self, area: Area, id: Uuid) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            match area {
                Area::Incoming => self.forget(id).await,
                Area::Objects => self.delete(vec![self.0.keys.object(id)]).await,
            }
        })
    }

    fn list(&self, area: Area, part: u8) -> BoxFuture<'_, Result<Vec<Uuid>, BlobError>> {
        Box::pin(async move {
            match area {
                Area::Incoming if part > 0 => Ok(Vec::new()),
                Area::Incoming => self.on_their_way().await,
                Area::Objects => {
                    let keys = self.keys_below(&self.0.keys.part(part)).await?;
                    Ok(keys.iter().filter_map(|key| keys::id_of(key)).collect())
                }
            }
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(self.look())
    }

    fn stride(&self) -> u64 {
        // Each costs a record; while it is written, no part is on its way.
        self.0.part as u64 * 3
    }

    fn link<'a>(&'a self, id: Uuid, shown: Shown<'a>) -> BoxFuture<'a, Result<Option<Link>, BlobError>> {
        Box::pin(async move {
            match self.0.link {
                Some(valid) => self.address(id, shown, valid).await.map(Some),
                None => Ok(None),
            }
        })
    }
}
