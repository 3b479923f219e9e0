//! Batches of changes that happen once and as a whole, on any store, and one after the other, whoever writes. A document called `head` is the
//! lock: each batch raises its revision. Where the store cannot write all at once, the batch is written to a journal first; whoever finds a
//! journal that is not done finishes it before anything else. So a crash at any write, a writer that was replaced without knowing it, and
//! a write of which nobody knows whether it happened leave the same documents as if nothing had gone wrong.

use tasktracker_server::ids::Ids;

use super::{Document, DocumentStore, Fields, SharedStore, StoreError, Value, Write, end_of, walk};

/// Id of the lock.
pub const HEAD: &str = "head";
/// Changes in one document of the journal.
const CHUNK: usize = 200;
/// How often what a journal asks for is looked after before somebody else must be at it.
const ATTEMPTS: usize = 5;

/// The lock as it was read: a batch made on top of it happens only if nothing happened since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its revision: the number of the newest batch; 0 before the first.
    pub revision: i64,
    /// The generation of numbers that is answered.
    pub generation: i64,
}

/// The batches of a store.
#[derive(Debug, Clone)]
pub struct Ledger {
    store: SharedStore,
    ids: Ids,
}

impl Ledger {
    /// The batches of this store; `ids` name journals.
    #[must_use]
    pub fn new(store: SharedStore, ids: Ids) -> Self {
        Self { store, ids }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn DocumentStore {
        &*self.store
    }

    /// Finishes what was begun, and answers the lock.
    ///
    /// # Errors
    /// The store does not answer, or somebody else writes.
    pub async fn open(&self) -> Result<Head, StoreError> {
        let Some(head) = self.find_head().await? else {
            return Ok(Head {
                revision: 0,
                generation: 1,
            });
        };
        match head.fields.get_text("journal") {
            Some(journal) => self.finish(&head, journal).await,
            None => Ok(read_head(&head)),
        }
    }

    /// Makes all changes, or none, and answers the lock for the next batch. Changes that readers wait for come last: a store that writes one by
    /// one does it in this order.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where something happened since `head` was read. After any error `open` must be called before the next batch: it
    /// tells by the documents whether this one happened.
    pub async fn commit(&self, head: &Head, generation: i64, mut writes: Vec<Write>) -> Result<Head, StoreError> {
        let revision = head.revision + 1;
        let done = Head { revision, generation };
        if self.store.is_atomic() {
            writes.push(write_head(head.revision, generation, None));
            self.store.write(revision, &writes).await?;
            return Ok(done);
        }
        let journal = self.ids.next().to_string();
        for (index, chunk) in writes.chunks(CHUNK).enumerate() {
            let entry = Write {
                id: format!("journal|{journal}|{index:06}"),
                was: None,
                fields: Some(journal_of(chunk)?),
            };
            self.store.write(revision, &[entry]).await?;
        }
        // From here on it happens, whoever does it.
        self.store
            .write(revision, &[write_head(head.revision, generation, Some(&journal))])
            .await?;
        self.apply(revision, &writes).await?;
        self.forget_journal(&done).await
    }

    async fn find_head(&self) -> Result<Option<Document>, StoreError> {
        Ok(self.store.get(&[HEAD.to_owned()]).await?.pop())
    }

    async fn finish(&self, head: &Document, journal: &str) -> Result<Head, StoreError> {
        let prefix = format!("journal|{journal}|");
        let (mut from, to) = (prefix.clone(), end_of(&prefix));
        while let Some((documents, next)) = walk(self.store(), &from, &to).await? {
            for document in documents {
                self.apply(head.revision, &writes_of(&document)?).await?;
            }
            from = next;
        }
        self.forget_journal(&read_head(head)).await
    }

    /// Makes those changes that were not made yet.
    async fn apply(&self, revision: i64, writes: &[Write]) -> Result<(), StoreError> {
        let mut left: Vec<Write> = writes.to_vec();
        for _ in 0..ATTEMPTS {
            match self.store.write(revision, &left).await {
                Ok(()) => return Ok(()),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            let ids: Vec<String> = left.iter().map(|write| write.id.clone()).collect();
            let present = self.store.get(&ids).await?;
            let is_done = |write: &Write| {
                present
                    .iter()
                    .any(|document| document.id == write.id && document.revision == revision)
            };
            left.retain(|write| !is_done(write));
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(StoreError::Conflict)
    }

    async fn forget_journal(&self, done: &Head) -> Result<Head, StoreError> {
        let next = Head {
            revision: done.revision + 1,
            ..*done
        };
        let write = write_head(done.revision, done.generation, None);
        self.store.write(next.revision, &[write]).await?;
        self.store.remove_range("journal|", &end_of("journal|")).await?;
        Ok(next)
    }
}

fn read_head(document: &Document) -> Head {
    Head {
        revision: document.revision,
        generation: generation_of(document),
    }
}

/// The generation of numbers that the lock names.
#[must_use]
pub fn generation_of(head: &Document) -> i64 {
    head.fields.get_number("generation").unwrap_or(1)
}

fn write_head(was: i64, generation: i64, journal: Option<&str>) -> Write {
    let mut fields = Fields::default().number("generation", generation);
    if let Some(journal) = journal {
        fields = fields.text("journal", journal);
    }
    Write {
        id: HEAD.to_owned(),
        was: (was > 0).then_some(was),
        fields: Some(fields),
    }
}

/// One field a change: its place in the batch, and as bytes the id, what is expected, and the new fields as JSON.
fn journal_of(writes: &[Write]) -> Result<Fields, StoreError> {
    let mut fields = Fields::default();
    for (index, write) in writes.iter().enumerate() {
        let entry = serde_json::to_vec(&(&write.id, write.was, &write.fields)).map_err(|error| StoreError::damaged(&write.id, error))?;
        fields = fields.bytes(format!("w{index:06}"), entry);
    }
    Ok(fields)
}

fn writes_of(document: &Document) -> Result<Vec<Write>, StoreError> {
    let mut writes = Vec::new();
    for value in document.fields.0.values() {
        let Value::Bytes(bytes) = value else { continue };
        let (id, was, fields) = serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(&document.id, error))?;
        writes.push(Write { id, was, fields });
    }
    Ok(writes)
}
