//! The projection from within: hand-made events, random histories, crashes, and counting anew.

mod crashes;
pub mod history;
mod kinds;
mod model;
#[cfg(feature = "mongodb")]
mod mongo;
mod rebuild;
mod zones;

use std::sync::Arc;

use tasktracker_analytics::projection::Projection;
use tasktracker_analytics::store::{Document, Fields, SharedStore};
#[cfg(feature = "mongodb")]
use tasktracker_analytics::store::{DocumentStore, all_in};
use tasktracker_server::clock::SystemClock;
use tasktracker_server::ids::Ids;

use crate::store::memory::Memory;

/// A projection into this store.
pub fn projection(store: SharedStore) -> Projection {
    Projection::new(store, Ids::system(Arc::new(SystemClock)))
}

/// Everything that was counted, without what says when and by which write: the same for the same events.
pub fn counted(store: &Memory) -> Vec<(String, Fields)> {
    counted_of(store.dump())
}

/// Holds a store to what another one counted.
#[cfg(feature = "mongodb")]
pub async fn assert_counted(store: &dyn DocumentStore, other: &Memory) {
    let all = (String::new(), "\u{7f}".to_owned());
    let stored = counted_of(all_in(store, &all).await.expect("reads"));
    assert_eq!(difference_of(&stored, &counted(other)), []);
}

fn counted_of(documents: Vec<Document>) -> Vec<(String, Fields)> {
    let documents = documents.into_iter().filter(|document| {
        let id = document.id.as_str();
        id != "head" && !id.starts_with("source|") && !id.starts_with("journal|")
    });
    let own = |id: &str| match id.split_once('|') {
        // Whatever the generation.
        Some((generation, rest)) if generation.starts_with('g') => format!("g|{rest}"),
        _ => id.to_owned(),
    };
    let mut counted: Vec<_> = documents
        .map(|document| {
            let mut fields = document.fields;
            // Depends on how the topics were mixed.
            fields.0.remove("position");
            (own(&document.id), fields)
        })
        .collect();
    counted.sort_by(|one, other| one.0.cmp(&other.0));
    counted
}

/// What is in one of them only.
pub fn difference(one: &Memory, other: &Memory) -> Vec<(String, Fields)> {
    difference_of(&counted(one), &counted(other))
}

fn difference_of(one: &[(String, Fields)], other: &[(String, Fields)]) -> Vec<(String, Fields)> {
    let mut difference: Vec<_> = one.iter().filter(|entry| !other.contains(entry)).cloned().collect();
    difference.extend(other.iter().filter(|entry| !one.contains(entry)).cloned());
    difference
}
