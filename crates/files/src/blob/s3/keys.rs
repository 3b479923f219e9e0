//! Where things are in the bucket: `objects/<two digits>/<id>` is a whole content, `incoming/<id>.<offset>` the record of one on its way.

use uuid::Uuid;

/// The keys of one instance in its bucket.
#[derive(Debug, Clone)]
pub struct Keys(String);

impl Keys {
    /// Keys below a prefix.
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        Self(if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        })
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

    /// The record of an upload's first so many bytes.
    pub fn record(&self, id: Uuid, at: u64) -> String {
        format!("{}{at}", self.records(id))
    }
}

/// The id in a key: none where somebody else made it.
pub fn id_of(key: &str) -> Option<Uuid> {
    let name = key.rsplit('/').next()?;
    let id = name.split_once('.').map_or(name, |(id, _)| id);
    Uuid::try_parse(id).ok()
}

/// The offset in the key of a record.
pub fn offset_of(key: &str) -> Option<u64> {
    key.rsplit_once('.')?.1.parse().ok()
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
            assert_eq!(keys.record(id, 7), format!("{start}incoming/{id}.7"));
            assert_eq!((id_of(&keys.object(id)), id_of(&keys.record(id, 7))), (Some(id), Some(id)));
            assert_eq!(offset_of(&keys.record(id, 7)), Some(7));
        }
        assert_eq!((id_of("incoming/README"), offset_of("objects/57/x")), (None, None));
    }
}
