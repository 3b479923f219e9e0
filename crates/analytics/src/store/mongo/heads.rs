//! The lock. Each of its revisions is a document of its own, whose id is the revision before it: of all who build on a revision, the
//! server's unique ids let one through. Every server keeps that promise, while some let two guarded updates of one document both win.

use mongodb::bson::doc;

use super::bson::{from_bson, to_bson};
use super::server::Server;
use crate::store::{Document, HEAD, StoreError, Write};

/// Its collection.
pub const HEADS: &str = "heads";
/// Revisions that are kept, about.
const KEPT: i64 = 64;

/// The newest revision.
///
/// # Errors
/// The server does not answer.
pub async fn newest(server: &Server) -> Result<Option<Document>, StoreError> {
    let newest = server.find(HEADS, doc! {}, true, 1).await?.pop();
    let head = newest.map(from_bson).transpose()?;
    Ok(head.map(|head| Document {
        id: HEAD.to_owned(),
        ..head
    }))
}

/// Makes a new revision on top of another one.
///
/// # Errors
/// [`StoreError::Conflict`] where somebody else did. The server does not answer.
pub async fn follow(server: &Server, revision: i64, write: &Write) -> Result<(), StoreError> {
    let was = write.was.unwrap_or_default();
    let Some(fields) = &write.fields else {
        return Err(StoreError::damaged(HEAD, "the lock is never removed"));
    };
    let entry = to_bson(&id_after(was), revision, fields);
    let (_, is_duplicate) = server.write(doc! { "insert": HEADS, "documents": [entry] }).await?;
    // Old revisions are removed, so one who comes very late gets through above, but is not the newest.
    if is_duplicate || newest(server).await?.is_none_or(|newest| newest.revision != revision) {
        return Err(StoreError::Conflict);
    }
    if revision % KEPT == 0 {
        let old = doc! { "q": { "_id": { "$lt": id_after(was - KEPT) } }, "limit": 0 };
        if let Err(error) = server.write(doc! { "delete": HEADS, "deletes": [old] }).await {
            tracing::debug!(%error, "old revisions of the lock stay until the next time");
        }
    }
    Ok(())
}

fn id_after(was: i64) -> String {
    format!("{:019}", was.max(0))
}
