//! A row that says who may do something at present, and until when. Leases save work, they protect nothing: what a holder writes is guarded
//! by the token of its lease, which each new holder raises, so a former one that wakes up late has no effect.
//!
//! That is why the clock of the process is good enough. Where clocks differ, or jump, a lease may be taken from one who is alive; it then
//! notices at its next write, and the events that both took come twice, which every consumer stands. Two bounds keep the doubt small:
//! clocks may differ by [`SKEW`] before that happens at all, and an expiry that is further ahead than any honest one could be (somebody's
//! clock was wrong, or was set back) counts as passed, so that nobody waits for longer than [`LENGTH`] and [`SKEW`] together.

use std::time::Duration;

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UpdateStatement, Value};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use tasktracker_database::{Time, Transaction};

/// How long a lease holds without being renewed.
pub(crate) const LENGTH: Duration = Duration::from_secs(20);
/// How often it is renewed.
pub(crate) const RENEWAL: Duration = Duration::from_secs(4);
/// How much the clocks of two processes may differ.
pub(crate) const SKEW: Duration = Duration::from_secs(5);
/// How often one looks again at what somebody else holds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Where a lease is.
#[derive(Debug, Clone)]
pub(crate) struct LeaseRow {
    table: &'static str,
    column: &'static str,
    key: Value,
}

/// A lease as it was read.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) owner: String,
    pub(crate) token: i64,
    expire_time: Time,
}

impl LeaseRow {
    /// The row of this key.
    pub(crate) fn of(table: &'static str, column: &'static str, key: impl Into<Value>) -> Self {
        Self {
            table,
            column,
            key: key.into(),
        }
    }

    pub(crate) async fn read(&self, reader: &impl ConnectionTrait) -> Result<Option<Lease>, DbErr> {
        reader.query_one(&self.select()).await?.map(|row| Lease::of(&row)).transpose()
    }

    fn select(&self) -> SelectStatement {
        Query::select()
            .columns(["owner", "token", "expire_time"])
            .from(self.table)
            .and_where(Expr::col(self.column).eq(self.key.clone()))
            .take()
    }

    /// Makes `owner` the holder, unless the lease changed after it was read: then the transaction fails. Answers the new token.
    pub(crate) fn take(&self, txn: &mut Transaction, present: Option<&Lease>, owner: &str, now: Time) -> i64 {
        let token = present.map_or(0, |lease| lease.token) + 1;
        let expire_time = now + LENGTH;
        if let Some(lease) = present {
            let update = self.update(lease.token).value("owner", owner).value("token", token).take();
            txn.guarded_update(update.clone().value("expire_time", expire_time).take());
        } else {
            let insert = Query::insert()
                .into_table(self.table)
                .columns([self.column, "owner", "token", "expire_time"])
                .values_panic([Expr::val(self.key.clone()), owner.into(), token.into(), expire_time.into()])
                .take();
            txn.insert(insert);
        }
        token
    }

    /// Renews the lease, and fails the transaction if the token is not the newest.
    pub(crate) fn renew(&self, txn: &mut Transaction, token: i64, now: Time) {
        txn.guarded_update(self.update(token).value("expire_time", now + LENGTH).take());
    }

    /// Exchanges the token of the holder for a higher one.
    pub(crate) fn raise(&self, txn: &mut Transaction, token: i64, higher: i64) {
        txn.guarded_update(self.update(token).value("token", higher).take());
    }

    /// Lets anybody have it at once.
    pub(crate) fn release(&self, txn: &mut Transaction, token: i64, now: Time) {
        txn.guarded_update(self.update(token).value("owner", "").value("expire_time", now).take());
    }

    fn update(&self, token: i64) -> UpdateStatement {
        Query::update()
            .table(self.table)
            .and_where(Expr::col(self.column).eq(self.key.clone()))
            .and_where(Expr::col("token").eq(token))
            .take()
    }
}

impl Lease {
    fn of(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            owner: row.try_get("", "owner")?,
            token: row.try_get("", "token")?,
            expire_time: row.try_get("", "expire_time")?,
        })
    }

    /// Whether nobody holds it by now.
    pub(crate) fn is_free(&self, now: Time) -> bool {
        self.owner.is_empty() || self.expire_time <= now || self.expire_time > now + LENGTH + SKEW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_micros(1_800_000_000_000_000);

    fn lease(owner: &str, expire_time: Time) -> Lease {
        Lease {
            owner: owner.to_owned(),
            token: 1,
            expire_time,
        }
    }

    #[test]
    fn a_lease_is_free_when_released_expired_or_impossible() {
        assert!(!lease("a", NOW + LENGTH).is_free(NOW));
        assert!(lease("", NOW + LENGTH).is_free(NOW));
        assert!(lease("a", NOW).is_free(NOW));
        // Another process's clock is a little ahead.
        assert!(!lease("a", NOW + LENGTH + Duration::from_secs(5)).is_free(NOW));
        // The clock was set back by an hour after it was taken.
        assert!(lease("a", NOW + LENGTH + Duration::from_secs(3600)).is_free(NOW));
    }
}
