//! What a content on its way is made of while it grows: the parts that S3 has, one that is on its way there, and the bytes that are gathered
//! for the next one. Never more than two parts are in memory, and none without a permit.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use super::finish::part_number;
use super::job::Job;
use super::keys::Mark;
use super::record::{Part, Parts, Record};
use super::{MOST_PARTS, S3, failure};
use crate::blob::{BlobError, Hash, Place};

/// As many bytes are gathered without a permit: of very many small uploads each needs no more.
const FREE: usize = 128 * 1024;
/// A content of fewer bytes is written twice, as its record and as its object, which takes fewer requests than parts do.
const SMALL: usize = 512 * 1024;

/// A content that grows.
#[derive(Debug)]
pub struct Growing {
    store: S3,
    id: Uuid,
    /// How many bytes there will be in the end.
    length: u64,
    upload: Upload,
    parts: Parts,
    sending: VecDeque<Sending>,
    gathered: BytesMut,
    permit: Option<OwnedSemaphorePermit>,
    /// How much there is with what was gathered, and its hash.
    at: u64,
    hash: Hash,
    records: Records,
}

/// The multipart upload.
#[derive(Debug)]
enum Upload {
    None,
    Begun(Job<String>),
    Known(String),
}

/// A part on its way.
#[derive(Debug)]
struct Sending {
    job: Job<Part>,
    /// The hash up to its end.
    hash: Hash,
}

/// The records of this content. All that anybody may still have to go back to are kept: where this writing began, the last one, and the one
/// before it, for the last one may not be noted yet.
#[derive(Debug)]
struct Records {
    start: Mark,
    last: Mark,
    before: Option<Mark>,
    saving: Option<(Mark, Job<()>)>,
}

impl Growing {
    /// What is there at a place.
    pub async fn open(store: S3, place: &Place) -> Result<Self, BlobError> {
        let start = Mark {
            at: place.at,
            sha256: place.hash.checksum(),
        };
        let mut growing = Self {
            id: place.id,
            length: place.length,
            upload: Upload::None,
            parts: Parts::default(),
            sending: VecDeque::new(),
            gathered: BytesMut::new(),
            permit: None,
            at: place.at,
            hash: place.hash.clone(),
            records: Records {
                start,
                last: start,
                before: None,
                saving: None,
            },
            store,
        };
        if place.at > 0 {
            let found = match growing.store.record(place.id, start).await {
                Err(BlobError::Missing) => return Err(growing.store.no_record(place.id, place.at).await?),
                found => found?,
            };
            growing.records.before = found.before;
            growing.upload = found.parts.upload.clone().map_or(Upload::None, Upload::Known);
            growing.parts = found.parts;
            growing.take_permit(found.tail.len()).await?;
            growing.gathered.extend_from_slice(&found.tail);
        }
        if growing.parts.size == 0 {
            let least = growing.length.div_ceil(MOST_PARTS);
            growing.parts.size = least.max(growing.store.0.part as u64);
        }
        // While the first part is gathered, S3 can make room for it.
        if matches!(growing.upload, Upload::None) && growing.length >= SMALL as u64 && growing.length > growing.at {
            let store = growing.store.clone();
            growing.upload = Upload::Begun(growing.store.begin(store.begin_parts(growing.id)));
        }
        Ok(growing)
    }

    /// Takes what waits, and sends each part that is full. May be dropped while it waits.
    pub async fn gather(&mut self, waiting: &mut VecDeque<Bytes>) -> Result<(), BlobError> {
        loop {
            let room = self.part().saturating_sub(self.gathered.len());
            if room == 0 {
                // One at a time: it and the one that is gathered meanwhile are all there is in memory.
                self.settle_parts().await?;
                self.send().await?;
                continue;
            }
            let Some(bytes) = waiting.front_mut() else { return Ok(()) };
            self.take_permit(bytes.len()).await?;
            let taken = bytes.split_to(room.min(bytes.len()));
            if bytes.is_empty() {
                waiting.pop_front();
            }
            self.reserve();
            self.hash.update(&taken);
            self.gathered.extend_from_slice(&taken);
            self.at += taken.len() as u64;
        }
    }

    /// Waits for room in memory, where this many bytes more need it.
    async fn take_permit(&mut self, more: usize) -> Result<(), BlobError> {
        if self.permit.is_none() && self.gathered.len() + more > FREE {
            let memory = Arc::clone(&self.store.0.memory);
            self.permit = Some(memory.acquire_owned().await.map_err(std::io::Error::other)?);
        }
        Ok(())
    }

    /// Makes everything that was gathered safe. May be dropped while it waits, and called again.
    pub async fn save(&mut self) -> Result<Hash, BlobError> {
        self.settle_record().await?;
        let is_whole = self.at == self.length;
        let has_parts = !self.parts.list.is_empty() || !self.sending.is_empty();
        if is_whole && !self.gathered.is_empty() && (has_parts || self.gathered.len() >= SMALL) {
            // The last part may be of any size, and nothing is gathered behind it.
            self.send().await?;
        }
        self.settle_parts().await?;
        if self.records.last.at != self.at {
            self.put_down();
            self.settle_record().await?;
        }
        Ok(self.hash.clone())
    }

    /// Waits until nothing is on its way.
    pub async fn settle(&mut self) -> Result<(), BlobError> {
        self.settle_record().await?;
        self.settle_parts().await
    }

    /// Sends what was gathered as a part.
    async fn send(&mut self) -> Result<(), BlobError> {
        let upload = self.upload().await?;
        let number = part_number(self.parts.list.len() + self.sending.len() + 1)?;
        let (body, permit) = (mem::take(&mut self.gathered).freeze(), self.permit.take());
        let (store, id) = (self.store.clone(), self.id);
        let job = self.store.begin(async move {
            let sent = store.put_part(id, upload, number, body).await;
            drop(permit);
            sent
        });
        let hash = self.hash.clone();
        self.sending.push_back(Sending { job, hash });
        Ok(())
    }

    async fn upload(&mut self) -> Result<String, BlobError> {
        if matches!(self.upload, Upload::None) {
            let store = self.store.clone();
            self.upload = Upload::Begun(self.store.begin(store.begin_parts(self.id)));
        }
        if let Upload::Begun(job) = &mut self.upload {
            self.upload = Upload::Known(job.wait().await?);
        }
        match &self.upload {
            Upload::Known(upload) => Ok(upload.clone()),
            _ => Err(failure::damaged("a multipart upload was not begun")),
        }
    }

    async fn settle_parts(&mut self) -> Result<(), BlobError> {
        while let Some(sending) = self.sending.front_mut() {
            let part = sending.job.wait().await?;
            self.parts.list.push(part);
            if let Some(sent) = self.sending.pop_front() {
                self.parts.hash = sent.hash;
            }
        }
        Ok(())
    }

    /// Begins to put down how far it is.
    fn put_down(&mut self) {
        if let Upload::Known(upload) = &self.upload {
            self.parts.upload = Some(upload.clone());
        }
        let record = Record {
            parts: self.parts.clone(),
            tail: Bytes::copy_from_slice(&self.gathered),
            before: Some(self.records.last),
        };
        let (store, id, start) = (self.store.clone(), self.id, self.records.start);
        let done_with = self.records.before.filter(|before| *before != start && before.at > 0);
        let job = self.store.begin(async move {
            store.put_record(id, &record).await?;
            if let Some(mark) = done_with {
                // What stays is forgotten with the rest in the end.
                let _ = store.delete(vec![store.0.keys.record(id, mark)]).await;
            }
            Ok(())
        });
        let mark = Mark {
            at: self.at,
            sha256: self.hash.checksum(),
        };
        self.records.saving = Some((mark, job));
    }

    async fn settle_record(&mut self) -> Result<(), BlobError> {
        if let Some((mark, job)) = &mut self.records.saving {
            job.wait().await?;
            self.records.before = Some(mem::replace(&mut self.records.last, *mark));
            self.records.saving = None;
        }
        Ok(())
    }

    /// Bytes of a part.
    fn part(&self) -> usize {
        usize::try_from(self.parts.size).unwrap_or(usize::MAX)
    }

    /// Takes room for a part at once, or for what is still to come; without a permit only for a little.
    fn reserve(&mut self) {
        let most = if self.permit.is_some() { self.part() } else { FREE };
        if self.gathered.capacity() < most {
            let left = self.length.saturating_sub(self.at).saturating_add(1);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            self.gathered.reserve(left.min(most.saturating_sub(self.gathered.len())));
        }
    }
}
