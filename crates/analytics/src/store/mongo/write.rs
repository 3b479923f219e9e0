//! A batch of writes as commands: one collection after the other in the order in which the batch names them, new documents in one `insert`,
//! changed ones in one `update` of many statements, each with the revision that it expects.

use mongodb::bson::{Document as Bsons, doc};

use super::MongoStore;
use super::bson::{size_of, to_bson};
use crate::store::{DocumentStore, Fields, StoreError, Write};

/// Statements in one command.
const STATEMENTS: usize = 1_000;
/// Statements in one command that searches, on FerretDB: each holds one of its hundred connections to its own store until the command
/// ends, and a command that needs more than there are waits for itself.
const STATEMENTS_SEARCHED: usize = 20;
/// Bytes in one command, about: servers take 48 MB, and 16 MB for a document.
const BYTES: usize = 8 * 1024 * 1024;
/// Bytes in one command that searches: it shall end in time although each statement reads other documents too.
const BYTES_SEARCHED: usize = 256 * 1024;

/// The writes to one collection.
#[derive(Debug, Default)]
struct Part<'a> {
    collection: String,
    new: Vec<(&'a str, &'a Fields)>,
    changed: Vec<(&'a str, i64, &'a Fields)>,
    removed: Vec<(&'a str, Option<i64>)>,
}

/// Makes these writes. Those of one collection are done before the next one's are begun.
pub async fn all(store: &MongoStore, revision: i64, writes: &[Write]) -> Result<(), StoreError> {
    let mut is_conflict = false;
    for part in parts(store, writes) {
        is_conflict |= insert(store, revision, &part).await?;
        is_conflict |= update(store, revision, &part).await?;
        is_conflict |= remove(store, &part).await?;
    }
    if is_conflict { Err(StoreError::Conflict) } else { Ok(()) }
}

fn parts<'a>(store: &MongoStore, writes: &'a [Write]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for write in writes {
        let collection = store.layout.collection_of(&write.id);
        let at = parts.iter().position(|part| part.collection == collection).unwrap_or_else(|| {
            parts.push(Part {
                collection,
                ..Part::default()
            });
            parts.len() - 1
        });
        let (part, id) = (&mut parts[at], write.id.as_str());
        match (&write.fields, write.was) {
            (Some(fields), None) => part.new.push((id, fields)),
            (Some(fields), Some(was)) => part.changed.push((id, was, fields)),
            (None, was) => part.removed.push((id, was)),
        }
    }
    parts
}

/// Whether one of the new ones is there already.
async fn insert(store: &MongoStore, revision: i64, part: &Part<'_>) -> Result<bool, StoreError> {
    let mut is_conflict = false;
    for chunk in chunks(&part.new, (STATEMENTS, BYTES), |(_, fields)| size_of(Some(fields))) {
        let documents: Vec<Bsons> = chunk.iter().map(|(id, fields)| to_bson(id, revision, fields)).collect();
        let command = doc! { "insert": &part.collection, "documents": documents };
        is_conflict |= store.server.write(command).await?.1;
    }
    Ok(is_conflict)
}

/// Whether one of the changed ones is not as expected.
async fn update(store: &MongoStore, revision: i64, part: &Part<'_>) -> Result<bool, StoreError> {
    let mut is_conflict = false;
    for chunk in chunks(&part.changed, store.most(), |(_, _, fields)| size_of(Some(fields))) {
        let statement = |(id, was, fields): &(&str, i64, &Fields)| {
            // The whole document: FerretDB takes `$set` of a document for no change where only names in it are others.
            doc! { "q": { "_id": *id, "revision": *was }, "u": to_bson(id, revision, fields) }
        };
        let statements: Vec<Bsons> = chunk.iter().map(statement).collect();
        let command = doc! { "update": &part.collection, "updates": statements };
        is_conflict |= store.server.write(command).await?.0 < chunk.len() as u64;
    }
    Ok(is_conflict)
}

/// Whether one of the removed ones is not as expected; those that are gone already are.
async fn remove(store: &MongoStore, part: &Part<'_>) -> Result<bool, StoreError> {
    let mut is_conflict = false;
    for chunk in chunks(&part.removed, store.most(), |_| size_of(None)) {
        let statement = |(id, was): &(&str, Option<i64>)| match was {
            Some(was) => doc! { "q": { "_id": *id, "revision": *was }, "limit": 1 },
            None => doc! { "q": { "_id": *id, "revision": -1_i64 }, "limit": 1 },
        };
        let statements: Vec<Bsons> = chunk.iter().map(statement).collect();
        let command = doc! { "delete": &part.collection, "deletes": statements };
        if store.server.write(command).await?.0 < chunk.len() as u64 {
            let ids: Vec<String> = chunk.iter().map(|(id, _)| (*id).to_owned()).collect();
            is_conflict |= !store.get(&ids).await?.is_empty();
        }
    }
    Ok(is_conflict)
}

impl MongoStore {
    /// How large a command may be that looks for documents.
    fn most(&self) -> (usize, usize) {
        if self.is_searching {
            (STATEMENTS_SEARCHED, BYTES_SEARCHED)
        } else {
            (STATEMENTS, BYTES)
        }
    }
}

/// The same in their order, in pieces of so many statements and about so many bytes.
fn chunks<T>(all: &[T], (most, most_bytes): (usize, usize), size: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let (mut chunks, mut from, mut bytes) = (Vec::new(), 0, 0);
    for (index, one) in all.iter().enumerate() {
        let size = size(one);
        if index > from && (index - from == most || bytes + size > most_bytes) {
            chunks.push(&all[from..index]);
            (from, bytes) = (index, 0);
        }
        bytes += size;
    }
    if from < all.len() {
        chunks.push(&all[from..]);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::{BYTES, chunks};

    #[test]
    fn commands_are_as_large_as_servers_take_them() {
        let pieces = |sizes: &[usize], most| {
            chunks(sizes, (most, BYTES), |size| *size)
                .iter()
                .map(|piece| piece.len())
                .collect::<Vec<_>>()
        };
        assert!(pieces(&[], 3).is_empty());
        assert_eq!(pieces(&[1; 7], 3), [3, 3, 1]);
        assert_eq!(pieces(&[BYTES, 1, BYTES - 1, 1, BYTES * 2, 1], 100), [1, 2, 1, 1, 1]);
    }
}
