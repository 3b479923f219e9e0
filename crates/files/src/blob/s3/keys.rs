//! Where things are in the bucket: `objects/<two digits>/<id>` is a whole content, `incoming/<id>.<offset>.<hash>` the record of
//! one on its way. With the hash in it, no process takes what another one wrote for its own.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::checksum::Checksum;

/// The keys of one instance in its bucket.
#[derive(Debug, Clone)]
pub struct Keys(String);

impl Keys {
    /// Keys below a prefix.
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        Self(if prefix.is_empty() { String::new() } else { format!("{prefix}/") })
    }

    /// A whole content. By the last digits: the first ones are the time, the same for weeks.
    pub fn object(&self, id: Uuid) -> String {
        format!("{}{}", self.part(id.as_bytes()[15]), id.as_hyphenated())
    }

    /// Where all of a part of the objects begin.
    pub fn part(&self, part: u8) -> String {
        format!("{}{part:02x}/", self.objects())
    }

    /// Where all objects begin.
    pub fn objects(&self) -> String {
        format!("{}objects/", self.0)
    }

    /// Where all records begin.
    pub fn incoming(&self) -> String {
        format!("{}incoming/", self.0)
    }

    /// Where all records of an upload begin.
    pub fn records(&self, id: Uuid) -> String {
        format!("{}{}.", self.incoming(), id.as_hyphenated())
    }

    /// Where all records of an upload's first so many bytes begin.
    pub fn records_at(&self, id: Uuid, at: u64) -> String {
        format!("{}{at}.", self.records(id))
    }

    /// The record of an upload's first bytes.
    pub fn record(&self, id: Uuid, mark: Mark) -> String {
        format!("{}{}", self.records_at(id, mark.at), mark.sha256)
    }
}

/// The first bytes of a content on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// How many.
    pub at: u64,
    /// Their hash.
    #[serde(with = "text")]
    pub sha256: Checksum,
}

mod text {
    //! A checksum as text.
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Checksum;

    pub fn serialize<S: Serializer>(checksum: &Checksum, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(checksum)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Checksum, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

/// The id in a key: none where somebody else made it.
pub fn id_of(key: &str) -> Option<Uuid> {
    let name = key.rsplit('/').next()?;
    let id = name.split_once('.').map_or(name, |(id, _)| id);
    Uuid::try_parse(id).ok()
}

/// The mark in the key of a record.
pub fn mark_of(key: &str) -> Option<Mark> {
    let (rest, sha256) = key.rsplit_once('.')?;
    Some(Mark {
        at: rest.rsplit_once('.')?.1.parse().ok()?,
        sha256: sha256.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_say_what_they_are_of() {
        let id = Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057);
        for (prefix, start) in [("", ""), ("/a/b/", "a/b/"), ("a.b", "a.b/")] {
            let keys = Keys::new(prefix);
            assert_eq!(keys.object(id), format!("{start}objects/57/{id}"));
            let mark = Mark {
                at: 7,
                sha256: Checksum::OF_NOTHING,
            };
            let record = keys.record(id, mark);
            assert_eq!(record, format!("{start}incoming/{id}.7.{}", Checksum::OF_NOTHING));
            assert_eq!((id_of(&keys.object(id)), id_of(&record)), (Some(id), Some(id)));
            assert_eq!(mark_of(&record), Some(mark));
        }
        assert_eq!((id_of("incoming/README"), mark_of("objects/57/x.7.y")), (None, None));
    }
}
