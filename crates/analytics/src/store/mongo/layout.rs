//! In which collection a document is. One for each kind of document, so that a rebuilt generation can be dropped as a whole; and where a
//! server looks through a whole collection for each document, as FerretDB does, each kind is spread over many small ones by what it is about.

/// Collections of each kind on a server that looks through all of a collection.
pub const SPREAD: u32 = 64;
/// Documents of no known kind.
const OTHERS: &str = "others";
/// Kinds that are one collection, by the first part of their ids.
const SINGLE: [&str; 2] = ["journal", "source"];
/// The letters of a UUID: what documents are spread by.
const OWNER: usize = 36;

/// How documents are spread. It is written down in the database at its first use, because it must stay as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Collections of each kind.
    pub spread: u32,
}

impl Layout {
    /// The collection of a document.
    pub fn collection_of(self, id: &str) -> String {
        let (first, rest) = id.split_once('|').unwrap_or((id, ""));
        if SINGLE.contains(&first) {
            return first.to_owned();
        }
        let (kind, owner) = rest.split_once('|').unwrap_or((rest, ""));
        let is_kind = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
        if !(first == "event" || is_generation(first)) || !is_kind {
            return OTHERS.to_owned();
        }
        if self.spread <= 1 {
            return format!("{first}_{kind}");
        }
        let owner = owner.split('|').next().unwrap_or_default().as_bytes();
        let place = hash(&owner[..owner.len().min(OWNER)]) % self.spread;
        format!("{first}_{kind}_{place:03}")
    }

    /// The only collection that may hold ids of this range, if there is but one whatever exists.
    pub fn collection_of_range(self, from: &str, to: &str) -> Option<String> {
        let same = from.bytes().zip(to.bytes()).take_while(|(one, other)| one == other).count();
        // Both are ASCII where it matters; a cut within a letter names no owner.
        let start = from.get(..same)?;
        let mut parts = start.splitn(3, '|');
        let (first, kind, owner) = (parts.next()?, parts.next()?, parts.next());
        if SINGLE.contains(&first) {
            return Some(first.to_owned());
        }
        let owner = owner?;
        (self.spread <= 1 || owner.len() >= OWNER).then(|| self.collection_of(&format!("{first}|{kind}|{owner}")))
    }

    /// The ids that a collection may hold: not before the first and before the second; none where it may hold any.
    pub fn range_of(collection: &str) -> Option<(String, String)> {
        if SINGLE.contains(&collection) {
            return Some((format!("{collection}|"), format!("{collection}}}")));
        }
        let mut parts = collection.split('_');
        let (first, kind) = (parts.next()?, parts.next()?);
        Some((format!("{first}|{kind}|"), format!("{first}|{kind}}}")))
    }
}

fn is_generation(part: &str) -> bool {
    let digits = part.strip_prefix('g').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// FNV-1a: the same everywhere and for ever, because documents are found by it.
fn hash(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::end_of;

    const ONE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_range_is_looked_for_where_its_documents_are() {
        for spread in [1, SPREAD] {
            let layout = Layout { spread };
            for (id, prefix) in [
                (format!("event|task|{ONE}|{ONE}|7|x"), format!("event|task|{ONE}|")),
                (format!("event|task|{ONE}|{ONE}|7|x"), format!("event|task|{ONE}|{ONE}|")),
                (format!("g1|user|{ONE}|now|{ONE}"), format!("g1|user|{ONE}|now|")),
                ("journal|0|1".to_owned(), "journal|0|".to_owned()),
            ] {
                let found = layout.collection_of_range(&prefix, &end_of(&prefix));
                assert_eq!(found, Some(layout.collection_of(&id)), "{spread} {id}");
            }
            assert_eq!(layout.collection_of_range("event|", "event}"), None);
            assert_eq!(layout.collection_of_range("g", "g1|"), None);
        }
        let all = ("event|task|", "event|task}");
        assert_eq!(Layout { spread: 1 }.collection_of_range(all.0, all.1), None);
        assert_eq!(Layout { spread: SPREAD }.collection_of_range(all.0, all.1), None);
    }

    #[test]
    fn a_collection_knows_which_ids_it_may_hold() {
        for spread in [1, SPREAD] {
            let layout = Layout { spread };
            for id in [
                format!("event|task|{ONE}|x"),
                format!("g12|project|{ONE}|about"),
                format!("g1|account|{ONE}"),
                "source|tasktracker.core.task.v1|0".to_owned(),
            ] {
                let (from, to) = Layout::range_of(&layout.collection_of(&id)).unwrap();
                assert!(from <= id && id < to, "{from} {id} {to}");
            }
            for strange in ["x", "x|y|z", "g|task|x", "g1|Task|x", "event", "event|", "g1x|task|y", ""] {
                let collection = layout.collection_of(strange);
                assert_eq!((collection.as_str(), Layout::range_of(&collection)), (OTHERS, None), "{strange}");
            }
        }
    }

    #[test]
    fn where_documents_are_never_changes() {
        let layout = Layout { spread: SPREAD };
        assert_eq!(layout.collection_of(&format!("g1|task|{ONE}")), "g1_task_051");
    }
}
