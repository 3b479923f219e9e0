//! Reading an object piece by piece. While a piece is on its way to the reader, the next two come from S3, but no more: a slow reader costs
//! memory for those. A connection that breaks is made again, and reading goes on where it was.

use std::io;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Buf, Bytes};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{S3, failure};
use crate::blob::{BlobError, Hash, Reading};

/// Pieces that are read before they are wanted.
const AHEAD: usize = 2;
/// How often reading begins again without having brought anything.
const ATTEMPTS: usize = 2;

/// An object that is being read.
#[derive(Debug)]
pub struct S3Reading {
    pieces: mpsc::Receiver<Result<Piece, BlobError>>,
    left: u64,
    hash: Option<Hash>,
}

#[derive(Debug)]
struct Piece {
    bytes: Vec<u8>,
    /// Of everything that was read: with the last piece, where one is wanted.
    hash: Option<Hash>,
}

impl S3Reading {
    /// Begins to read a range of an object of this length.
    pub async fn start(store: &S3, id: Uuid, length: u64, range: Range<u64>, hash: Option<Hash>) -> Result<Self, BlobError> {
        let (ready, pieces) = mpsc::channel(AHEAD);
        let left = range.end.saturating_sub(range.start);
        let reading = Self {
            pieces,
            left,
            hash: hash.clone().filter(|_| left == 0),
        };
        if left == 0 {
            let found = store.length_of(id).await?;
            return check_length(found, length).map(|()| reading);
        }
        let found = store.get(id, &range, None).await;
        let found = match found {
            // A range behind the end of what is shorter than it should be.
            Err(BlobError::Io(error)) => match store.length_of(id).await? {
                found if found < range.end => return Err(BlobError::Length { found, expected: length }),
                _ => return Err(BlobError::Io(error)),
            },
            found => found?,
        };
        check_length(total(&found)?, length)?;
        let rest = Rest {
            store: store.clone(),
            id,
            range,
            etag: found.e_tag,
            body: Some(found.body),
            bytes: Bytes::new(),
            hash,
        };
        store.0.lifecycle.spawn("s3 reading", rest.read(ready));
        Ok(reading)
    }
}

impl S3 {
    async fn get(&self, id: Uuid, range: &Range<u64>, etag: Option<&str>) -> Result<GetObjectOutput, BlobError> {
        let request = self.0.client.get_object().bucket(&self.0.bucket).key(self.0.keys.object(id));
        let request = request.range(format!("bytes={}-{}", range.start, range.end - 1));
        request.set_if_match(etag.map(str::to_owned)).send().await.map_err(failure::of)
    }
}

/// The length of an object of which a range is answered.
fn total(found: &GetObjectOutput) -> Result<u64, BlobError> {
    let range = found.content_range().and_then(|range| range.rsplit_once('/'));
    let total = range.and_then(|(_, total)| total.parse().ok());
    total.ok_or_else(|| failure::damaged("S3 does not answer ranges"))
}

fn check_length(found: u64, expected: u64) -> Result<(), BlobError> {
    if found == expected {
        Ok(())
    } else {
        Err(BlobError::Length { found, expected })
    }
}

/// What is still to be read.
struct Rest {
    store: S3,
    id: Uuid,
    range: Range<u64>,
    etag: Option<String>,
    /// None where it broke.
    body: Option<ByteStream>,
    /// What came of it, and is in no piece yet.
    bytes: Bytes,
    hash: Option<Hash>,
}

impl Rest {
    /// Reads pieces while there is room for them.
    async fn read(mut self, ready: mpsc::Sender<Result<Piece, BlobError>>) {
        while !self.range.is_empty() {
            // Nobody there any more.
            let Ok(room) = ready.reserve().await else { return };
            let piece = self.piece().await;
            let is_over = piece.is_err();
            room.send(piece);
            if is_over {
                return;
            }
        }
    }

    async fn piece(&mut self) -> Result<Piece, BlobError> {
        let left = usize::try_from(self.range.end - self.range.start).unwrap_or(usize::MAX);
        let length = left.min(self.store.0.chunk);
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            if self.bytes.is_empty() {
                self.bytes = self.more(bytes.len() as u64).await?;
            }
            let some = self.bytes.split_to(self.bytes.remaining().min(length - bytes.len()));
            bytes.extend_from_slice(&some);
        }
        self.range.start += length as u64;
        if let Some(hash) = &mut self.hash {
            hash.update(&bytes);
        }
        let hash = self.hash.take_if(|_| self.range.is_empty());
        Ok(Piece { bytes, hash })
    }

    /// The next bytes, of which `taken` behind the start of the range came already.
    async fn more(&mut self, taken: u64) -> Result<Bytes, BlobError> {
        let mut failed = None;
        for attempt in 0..=ATTEMPTS {
            if self.body.is_none() {
                tokio::time::sleep(Duration::from_millis(100) * u32::try_from(attempt).unwrap_or(1)).await;
                let range = self.range.start + taken..self.range.end;
                match self.store.get(self.id, &range, self.etag.as_deref()).await {
                    Ok(found) => self.body = Some(found.body),
                    // It is gone, or another one: the reader must hear of it.
                    Err(BlobError::Missing) => return Err(failure::damaged("the content was removed while it was read")),
                    Err(error) => {
                        failed = Some(error);
                        continue;
                    }
                }
            }
            let Some(body) = &mut self.body else { continue };
            match tokio::time::timeout(self.store.0.transfer, body.next()).await {
                Ok(Some(Ok(bytes))) => return Ok(bytes),
                Ok(Some(Err(broken))) => failed = Some(BlobError::Unavailable(broken.into())),
                Ok(None) => failed = Some(BlobError::Io(io::ErrorKind::UnexpectedEof.into())),
                Err(late) => failed = Some(BlobError::Unavailable(late.into())),
            }
            self.body = None;
        }
        Err(failed.unwrap_or_else(|| failure::damaged("S3 sent nothing")))
    }
}

impl Reading for S3Reading {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, BlobError>> {
        Box::pin(async move {
            if self.left == 0 {
                return Ok(None);
            }
            let stopped = || Err(failure::damaged("an earlier piece could not be read, or the process stops"));
            let piece = self.pieces.recv().await.unwrap_or_else(stopped)?;
            self.left = self.left.saturating_sub(piece.bytes.len() as u64);
            self.hash = piece.hash;
            Ok(Some(piece.bytes))
        })
    }

    fn hash(&self) -> Option<&Hash> {
        self.hash.as_ref()
    }
}
