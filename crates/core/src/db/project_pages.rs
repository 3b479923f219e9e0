//! Pages of projects, each in one statement.

use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use tasktracker_database::keyset::{self, Key};
use tasktracker_database::{Id, Reader, dialect};
use uuid::Uuid;

use super::entities::project::{Column, Entity, Model};

/// Which projects of a list, and in which order.
#[derive(Debug, Clone)]
pub struct Page {
    /// The filter.
    pub filter: Condition,
    /// The order.
    pub keys: Vec<Key>,
    /// Where the page before ended.
    pub after: Option<Condition>,
    /// At most this many.
    pub limit: u64,
    /// Whether archived projects are shown.
    pub with_archived: bool,
}

/// A page of the `visible` projects that are not deleted, and of the deleted ones among the `restorable`.
pub async fn list(reader: &Reader, visible: &[Uuid], restorable: &[Uuid], page: Page) -> Result<Vec<Model>, DbErr> {
    let among = |ids: &[Uuid]| {
        let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
        dialect::in_ids(reader.get_database_backend(), Expr::col(Column::Id), &ids)
    };
    use sea_orm::ColumnTrait;
    let live = Condition::all().add(Column::DeleteTime.is_null()).add(among(visible));
    let deleted = Condition::all().add(Column::DeleteTime.is_not_null()).add(among(restorable));
    let mut find = Entity::find()
        .filter(Condition::any().add(live).add(deleted))
        .filter(page.filter)
        .limit(page.limit);
    if !page.with_archived {
        find = find.filter(Column::ArchiveTime.is_null());
    }
    if let Some(after) = page.after {
        find = find.filter(after);
    }
    keyset::order(QueryTrait::query(&mut find), &page.keys);
    find.all(reader).await
}
