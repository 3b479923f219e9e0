//! The revision of access and what changed at each. A change takes the next revision inside its own transaction, on a row that every
//! other change waits for, so revisions are dense and in the order of commits.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait};
use tasktracker_database::{CommitError, Id, Row, Time, Transaction, WriteRef};

use super::ONLY_ROW;
use super::entities::{access_changes, access_state};
use crate::app::App;

/// Something that caches must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Somebody's permissions: whose and where, `None` for all.
    Access {
        /// Whose.
        user_id: Option<Id>,
        /// Where.
        project_id: Option<Id>,
    },
    /// A session ended.
    SessionEnded {
        /// The session.
        session_id: Id,
        /// Whose.
        user_id: Id,
    },
}

const ACCESS_CHANGED: &str = "access_changed";
const SESSION_ENDED: &str = "session_ended";

/// A change on its way into the database.
#[must_use = "its revision is known after the commit"]
pub struct Recorded(WriteRef);

/// Adds a change to the transaction. At most one to each: the revision is a row that is written once.
pub fn record(txn: &mut Transaction, change: Change, now: Time) -> Recorded {
    use access_state::Column::{Id as Number, Revision};
    let next = Query::update().value(Revision, Expr::col(Revision).add(1)).to_owned();
    let state = txn.guarded_update_returning(Row::of(access_state::Entity, Number, ONLY_ROW), next, [Revision]);
    let (kind, user_id, project_id, session_id) = match change {
        Change::Access { user_id, project_id } => (ACCESS_CHANGED, user_id, project_id, None),
        Change::SessionEnded { session_id, user_id } => (SESSION_ENDED, Some(user_id), None, Some(session_id)),
    };
    let row = access_changes::ActiveModel {
        revision: NotSet,
        kind: Set(kind.to_owned()),
        user_id: Set(user_id),
        project_id: Set(project_id),
        session_id: Set(session_id),
        create_time: Set(now),
    };
    txn.insert_row_with(row, [(access_changes::Column::Revision, state.value(Revision))]);
    Recorded(state)
}

/// Commits a transaction with a change, tells the streams and the relay, and answers the revision from which it holds.
pub async fn commit(txn: Transaction, change: Recorded, app: &App) -> Result<i64, CommitError> {
    let rows = txn.commit().await?;
    let revision = rows.get(&change.0, access_state::Column::Revision)?;
    app.revisions.publish(revision);
    app.relay.wake();
    Ok(revision)
}

/// The present revision.
pub async fn present(connection: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let state = access_state::Entity::find_by_id(ONLY_ROW).one(connection).await?;
    state
        .map(|state| state.revision)
        .ok_or_else(|| DbErr::RecordNotFound("access_state has no row".to_owned()))
}

/// The oldest revision that is still told apart; none where nothing is kept.
pub async fn oldest(connection: &impl ConnectionTrait) -> Result<Option<i64>, DbErr> {
    let oldest = access_changes::Entity::find()
        .order_by_asc(access_changes::Column::Revision)
        .limit(1)
        .one(connection)
        .await?;
    Ok(oldest.map(|change| change.revision))
}

/// The changes after a revision, oldest first, at most this many.
pub async fn after(connection: &impl ConnectionTrait, revision: i64, limit: u64) -> Result<Vec<(i64, Change)>, DbErr> {
    let changes = access_changes::Entity::find()
        .filter(access_changes::Column::Revision.gt(revision))
        .order_by_asc(access_changes::Column::Revision)
        .limit(limit)
        .all(connection)
        .await?;
    Ok(changes.into_iter().filter_map(|row| Some((row.revision, read(&row)?))).collect())
}

/// The sessions that ended since a moment, with their revisions, oldest first.
pub async fn sessions_ended_since(connection: &impl ConnectionTrait, since: Time) -> Result<Vec<(i64, Change)>, DbErr> {
    let changes = access_changes::Entity::find()
        .filter(access_changes::Column::CreateTime.gte(since))
        .filter(access_changes::Column::Kind.eq(SESSION_ENDED))
        .order_by(access_changes::Column::Revision, Order::Asc)
        .all(connection)
        .await?;
    Ok(changes.into_iter().filter_map(|row| Some((row.revision, read(&row)?))).collect())
}

/// Forgets changes that were made before.
pub fn sweep(txn: &mut Transaction, older_than: Time) {
    txn.delete(
        access_changes::Entity::delete_many()
            .filter(access_changes::Column::CreateTime.lt(older_than))
            .into_query(),
    );
}

/// Makes the row that holds the revision.
pub fn insert_state(txn: &mut Transaction) {
    txn.insert_row(access_state::ActiveModel {
        id: Set(ONLY_ROW),
        revision: Set(1),
    });
}

fn read(row: &access_changes::Model) -> Option<Change> {
    match row.kind.as_str() {
        ACCESS_CHANGED => Some(Change::Access {
            user_id: row.user_id,
            project_id: row.project_id,
        }),
        SESSION_ENDED => Some(Change::SessionEnded {
            session_id: row.session_id?,
            user_id: row.user_id?,
        }),
        _ => None,
    }
}
