//! Which addresses get no mail, and what was told of mails to them. Addresses are here as keys of `notify::RecipientKeys` only.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ConnectionTrait, DbErr};
use tasktracker_database::{CommitError, Reader, Time, Transaction, dialect};

use super::entities::{mail_feedback, mail_suppression};
use crate::domain::suppression::{Suppression, Told};

/// Why and since when an address gets no mail; none where it gets some.
pub async fn find(reader: &Reader, address_key: &str, now: Time) -> Result<Option<(Suppression, Time)>, DbErr> {
    use mail_suppression::Column;
    let select = Query::select()
        .columns([Column::Reason, Column::CreateTime])
        .from(mail_suppression::Entity)
        .and_where(Expr::col(Column::AddressKey).eq(address_key))
        .and_where(is_over(now).not())
        .to_owned();
    let Some(row) = reader.query_one(&select).await? else {
        return Ok(None);
    };
    let reason: i64 = row.try_get("", "reason")?;
    // One of a newer program means what all do: no mail.
    Ok(Some((
        Suppression::from_number(reason).unwrap_or(Suppression::Rejected),
        row.try_get("", "create_time")?,
    )))
}

/// Ends the mails to an address. One that is for a while only takes the place of its like, and of nothing else.
pub fn suppress(txn: &mut Transaction, address_key: &str, reason: Suppression, now: Time) {
    use mail_suppression::Column;
    let mut conflict = OnConflict::column(Column::AddressKey)
        .update_columns([Column::Reason, Column::CreateTime])
        .to_owned();
    if reason == Suppression::Repeated {
        conflict.action_and_where(Expr::col((mail_suppression::Entity, Column::Reason)).eq(Suppression::Repeated.number()));
    }
    let insert = Query::insert()
        .into_table(mail_suppression::Entity)
        .columns([Column::AddressKey, Column::Reason, Column::CreateTime])
        .values_panic([Expr::val(address_key), Expr::val(reason.number()), Expr::val(now)])
        .on_conflict(conflict)
        .to_owned();
    txn.insert(insert);
}

/// What was told and counts no longer.
const FORGIVEN: i64 = 0;

/// Begins the mails to an address again, and forgives what was counted against it. That it was told stays, so that it is not taken twice.
pub fn lift(txn: &mut Transaction, address_key: &str) {
    use mail_feedback::Column;
    let delete = Query::delete()
        .from_table(mail_suppression::Entity)
        .and_where(Expr::col(mail_suppression::Column::AddressKey).eq(address_key))
        .to_owned();
    txn.delete(delete);
    let forget = Query::update()
        .table(mail_feedback::Entity)
        .value(Column::Kind, FORGIVEN)
        .and_where(Expr::col(Column::AddressKey).eq(address_key))
        .and_where(Expr::col(Column::Kind).eq(Told::TransientBounce.number()))
        .to_owned();
    txn.update(forget);
}

/// How many mails to each of these addresses came back for a reason that may pass, after a moment.
pub async fn count_transient(reader: &Reader, address_keys: &[String], after: Time) -> Result<HashMap<String, u64>, DbErr> {
    use mail_feedback::Column;
    let select = Query::select()
        .column(Column::AddressKey)
        .from(mail_feedback::Entity)
        .and_where(dialect::in_texts(
            reader.get_database_backend(),
            Expr::col(Column::AddressKey),
            address_keys,
        ))
        .and_where(Expr::col(Column::Kind).eq(Told::TransientBounce.number()))
        .and_where(Expr::col(Column::CreateTime).gt(after))
        .to_owned();
    let mut counts = HashMap::new();
    for row in reader.query_all(&select).await? {
        *counts.entry(row.try_get("", "address_key")?).or_default() += 1;
    }
    Ok(counts)
}

/// Notes what was told, with the transaction that does what follows. [`is_repeated`] says that it was told before.
pub fn note(txn: &mut Transaction, message_id: &str, address_key: &str, told: Told, now: Time) {
    use mail_feedback::Column;
    let insert = Query::insert()
        .into_table(mail_feedback::Entity)
        .columns([Column::MessageId, Column::AddressKey, Column::Kind, Column::CreateTime])
        .values_panic([
            Expr::val(message_id),
            Expr::val(address_key),
            Expr::val(told.number()),
            Expr::val(now),
        ])
        .to_owned();
    txn.insert(insert);
}

/// Whether the transaction failed because this was told before.
#[must_use]
pub fn is_repeated(error: &CommitError) -> bool {
    error.primary_key("mail_feedback", &["message_id", "address_key"])
}

/// Forgets what no longer counts.
pub fn sweep(txn: &mut Transaction, now: Time) {
    let counted = Query::delete()
        .from_table(mail_feedback::Entity)
        .and_where(Expr::col(mail_feedback::Column::CreateTime).lt(now - Suppression::WINDOW))
        .to_owned();
    txn.delete(counted);
    let over = Query::delete()
        .from_table(mail_suppression::Entity)
        .and_where(is_over(now))
        .to_owned();
    txn.delete(over);
}

fn is_over(now: Time) -> Expr {
    use mail_suppression::Column;
    let is_for_a_while = Expr::col(Column::Reason).eq(Suppression::Repeated.number());
    is_for_a_while.and(Expr::col(Column::CreateTime).lte(now - Suppression::PAUSE))
}
