//! What an operator with access to the stores may do about addresses that get no mail: ask, and begin the mails again. Not an RPC: an
//! address cannot be listed, for nobody can read the keys.

use anyhow::Context;
use jiff::Timestamp;
use tasktracker_database::Time;
use tasktracker_mail::Address;

use crate::app::App;
use crate::db::mail_suppressions;

/// Why and since when an address gets no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// One word: `bounce`, `complaint`, `rejected`, or `repeated`, which ends by itself after 30 days.
    pub reason: &'static str,
    /// Since when.
    pub since: Timestamp,
}

/// Why an address gets no mail; none where it gets some.
///
/// # Errors
/// It is no address, or the database does not answer.
pub async fn suppressed(app: &App, email: &str) -> anyhow::Result<Option<Suppressed>> {
    let key = key(app, email)?;
    let found = mail_suppressions::find(app.db.reader(), &key, Time::from(app.now())).await?;
    Ok(found.map(|(reason, since)| Suppressed {
        reason: reason.word(),
        since: since.into(),
    }))
}

/// Begins the mails to an address again. Where they never ended, nothing changes.
///
/// # Errors
/// It is no address, or the database does not take it.
pub async fn unsuppress(app: &App, email: &str) -> anyhow::Result<()> {
    let mut txn = app.db.begin();
    mail_suppressions::lift(&mut txn, &key(app, email)?);
    txn.commit().await?;
    Ok(())
}

fn key(app: &App, email: &str) -> anyhow::Result<String> {
    let address: Address = email.parse().with_context(|| format!("{email:?} is no address"))?;
    Ok(app.recipients.of(&address))
}
