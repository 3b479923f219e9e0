//! Documents on a server of the MongoDB wire protocol: MongoDB, Amazon DocumentDB, FerretDB. Nothing that one of them lacks is used: no
//! transactions, no pipelines, no retried writes. What follows from it is in docs/adr/0011-statistics-on-mongodb.md.

mod bson;
mod heads;
mod layout;
mod server;
mod write;

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};
use mongodb::bson::{Document as Bsons, doc};
use tokio::sync::Mutex;

use super::{Document, DocumentStore, HEAD, MongoSettings, StoreError, Write};
use bson::from_bson;
use layout::{Layout, SPREAD};
use server::Server;

/// The collection with the layout.
const LAYOUT: &str = "layout";
/// Questions to the server at once.
const AT_ONCE: usize = 8;
/// Ids of one collection up to which each is asked for by itself where a question for several is slow.
const BY_ITSELF: usize = 8;

/// Documents on a server.
#[derive(Debug)]
pub struct MongoStore {
    server: Server,
    layout: Layout,
    /// Whether the server looks through a whole collection for each document, and lets two guarded updates of one document both win.
    is_searching: bool,
    patience: Duration,
    /// One command that searches at a time, see `write.rs`.
    turn: Mutex<()>,
}

impl MongoStore {
    /// Connects, and makes the database ready at its first use.
    ///
    /// # Errors
    /// The settings are wrong, or the server does not answer: the message names the setting.
    pub async fn open(settings: &MongoSettings) -> anyhow::Result<Self> {
        let (server, is_searching) = Server::connect(settings).await?;
        let layout = settle(&server, if is_searching { SPREAD } else { 1 }).await?;
        let patience = if is_searching {
            // Twice as long as a write may be on its way.
            settings.command_timeout() * 2
        } else {
            Duration::ZERO
        };
        Ok(Self {
            server,
            layout,
            is_searching,
            patience,
            turn: Mutex::new(()),
        })
    }

    async fn find_all(&self, ids: &[String]) -> Result<Vec<Document>, StoreError> {
        let mut questions: Vec<(String, Vec<String>)> = Vec::new();
        for id in ids.iter().filter(|id| *id != HEAD) {
            let collection = self.layout.collection_of(id);
            match questions.iter_mut().find(|(known, _)| *known == collection) {
                Some((_, ids)) => ids.push(id.clone()),
                None => questions.push((collection, vec![id.clone()])),
            }
        }
        if self.is_searching {
            // A filter of an id and nothing else is looked for in the server's own store, any other one document by document.
            questions = questions.into_iter().flat_map(split).collect();
        }
        let answers = stream::iter(questions).map(|(collection, ids)| async move {
            match ids.as_slice() {
                [id] => Ok(self.server.find_one(&collection, id).await?.into_iter().collect()),
                _ => self.server.find(&collection, doc! { "_id": { "$in": ids } }, false, 0).await,
            }
        });
        let found: Vec<Vec<Bsons>> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut documents: Vec<Document> = found.into_iter().flatten().map(from_bson).collect::<Result<_, _>>()?;
        if ids.iter().any(|id| id == HEAD) {
            documents.extend(heads::newest(&self.server).await?);
        }
        Ok(documents)
    }

    async fn write_all(&self, revision: i64, writes: &[Write]) -> Result<(), StoreError> {
        let _turn = if self.is_searching { Some(self.turn.lock().await) } else { None };
        match writes {
            [lock] if lock.id == HEAD => heads::follow(&self.server, revision, lock).await,
            _ if writes.iter().any(|write| write.id == HEAD) => Err(StoreError::damaged(HEAD, "the lock is written alone")),
            _ => write::all(self, revision, writes).await,
        }
    }

    /// The collections that may hold ids of a range, and whether they hold no others.
    async fn collections(&self, from: &str, to: &str) -> Result<Vec<(String, bool)>, StoreError> {
        if let Some(only) = self.layout.collection_of_range(from, to) {
            return Ok(vec![(only, false)]);
        }
        let mut collections = Vec::new();
        for name in self.server.collections().await? {
            if name == LAYOUT || name == heads::HEADS {
                continue;
            }
            match Layout::range_of(&name) {
                None => collections.push((name, false)),
                Some((first, end)) if from < end.as_str() && first.as_str() < to => {
                    let is_whole = from <= first.as_str() && end.as_str() <= to;
                    collections.push((name, is_whole));
                }
                Some(_) => {}
            }
        }
        Ok(collections)
    }

    async fn find_range(&self, from: &str, to: &str, limit: u64) -> Result<Vec<Document>, StoreError> {
        let collections = self.collections(from, to).await?;
        let answers = stream::iter(collections).map(|(collection, _)| async move {
            let found = self.server.find(&collection, between(from, to), false, limit).await?;
            found.into_iter().map(from_bson).collect::<Result<Vec<_>, _>>()
        });
        let found: Vec<Vec<Document>> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut documents: Vec<Document> = found.into_iter().flatten().collect();
        documents.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        documents.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(documents)
    }

    async fn remove(&self, from: &str, to: &str) -> Result<(), StoreError> {
        for (collection, is_whole) in self.collections(from, to).await? {
            if is_whole {
                self.server.drop_collection(&collection).await?;
            } else {
                let all = doc! { "q": between(from, to), "limit": 0 };
                self.server.write(doc! { "delete": collection, "deletes": [all] }).await?;
            }
        }
        Ok(())
    }

    async fn count_range(&self, from: &str, to: &str) -> Result<u64, StoreError> {
        let collections = self.collections(from, to).await?;
        let counts =
            stream::iter(collections).map(|(collection, _)| async move { self.server.count(&collection, between(from, to)).await });
        let counts: Vec<u64> = counts.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(counts.into_iter().sum())
    }
}

/// Writes down how documents are spread, or reads what was written down before.
async fn settle(server: &Server, spread: u32) -> anyhow::Result<Layout> {
    let known = server.find_one(LAYOUT, LAYOUT).await?;
    let known = match known {
        Some(known) => Some(known),
        None => {
            let entry = doc! { "_id": LAYOUT, "spread": i64::from(spread) };
            server.write(doc! { "insert": LAYOUT, "documents": [entry] }).await?;
            server.find_one(LAYOUT, LAYOUT).await?
        }
    };
    let spread = known.and_then(|known| u32::try_from(known.get_i64("spread").ok()?).ok());
    let spread =
        spread.ok_or_else(|| anyhow::anyhow!("the collection {LAYOUT} does not say how documents are spread: restore it from a backup"))?;
    Ok(Layout { spread })
}

fn split((collection, ids): (String, Vec<String>)) -> Vec<(String, Vec<String>)> {
    if ids.len() > BY_ITSELF {
        return vec![(collection, ids)];
    }
    ids.into_iter().map(|id| (collection.clone(), vec![id])).collect()
}

fn between(from: &str, to: &str) -> Bsons {
    doc! { "_id": { "$gte": from, "$lt": to } }
}

impl DocumentStore for MongoStore {
    fn is_atomic(&self) -> bool {
        false
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn get<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        Box::pin(self.find_all(ids))
    }

    fn range<'a>(&'a self, from: &'a str, to: &'a str, limit: u64) -> BoxFuture<'a, Result<Vec<Document>, StoreError>> {
        Box::pin(self.find_range(from, to, limit))
    }

    fn write<'a>(&'a self, revision: i64, writes: &'a [Write]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.write_all(revision, writes))
    }

    fn remove_range<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.remove(from, to))
    }

    fn count<'a>(&'a self, from: &'a str, to: &'a str) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(self.count_range(from, to))
    }
}
