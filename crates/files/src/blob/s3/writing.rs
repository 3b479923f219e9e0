//! Writing a content into S3. Bytes are gathered until they make a part; while one part is on its way, the next one is gathered. What was
//! begun goes on whether somebody waits for it or not, and is found again by whoever waits next.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::growing::Growing;
use super::{S3, failure};
use crate::blob::{BlobError, Hash, Place, Writing};

/// A content that grows.
#[derive(Debug)]
pub struct S3Writing {
    store: S3,
    place: Place,
    /// What was taken, and is not gathered yet.
    waiting: VecDeque<Bytes>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing is known yet of what is there.
    Closed,
    /// It grows.
    Open(Box<Growing>),
    /// It failed, and was told of.
    Failed,
}

impl S3Writing {
    /// A content that grows on at a place.
    pub fn new(store: S3, place: Place) -> Self {
        Self {
            store,
            place,
            waiting: VecDeque::new(),
            stage: Stage::Closed,
        }
    }

    /// Looks at what is there, the first time. May be dropped meanwhile.
    async fn open(&mut self) -> Result<(), BlobError> {
        match &self.stage {
            Stage::Closed => {
                self.stage = Stage::Open(Box::new(Growing::open(self.store.clone(), &self.place).await?));
                Ok(())
            }
            Stage::Open(_) => Ok(()),
            Stage::Failed => Err(failure::damaged("an earlier piece could not be written")),
        }
    }

    async fn take(&mut self) -> Result<&mut Growing, BlobError> {
        self.open().await?;
        let Stage::Open(growing) = &mut self.stage else {
            return Err(failure::damaged("an upload was not opened"));
        };
        growing.gather(&mut self.waiting).await?;
        Ok(growing)
    }

    /// Nothing can be written after an error.
    fn fails<T>(&mut self, outcome: Result<T, BlobError>) -> Result<T, BlobError> {
        if outcome.is_err() {
            self.stage = Stage::Failed;
        }
        outcome
    }
}

impl Writing for S3Writing {
    fn append(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        self.waiting.push_back(bytes);
        Box::pin(async move {
            let outcome = self.take().await.map(drop);
            self.fails(outcome)
        })
    }

    fn sync(&mut self) -> BoxFuture<'_, Result<Hash, BlobError>> {
        Box::pin(async move {
            let outcome = async { self.take().await?.save().await }.await;
            self.fails(outcome)
        })
    }

    fn truncate(&mut self, length: u64, hash: Hash) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            if let Stage::Open(growing) = &mut self.stage {
                // What is on its way must not arrive after what replaces it.
                let settled = growing.settle().await;
                self.fails(settled)?;
            }
            if matches!(self.stage, Stage::Failed) {
                return Err(failure::damaged("an earlier piece could not be written"));
            }
            self.waiting.clear();
            (self.place.at, self.place.hash) = (length, hash);
            self.stage = Stage::Closed;
            let outcome = self.open().await;
            self.fails(outcome)
        })
    }
}
