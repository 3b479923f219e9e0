//! Starts Auth: brings its database up to date, makes what the very first start needs, and gives a set-up token while there is no owner.

use std::sync::Arc;

use anyhow::Context;
use sea_orm::DbErr;
use secrecy::SecretString;
use tasktracker_database::cursor::Sealer;
use tasktracker_database::{CommitError, Database, Id, OpenError};
use tasktracker_events::{Consumers, Publisher, Relay, Subscriber};
use tasktracker_identity::InstanceSecret;
use tasktracker_identity::token::Signer;
use tasktracker_migrations::auth::Migrator;
use tasktracker_server::Lifecycle;
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;
use uuid::Uuid;

use crate::app::App;
use crate::changes::Revisions;
use crate::config::Config;
use crate::consumers::scopes::Scopes;
use crate::db::{self, INSTANCE_SCOPE};
use crate::domain::effective::Visibility;
use crate::domain::secret;
use crate::keys::KeySeal;
use crate::password_pool::PasswordPool;
use crate::sweep;

/// What Auth is given by its process.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The database `auth`.
    pub db: Database,
    /// The time.
    pub clock: SharedClock,
    /// Ids and randomness.
    pub ids: Ids,
    /// The secret of this instance.
    pub secret: InstanceSecret,
    /// Where events go.
    pub publisher: Arc<dyn Publisher>,
    /// Where events come from.
    pub subscriber: Arc<dyn Subscriber>,
    /// Whether events are delivered and reacted to.
    pub deliver: bool,
    /// The owner of spawned work.
    pub lifecycle: Lifecycle,
}

/// Starts Auth.
///
/// # Errors
/// The database cannot be brought up to date, or its signing key does not open with this instance's secret.
pub async fn start(config: Config, deps: Deps) -> anyhow::Result<App> {
    let Deps {
        db,
        clock,
        ids,
        secret,
        publisher,
        subscriber,
        deliver,
        lifecycle,
    } = deps;
    migrate(&db).await?;
    make_instance(&db, &clock, &ids).await?;
    let signer = signer(&db, &clock, &KeySeal::new(&secret)).await?;
    let setup_token = renew_setup_token(&db, &ids).await?;
    let revision = db::changes::present(db.reader()).await?;
    let (relay, delivery) = Relay::new(
        "auth",
        db.clone(),
        publisher,
        clock.clone(),
        ids.clone(),
        lifecycle.stopping().clone(),
    );
    let app = App {
        passwords: PasswordPool::new(config.password_cost(), config.pool_limits())?,
        pages: Sealer::new(&secret.derive("auth page tokens"), "auth"),
        lifetimes: config.lifetimes(),
        revisions: Revisions::new(revision),
        relay,
        signer: Arc::new(signer),
        config: Arc::new(config),
        lifecycle: lifecycle.clone(),
        secret,
        setup_token,
        consumers: Consumers::new("auth", db.clone(), subscriber, clock.clone(), ids.clone(), &lifecycle),
        db,
        clock,
        ids,
    };
    lifecycle.spawn("sweep of auth", sweep::run(app.clone()));
    if deliver {
        lifecycle.spawn("relay of auth", delivery);
        app.consumers.start(Arc::new(Scopes::new(app.clone())));
    }
    Ok(app)
}

/// Brings Auth's database to the schema of this program.
///
/// # Errors
/// The database cannot be changed, or is newer than this program.
pub async fn migrate(db: &Database) -> Result<(), OpenError> {
    db.migrate::<Migrator>().await
}

/// Makes the rows that there is one of. Of several processes that start at once, one makes them.
async fn make_instance(db: &Database, clock: &SharedClock, ids: &Ids) -> anyhow::Result<()> {
    if db::instance::find(db.reader()).await?.is_some() {
        return Ok(());
    }
    let now = clock.now().into();
    let mut txn = db.begin();
    db::instance::insert(&mut txn, Id(ids.next()), now);
    db::scopes::insert(&mut txn, INSTANCE_SCOPE, Visibility::Private, Id(Uuid::nil()), now);
    db::changes::insert_state(&mut txn);
    match txn.commit().await {
        Ok(_) | Err(CommitError::Constraint(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The signer with the newest stored key; makes the first key.
async fn signer(db: &Database, clock: &SharedClock, seal: &KeySeal) -> anyhow::Result<Signer> {
    if let Some(signer) = stored_signer(db, seal).await? {
        return Ok(signer);
    }
    let private_key = Signer::generate()?;
    let signer = Signer::new(&private_key)?;
    let public = signer.public();
    let mut txn = db.begin();
    db::signing_keys::insert(
        &mut txn,
        &public.kid,
        &public.x,
        seal.seal(&public.kid, &private_key)?,
        clock.now().into(),
    );
    txn.commit().await?;
    // Another process may have made one too: the newest signs in all of them.
    stored_signer(db, seal).await?.context("a stored signing key is there")
}

async fn stored_signer(db: &Database, seal: &KeySeal) -> anyhow::Result<Option<Signer>> {
    let keys = db::signing_keys::list(db.reader()).await?;
    let Some(key) = keys.iter().find(|key| key.state == db::signing_keys::ACTIVE) else {
        return Ok(None);
    };
    let private_key = seal.open(&key.kid, &key.sealed_private_key)?;
    Ok(Some(Signer::new(&private_key)?))
}

/// A new set-up token, while there is no owner; the one of the start before stops working.
async fn renew_setup_token(db: &Database, ids: &Ids) -> anyhow::Result<Option<SecretString>> {
    let instance = db::instance::find(db.reader())
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("instance".to_owned()))?;
    if instance.setup_time.is_some() {
        return Ok(None);
    }
    let (token, hash) = secret::make_setup_token(ids.secret());
    let mut txn = db.begin();
    db::instance::set_setup_token(&mut txn, hash.as_str());
    match txn.commit().await {
        Ok(_) => Ok(Some(token)),
        // The first owner was made this very moment.
        Err(CommitError::GuardMissed) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
