//! What is known of a content on its way, put down whenever its writer asks for safety: which parts S3 has, the hash up to them, and the
//! bytes behind them, which are too few for a part. It is one object, written at once; an upload goes on from it in any process.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::keys::Mark;
use crate::blob::Hash;

/// The parts of a content that S3 has.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The multipart upload, once there is one.
    pub upload: Option<String>,
    /// Bytes of each part but the last one.
    pub size: u64,
    /// The parts, in their order.
    pub list: Vec<Part>,
    /// The hash of their bytes.
    pub hash: Hash,
}

/// A part as S3 took it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What S3 calls it.
    pub etag: String,
    /// Its SHA-256, in Base64.
    pub sha256: String,
    /// Its bytes.
    pub length: u64,
}

impl Parts {
    /// Bytes of all parts.
    pub fn length(&self) -> u64 {
        self.list.iter().map(|part| part.length).sum()
    }
}

/// What is known of a content on its way.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its parts.
    pub parts: Parts,
    /// The bytes behind them.
    pub tail: Bytes,
    /// The record before this one.
    pub before: Option<Mark>,
}

#[derive(Serialize, Deserialize)]
struct Head {
    upload: Option<String>,
    part_size: u64,
    parts: Vec<Part>,
    hash: String,
    tail_length: usize,
    tail_sha256: String,
    before: Option<Mark>,
}

impl Record {
    /// What it is the record of.
    pub fn mark(&self) -> Mark {
        Mark {
            at: self.parts.length() + self.tail.len() as u64,
            sha256: self.hash().checksum(),
        }
    }

    /// The hash of the content.
    pub fn hash(&self) -> Hash {
        let mut hash = self.parts.hash.clone();
        hash.update(&self.tail);
        hash
    }

    /// As bytes: a line that says what there is, and the tail.
    ///
    /// # Errors
    /// A defect.
    pub fn encode(&self) -> serde_json::Result<Bytes> {
        let head = Head {
            upload: self.parts.upload.clone(),
            part_size: self.parts.size,
            parts: self.parts.list.clone(),
            hash: STANDARD.encode(self.parts.hash.state()),
            tail_length: self.tail.len(),
            tail_sha256: checksum(&self.tail),
            before: self.before,
        };
        let head = serde_json::to_vec(&head)?;
        let mut bytes = Vec::with_capacity(head.len() + 1 + self.tail.len());
        bytes.extend_from_slice(&head);
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.tail);
        Ok(bytes.into())
    }

    /// From its bytes; none where they are damaged, or somebody else's.
    pub fn decode(mut bytes: Bytes) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes.split_to(end)).ok()?;
        let tail = bytes.split_off(1);
        let hash = Hash::resume(&STANDARD.decode(&head.hash).ok()?)?;
        let is_whole = tail.len() == head.tail_length && checksum(&tail) == head.tail_sha256;
        is_whole.then(|| Self {
            parts: Parts {
                upload: head.upload,
                size: head.part_size,
                list: head.parts,
                hash,
            },
            tail,
            before: head.before,
        })
    }
}

/// The SHA-256 of bytes as S3 writes it.
pub fn checksum(bytes: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::checksum::Checksum;

    const BEFORE: Mark = Mark {
        at: 3,
        sha256: Checksum::OF_NOTHING,
    };

    fn record(tail: &'static [u8]) -> Record {
        let mut hash = Hash::default();
        hash.update(b"parts");
        let part = Part {
            etag: "\"1\"".to_owned(),
            sha256: checksum(b"parts"),
            length: 5,
        };
        Record {
            parts: Parts {
                upload: Some("u".to_owned()),
                size: 5,
                list: vec![part],
                hash,
            },
            tail: Bytes::from_static(tail),
            before: Some(BEFORE),
        }
    }

    #[test]
    fn what_is_put_down_is_taken_up() {
        for tail in [b"".as_slice(), b"a\nb"] {
            let record = record(tail);
            let again = Record::decode(record.encode().unwrap()).unwrap();
            assert_eq!(
                (again.tail.as_ref(), again.mark(), again.before),
                (tail, record.mark(), Some(BEFORE))
            );
            assert_eq!(again.mark().at, 5 + tail.len() as u64);
            assert_eq!((&again.parts.upload, &again.parts.list), (&record.parts.upload, &record.parts.list));
            let mut whole = Hash::default();
            whole.update(&[b"parts", tail].concat());
            assert_eq!(again.mark().sha256, whole.checksum());
        }
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let good = record(b"tail").encode().unwrap();
        assert!(Record::decode(good.slice(..good.len() - 1)).is_none());
        let mut bad = good.to_vec();
        *bad.last_mut().unwrap() ^= 1;
        assert!(Record::decode(bad.into()).is_none());
        assert!(Record::decode(Bytes::from_static(b"{}\n")).is_none() && Record::decode(Bytes::new()).is_none());
    }
}
