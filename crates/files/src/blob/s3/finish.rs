//! The end of a content on its way: it is shown, or forgotten. Each can be broken off anywhere and done again.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use uuid::Uuid;

use super::keys::{self, Mark};
use super::record::{Part, Record};
use super::{S3, failure};
use crate::blob::BlobError;

impl S3 {
    /// Shows a content as an object.
    pub(super) async fn show(&self, id: Uuid, mark: Mark) -> Result<(), BlobError> {
        let length = mark.at;
        if length == 0 {
            let was_there = self.put_whole(id, Bytes::new()).await?;
            return if was_there { self.check_shown(id, 0).await } else { Ok(()) };
        }
        let record = match self.record(id, mark).await {
            Err(BlobError::Missing) => match self.check_shown(id, length).await {
                // Not shown before either, by somebody who did not live to say so.
                Err(BlobError::Missing) => return Err(self.no_record(id, length).await?),
                shown => return shown,
            },
            record => record?,
        };
        let was_there = if record.parts.list.is_empty() {
            self.put_whole(id, record.tail).await?
        } else {
            self.complete(id, record).await?
        };
        if was_there {
            self.check_shown(id, length).await?;
        }
        // Nobody waits for it: what stays is found by the sweep.
        let store = self.clone();
        drop(self.begin(async move { store.forget(id).await }));
        Ok(())
    }

    /// Puts a content that is too small for parts. Answers whether one is there already.
    async fn put_whole(&self, id: Uuid, content: Bytes) -> Result<bool, BlobError> {
        match self.put(&self.0.keys.object(id), content, true).await {
            Err(error) if is_there(&error) => Ok(true),
            done => done.map(|()| false).map_err(failure::of),
        }
    }

    /// Has the parts put together. S3 compares what it has with what we noted, so that no part of somebody else's is among them. Answers
    /// whether the content is there already, or may be.
    async fn complete(&self, id: Uuid, record: Record) -> Result<bool, BlobError> {
        let upload = record
            .parts
            .upload
            .ok_or_else(|| failure::damaged("a record has parts of no upload"))?;
        let mut parts = record.parts.list;
        if !record.tail.is_empty() {
            let number = parts.len() + 1;
            parts.push(self.clone().put_part(id, upload.clone(), part_number(number)?, record.tail).await?);
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(completed(&parts)?)).build();
        let request = self
            .0
            .client
            .complete_multipart_upload()
            .bucket(&self.0.bucket)
            .key(self.0.keys.object(id));
        let request = request.upload_id(upload).if_none_match("*").multipart_upload(parts);
        match request.send().await {
            Ok(_) => Ok(false),
            Err(error) if is_there(&error) || error.code() == Some("NoSuchUpload") => Ok(true),
            Err(error) => Err(failure::of(error)),
        }
    }

    async fn check_shown(&self, id: Uuid, expected: u64) -> Result<(), BlobError> {
        let found = self.length_of(id).await?;
        if found == expected {
            Ok(())
        } else {
            Err(BlobError::Length { found, expected })
        }
    }

    /// How long an object is.
    pub(super) async fn length_of(&self, id: Uuid) -> Result<u64, BlobError> {
        let request = self.0.client.head_object().bucket(&self.0.bucket).key(self.0.keys.object(id));
        let found = request.send().await.map_err(failure::of)?;
        Ok(found
            .content_length
            .and_then(|length| u64::try_from(length).ok())
            .unwrap_or_default())
    }

    /// Forgets a content on its way: gives up its parts, then its records, which are how it would be found again.
    pub(super) async fn forget(&self, id: Uuid) -> Result<(), BlobError> {
        for (key, upload) in self.uploads_below(&self.0.keys.object(id)).await? {
            let request = self
                .0
                .client
                .abort_multipart_upload()
                .bucket(&self.0.bucket)
                .key(key)
                .upload_id(upload);
            match request.send().await.map_err(failure::of) {
                Ok(_) | Err(BlobError::Missing) => {}
                Err(error) => return Err(error),
            }
        }
        self.delete(self.keys_below(&self.0.keys.records(id)).await?).await
    }

    /// The contents on their way: those that have a record, and parts that lost theirs.
    pub(super) async fn on_their_way(&self) -> Result<Vec<Uuid>, BlobError> {
        let mut ids = self.keys_below(&self.0.keys.incoming()).await?;
        ids.extend(self.uploads_below(&self.0.keys.objects()).await?.into_iter().map(|(key, _)| key));
        let mut ids: Vec<Uuid> = ids.iter().filter_map(|key| keys::id_of(key)).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The keys and names of multipart uploads below a key.
    async fn uploads_below(&self, prefix: &str) -> Result<Vec<(String, String)>, BlobError> {
        let (mut found, mut key, mut upload) = (Vec::new(), None, None);
        loop {
            let request = self.0.client.list_multipart_uploads().bucket(&self.0.bucket).prefix(prefix);
            let request = request.set_key_marker(key).set_upload_id_marker(upload);
            let page = request.send().await.map_err(failure::of)?;
            let uploads = page.uploads.unwrap_or_default();
            found.extend(uploads.into_iter().filter_map(|upload| upload.key.zip(upload.upload_id)));
            if page.is_truncated != Some(true) || page.next_key_marker.is_none() {
                return Ok(found);
            }
            (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
        }
    }
}

/// The number of a part as S3 counts.
pub(super) fn part_number(number: usize) -> Result<i32, BlobError> {
    i32::try_from(number).map_err(|_| failure::damaged("a content has more parts than S3 takes"))
}

fn completed(parts: &[Part]) -> Result<Vec<CompletedPart>, BlobError> {
    let numbered = parts.iter().zip(1..);
    numbered
        .map(|(part, number)| {
            let completed = CompletedPart::builder().part_number(part_number(number)?);
            Ok(completed.e_tag(&part.etag).checksum_sha256(&part.sha256).build())
        })
        .collect()
}

/// Whether S3 refused to write over something.
fn is_there<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("PreconditionFailed")
}
