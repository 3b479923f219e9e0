//! The journal of a batch, on a store that cannot make its changes at once: all changes as documents of their own, named after the batch on
//! top of which they were worked out.

use super::{Document, Fields, StoreError, Value, Write};

/// Changes in one document.
const CHUNK: usize = 200;
/// Bytes in one document, about: servers take 16 MiB.
const CHUNK_BYTES: usize = 1024 * 1024;
/// The field of the lock that names it.
const NAME: &str = "journal";
/// The field of the lock with the number of its documents.
const CHUNKS: &str = "chunks";

/// The journal of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    /// Its name, with the batch before it in front.
    name: String,
    /// The revision of the batch, which its documents get.
    pub batch: i64,
    /// How many documents it has.
    pub chunks: usize,
}

impl Journal {
    /// Writes changes down that follow batch `after`: the journal, and its documents. None without changes.
    ///
    /// # Errors
    /// A change cannot be written: a defect.
    pub fn new(after: i64, id: &str, writes: &[Write]) -> Result<Option<(Self, Vec<Write>)>, StoreError> {
        let (mut entries, mut bytes) = (Vec::<Fields>::new(), usize::MAX);
        for (index, write) in writes.iter().enumerate() {
            let change =
                serde_json::to_vec(&(&write.id, write.was, &write.fields)).map_err(|error| StoreError::damaged(&write.id, error))?;
            if bytes > CHUNK_BYTES || entries.last().is_some_and(|entry| entry.0.len() >= CHUNK) {
                entries.push(Fields::default());
                bytes = 0;
            }
            bytes += change.len();
            if let Some(entry) = entries.last_mut() {
                entry.0.insert(format!("w{index:06}"), Value::Bytes(change));
            }
        }
        let journal = Self {
            name: format!("{after:019}|{id}"),
            batch: after + 1,
            chunks: entries.len(),
        };
        let written = journal.ids().into_iter().zip(entries).map(|(id, fields)| Write {
            id,
            was: None,
            fields: Some(fields),
        });
        let written = written.collect();
        Ok((!writes.is_empty()).then_some((journal, written)))
    }

    /// The journal that a lock names.
    ///
    /// # Errors
    /// The lock is damaged.
    pub fn of(head: &Document) -> Result<Option<Self>, StoreError> {
        let Some(name) = head.fields.get_text(NAME) else { return Ok(None) };
        let chunks = head.fields.get_number(CHUNKS).and_then(|chunks| usize::try_from(chunks).ok());
        let after = name.split('|').next().and_then(|after| after.parse::<i64>().ok());
        let (Some(chunks), Some(after)) = (chunks, after) else {
            return Err(StoreError::damaged(&head.id, "it does not name its journal properly"));
        };
        Ok(Some(Self {
            name: name.to_owned(),
            batch: after + 1,
            chunks,
        }))
    }

    /// The fields of a lock that names it.
    #[must_use]
    pub fn told(&self, fields: Fields) -> Fields {
        fields.text(NAME, &self.name).number(CHUNKS, self.chunks as i64)
    }

    /// The ids of its documents.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        (0..self.chunks).map(|index| format!("journal|{}|{index:06}", self.name)).collect()
    }
}

/// The range of the journals of all batches that were worked out before batch `after` happened.
#[must_use]
pub fn before(after: i64) -> (String, String) {
    ("journal|".to_owned(), format!("journal|{after:019}|"))
}

/// The changes that are written down in these documents, in their order.
///
/// # Errors
/// A document is damaged.
pub fn writes_of(mut entries: Vec<Document>) -> Result<Vec<Write>, StoreError> {
    entries.sort_by(|one, other| one.id.cmp(&other.id));
    let mut writes = Vec::new();
    for document in entries {
        for value in document.fields.0.values() {
            let Value::Bytes(bytes) = value else { continue };
            let (id, was, fields) = serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(&document.id, error))?;
            writes.push(Write { id, was, fields });
        }
    }
    Ok(writes)
}
