//! A store in memory that breaks when it is told to: after any single write, with that write done or not, and in any order of a batch. It
//! stands for stores without transactions, and for crashes between any two writes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tasktracker_analytics::store::{Document, DocumentStore, StoreError, Write};

/// The store.
#[derive(Debug, Default)]
pub struct Memory {
    is_atomic: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default, Clone)]
struct State {
    documents: BTreeMap<String, Document>,
    /// Writes that are still done; none for all.
    left: Option<u64>,
    /// Whether the write at which it breaks is done.
    is_done: bool,
    is_broken: bool,
    shuffle: u64,
    /// All writes so far.
    written: u64,
}

impl Memory {
    /// A store that does a batch at once, or one by one.
    pub fn new(is_atomic: bool) -> Self {
        Self {
            is_atomic,
            ..Self::default()
        }
    }

    /// Breaks after so many more writes; the write after them is done or not, and nobody is told.
    pub fn break_after(&self, writes: u64, is_done: bool, shuffle: u64) {
        let mut state = self.state.lock().unwrap();
        (state.left, state.is_done, state.shuffle) = (Some(writes), is_done, shuffle);
    }

    /// Works again.
    pub fn mend(&self) {
        let mut state = self.state.lock().unwrap();
        (state.left, state.is_broken) = (None, false);
    }

    /// Ids and fields of what is stored.
    pub fn dump(&self) -> Vec<Document> {
        self.state.lock().unwrap().documents.values().cloned().collect()
    }

    /// All writes so far.
    pub fn written(&self) -> u64 {
        self.state.lock().unwrap().written
    }
}

fn broken() -> StoreError {
    StoreError::Unavailable(anyhow::anyhow!("it broke"))
}

impl State {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_broken { Err(broken()) } else { Ok(()) }
    }

    /// Whether the next write is done, and whether the caller learns of it.
    fn next(&mut self) -> (bool, bool) {
        self.written += 1;
        match &mut self.left {
            None => (true, true),
            Some(0) => {
                self.is_broken = true;
                (self.is_done, false)
            }
            Some(left) => {
                *left -= 1;
                (true, true)
            }
        }
    }

    fn fits(&self, write: &Write) -> bool {
        match (self.documents.get(&write.id), write.was) {
            (None, _) => write.was.is_none() || write.fields.is_none(),
            (Some(document), was) => was == Some(document.revision),
        }
    }

    fn apply(&mut self, revision: i64, write: &Write) {
        match &write.fields {
            None => drop(self.documents.remove(&write.id)),
            Some(fields) => {
                let document = Document {
                    id: write.id.clone(),
                    revision,
                    fields: fields.clone(),
                };
                self.documents.insert(write.id.clone(), document);
            }
        }
    }

    fn write(&mut self, is_atomic: bool, revision: i64, writes: &[Write]) -> Result<(), StoreError> {
        self.check()?;
        if is_atomic {
            if !writes.iter().all(|write| self.fits(write)) {
                return Err(StoreError::Conflict);
            }
            let (done, told) = self.next();
            if done {
                writes.iter().for_each(|write| self.apply(revision, write));
            }
            return if told { Ok(()) } else { Err(broken()) };
        }
        let mut order: Vec<&Write> = writes.iter().collect();
        for index in (1..order.len()).rev() {
            self.shuffle = self.shuffle.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(index, (self.shuffle >> 33) as usize % (index + 1));
        }
        let mut outcome = Ok(());
        for write in order {
            if !self.fits(write) {
                outcome = Err(StoreError::Conflict);
                continue;
            }
            let (done, told) = self.next();
            if done {
                self.apply(revision, write);
            }
            if !told {
                return Err(broken());
            }
        }
        outcome
    }
}

impl DocumentStore for Memory {
    fn is_atomic(&self) -> bool {
        self.is_atomic
    }

    fn get<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        let state = self.state.lock().unwrap();
        let found = ids.iter().filter_map(|id| state.documents.get(id)).cloned().collect();
        let outcome = state.check().map(|()| found);
        async { outcome }.boxed()
    }

    fn range<'a>(&'a self, from: &'a str, to: &'a str, limit: u64) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        let state = self.state.lock().unwrap();
        let outcome = state.check().map(|()| {
            let range = state.documents.values();
            let range = range.filter(|document| (from..to).contains(&document.id.as_str()));
            range.take(limit as usize).cloned().collect()
        });
        async { outcome }.boxed()
    }

    fn write<'a>(&'a self, revision: i64, writes: &'a [Write]) -> BoxFuture<'a, Result<(), StoreError>> {
        let outcome = self.state.lock().unwrap().write(self.is_atomic, revision, writes);
        async { outcome }.boxed()
    }

    fn remove_range<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut state = self.state.lock().unwrap();
        let ids = state.documents.keys().filter(|id| (from..to).contains(&id.as_str()));
        let ids: Vec<String> = ids.cloned().collect();
        let mut outcome = state.check();
        for id in ids {
            if outcome.is_err() {
                break;
            }
            let (done, told) = state.next();
            if done {
                state.documents.remove(&id);
            }
            if !told {
                outcome = Err(broken());
            }
        }
        async { outcome }.boxed()
    }

    fn count<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<u64, StoreError>> {
        let state = self.state.lock().unwrap();
        let ids = state.documents.keys().filter(|id| (from..to).contains(&id.as_str()));
        let outcome = state.check().map(|()| ids.count() as u64);
        async { outcome }.boxed()
    }
}

#[tokio::test]
async fn memory_is_a_store() {
    super::conformance::all(&Memory::new(true)).await;
    super::conformance::all(&Memory::new(false)).await;
}
