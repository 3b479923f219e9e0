//! What an operator with access to the stores may do when nobody can sign in: make an owner, and give somebody a new password. Not an
//! RPC: whoever can call this holds the data already.

use anyhow::{Context, bail};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use tasktracker_database::Id;

use crate::app::App;
use crate::db::changes::{self, Change};
use crate::db::entities::{bindings, sessions as session_rows};
use crate::db::sessions::{self, EndReason};
use crate::db::{INSTANCE_SCOPE, instance, members, people};
use crate::domain::display_name::DisplayName;
use crate::domain::email::Email;
use crate::domain::password;
use crate::domain::role::SystemRole;
use crate::facts;

/// Makes an owner of the instance and answers their password.
///
/// # Errors
/// The address is no e-mail address, or has an account already.
pub async fn create_owner(app: &App, email: &str, name: &str) -> anyhow::Result<String> {
    let email = Email::parse(email)?;
    let name = DisplayName::parse(name)?;
    if people::is_email_taken(app.db.reader(), email.canonical()).await? {
        bail!("{} has an account already; reset-password gives it a new password", email.raw());
    }
    let (password, hash) = make_password(app, &email).await?;
    let now = app.now();
    let user = people::make(Id(app.ids.next()), &email, &name, now);
    let owner = bindings::Model {
        id: Id(app.ids.next()),
        scope_id: INSTANCE_SCOPE,
        user_id: user.id,
        role_id: SystemRole::Owner.id().to_owned(),
        create_time: now,
        update_time: now,
        version: 1,
    };
    let mut txn = app.db.begin();
    instance::end_setup(&mut txn, now);
    people::insert(&mut txn, &user, &hash);
    members::insert(&mut txn, &owner);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: Some(user.id),
            project_id: None,
        },
        now,
    );
    facts::user(&mut txn, app, None, &user);
    changes::commit(txn, change, app).await?;
    Ok(password)
}

/// Gives somebody a new password, ends all their sessions, and answers the password.
///
/// # Errors
/// Nobody has this address.
pub async fn reset_password(app: &App, email: &str) -> anyhow::Result<String> {
    let email = Email::parse(email)?;
    let found = people::find_credential(app.db.reader(), email.canonical()).await?;
    let (person, before) = found.with_context(|| format!("nobody has the address {}", email.raw()))?;
    let before = before.context("the account has no password")?;
    let (password, hash) = make_password(app, &email).await?;
    let mut txn = app.db.begin();
    people::replace_password_hash(&mut txn, person.user.id, &before, &hash);
    txn.commit().await?;

    let open = session_rows::Entity::find()
        .filter(session_rows::Column::UserId.eq(person.user.id))
        .filter(session_rows::Column::EndTime.is_null())
        .all(app.db.reader())
        .await?;
    for session in open {
        let now = app.now();
        let mut txn = app.db.begin();
        sessions::end(&mut txn, session.id, EndReason::PasswordReset, now);
        let change = changes::record(
            &mut txn,
            Change::SessionEnded {
                session_id: session.id,
                user_id: session.user_id,
            },
            now,
        );
        changes::commit(txn, change, app).await?;
    }
    Ok(password)
}

/// 24 characters that can be typed, and their hash.
async fn make_password(app: &App, email: &Email) -> anyhow::Result<(String, String)> {
    let text: String = app.ids.secret()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let mut salt = [0; 16];
    salt.copy_from_slice(&app.ids.secret()[..16]);
    let accepted = password::accept(&text, email)?;
    let hash = app
        .passwords
        .hash(accepted, salt)
        .await
        .map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok((text, hash))
}
