//! The single requests that the store is made of. Every body goes with its SHA-256, which S3 compares before it keeps anything.

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, Delete, ObjectIdentifier};
use bytes::Bytes;
use uuid::Uuid;

use super::keys::{self, Mark};
use super::record::{Part, Record, checksum};
use super::{S3, failure};
use crate::blob::BlobError;

/// Keys that one request deletes.
const DELETED_AT_ONCE: usize = 1000;

impl S3 {
    /// Puts an object; one that is there is kept where `once`.
    pub(super) async fn put(&self, key: &str, body: Bytes, once: bool) -> Result<(), SdkError<PutObjectError>> {
        let sha256 = sum(body.clone()).await;
        let mut request = self.0.client.put_object().bucket(&self.0.bucket).key(key);
        if once {
            request = request.if_none_match("*");
        }
        let request = request.checksum_sha256(sha256).body(ByteStream::from(body)).customize();
        // What is signed is the checksum.
        let request = request.disable_payload_signing().config_override(self.patience());
        request.send().await.map(drop)
    }

    /// Takes a part of a multipart upload.
    pub(super) async fn put_part(self, id: Uuid, upload: String, number: i32, body: Bytes) -> Result<Part, BlobError> {
        let length = body.len() as u64;
        let sha256 = sum(body.clone()).await;
        let request = self.0.client.upload_part().bucket(&self.0.bucket).key(self.0.keys.object(id));
        let request = request
            .upload_id(upload)
            .part_number(number)
            .checksum_sha256(&sha256)
            .body(ByteStream::from(body));
        let request = request.customize().disable_payload_signing().config_override(self.patience());
        let taken = request.send().await.map_err(failure::of)?;
        let etag = taken.e_tag.ok_or_else(|| failure::damaged("S3 gave a part no etag"))?;
        Ok(Part { etag, sha256, length })
    }

    /// Begins a multipart upload.
    pub(super) async fn begin_parts(self, id: Uuid) -> Result<String, BlobError> {
        let request = self
            .0
            .client
            .create_multipart_upload()
            .bucket(&self.0.bucket)
            .key(self.0.keys.object(id));
        let request = request
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .content_type("application/octet-stream");
        let begun = request.send().await.map_err(failure::of)?;
        begun.upload_id.ok_or_else(|| failure::damaged("S3 gave an upload no name"))
    }

    fn patience(&self) -> aws_sdk_s3::config::Builder {
        let timeouts = TimeoutConfig::builder().operation_timeout(self.0.transfer).build();
        aws_sdk_s3::Config::builder().timeout_config(timeouts)
    }

    /// Puts down a record.
    pub(super) async fn put_record(&self, id: Uuid, record: &Record) -> Result<(), BlobError> {
        let key = self.0.keys.record(id, record.mark());
        let body = record.encode().map_err(std::io::Error::other)?;
        self.put(&key, body, false).await.map_err(failure::of)
    }

    /// The record of these bytes.
    pub(super) async fn record(&self, id: Uuid, mark: Mark) -> Result<Record, BlobError> {
        let key = self.0.keys.record(id, mark);
        let request = self.0.client.get_object().bucket(&self.0.bucket).key(key);
        let found = request.send().await.map_err(failure::of)?;
        let bytes = tokio::time::timeout(self.0.transfer, found.body.collect()).await;
        let bytes = bytes.map_err(|late| BlobError::Unavailable(late.into()))?;
        let bytes = bytes.map_err(|broken| BlobError::Unavailable(broken.into()))?.into_bytes();
        let record = Record::decode(bytes).filter(|record| record.mark() == mark);
        record.ok_or_else(|| failure::damaged("the record of an upload is damaged"))
    }

    /// What is known of the first `at` bytes of a content on its way, whatever they are. Where two processes wrote, any of them is as good.
    ///
    /// Fails with `Missing` where nothing is known, and with `Length` where there is no record of so many bytes.
    pub(super) async fn record_at(&self, id: Uuid, at: u64) -> Result<Record, BlobError> {
        let keys = self.keys_below(&self.0.keys.records_at(id, at)).await?;
        match keys.iter().find_map(|key| keys::mark_of(key)) {
            Some(mark) => self.record(id, mark).await,
            None => Err(self.no_record(id, at).await?),
        }
    }

    /// Why there is no record of so many bytes: `Length` with what there is, or `Missing`.
    pub(super) async fn no_record(&self, id: Uuid, expected: u64) -> Result<BlobError, BlobError> {
        let keys = self.keys_below(&self.0.keys.records(id)).await?;
        let found = keys.iter().filter_map(|key| keys::mark_of(key)).map(|mark| mark.at).max();
        Ok(found.map_or(BlobError::Missing, |found| BlobError::Length { found, expected }))
    }

    /// All keys that begin so.
    pub(super) async fn keys_below(&self, prefix: &str) -> Result<Vec<String>, BlobError> {
        let request = self.0.client.list_objects_v2().bucket(&self.0.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.map_err(failure::of)?.contents.unwrap_or_default();
            keys.extend(objects.into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// Deletes keys. Those that are not there are no error.
    pub(super) async fn delete(&self, keys: Vec<String>) -> Result<(), BlobError> {
        if let [key] = keys.as_slice() {
            let deleted = self
                .0
                .client
                .delete_object()
                .bucket(&self.0.bucket)
                .key(key)
                .send()
                .await
                .map_err(failure::of);
            return match deleted {
                Err(BlobError::Missing) => Ok(()),
                deleted => deleted.map(drop),
            };
        }
        for some in keys.chunks(DELETED_AT_ONCE) {
            let named: Result<Vec<_>, _> = some.iter().map(|key| ObjectIdentifier::builder().key(key).build()).collect();
            let named = named.and_then(|named| Delete::builder().set_objects(Some(named)).quiet(true).build());
            let request = self
                .0
                .client
                .delete_objects()
                .bucket(&self.0.bucket)
                .delete(named.map_err(std::io::Error::other)?);
            let refused = request.send().await.map_err(failure::of)?.errors.unwrap_or_default();
            if refused.iter().any(|error| error.code() != Some("NoSuchKey")) {
                return Err(failure::damaged("S3 did not delete all that it was told to"));
            }
        }
        Ok(())
    }
}

/// The SHA-256 of a body, made away from the threads that serve requests.
async fn sum(body: Bytes) -> String {
    if body.len() < 64 * 1024 {
        return checksum(&body);
    }
    let shared = body.clone();
    let summed = tokio::task::spawn_blocking(move || checksum(&shared)).await;
    summed.unwrap_or_else(|_| checksum(&body))
}
