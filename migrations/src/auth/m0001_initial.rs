//! People, their passwords and sessions, the signing keys, and who may do what where. The instance is a scope like a project, with the
//! nil UUID as its id, so that one rule, one unique key and one lock serve both.

use sea_orm_migration::prelude::*;
use tasktracker_database::{idempotency, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Children first: nothing here references what is not made before it.
const TABLES: [&str; 11] = [
    "idempotency",
    "access_changes",
    "access_state",
    "bindings",
    "scopes",
    "instance",
    "signing_keys",
    "refresh_tokens",
    "sessions",
    "passwords",
    "users",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        people(manager).await?;
        sessions(manager).await?;
        instance(manager).await?;
        access(manager).await?;
        manager.create_table(idempotency::table(manager.get_database_backend())).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let users = Table::create()
        .table("users")
        .col(schema::id(b, "id").primary_key())
        // As given, for sending mail; and the form that is unique.
        .col(schema::text(b, "email"))
        .col(schema::text(b, "canonical_email"))
        .col(schema::text(b, "display_name"))
        // The name in lower case: what lists sort by and search in, the same on every store.
        .col(schema::text(b, "sort_name"))
        .col(schema::text(b, "avatar_url"))
        .col(schema::text(b, "locale"))
        .col(schema::text(b, "state"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(users).await?;
    manager.create_index(schema::unique("users", &["canonical_email"])).await?;
    manager.create_index(schema::index("users", &["sort_name", "id"])).await?;
    manager.create_index(schema::index("users", &["create_time", "id"])).await?;

    let passwords = Table::create()
        .table("passwords")
        .col(schema::id(b, "user_id").primary_key())
        .col(schema::text(b, "hash"))
        .col(schema::time("change_time"))
        .to_owned();
    manager.create_table(passwords).await
}

async fn sessions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let sessions = Table::create()
        .table("sessions")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "user_id"))
        .col(schema::text(b, "kind"))
        // SHA-256 of a browser's cookie.
        .col(schema::text_null(b, "secret_hash"))
        .col(schema::text(b, "user_agent"))
        .col(schema::time("create_time"))
        .col(schema::time("expire_time"))
        .col(schema::time("idle_expire_time"))
        .col(schema::time_null("end_time"))
        .col(schema::text_null(b, "end_reason"))
        .to_owned();
    manager.create_table(sessions).await?;
    manager.create_index(schema::unique("sessions", &["secret_hash"])).await?;
    manager.create_index(schema::index("sessions", &["user_id", "create_time"])).await?;
    manager.create_index(schema::index("sessions", &["expire_time"])).await?;

    let refresh_tokens = Table::create()
        .table("refresh_tokens")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "session_id"))
        .col(schema::text(b, "hash"))
        .col(schema::text(b, "state"))
        .col(schema::id_null(b, "successor_id"))
        .col(schema::time("create_time"))
        .col(schema::time_null("consume_time"))
        .to_owned();
    manager.create_table(refresh_tokens).await?;
    manager.create_index(schema::unique("refresh_tokens", &["hash"])).await?;
    manager.create_index(schema::index("refresh_tokens", &["session_id"])).await
}

async fn instance(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let signing_keys = Table::create()
        .table("signing_keys")
        // RFC 7638 thumbprint of the public key.
        .col(schema::text(b, "kid").primary_key())
        .col(schema::text(b, "state"))
        .col(schema::text(b, "public_key"))
        // The private part, encrypted under a key derived from the instance secret.
        .col(schema::bytes("sealed_private_key"))
        .col(schema::time("create_time"))
        .to_owned();
    manager.create_table(signing_keys).await?;

    // One row, with the number 1.
    let instance = Table::create()
        .table("instance")
        .col(schema::integer("id").primary_key())
        .col(schema::id(b, "instance_id"))
        .col(schema::text_null(b, "setup_token_hash"))
        // When the first owner was made; from then on there is no set-up token.
        .col(schema::time_null("setup_time"))
        .col(schema::time("create_time"))
        .to_owned();
    manager.create_table(instance).await
}

async fn access(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let b = manager.get_database_backend();
    let scopes = Table::create()
        .table("scopes")
        .col(schema::id(b, "id").primary_key())
        .col(schema::text(b, "visibility"))
        // Who made it: a repeated creation is told from another one by this.
        .col(schema::id(b, "first_owner_id"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        // Rises with every change of the scope and of the bindings in it: the lock of both.
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(scopes).await?;
    manager.create_index(schema::index("scopes", &["visibility", "id"])).await?;

    let bindings = Table::create()
        .table("bindings")
        .col(schema::id(b, "id").primary_key())
        .col(schema::id(b, "scope_id"))
        .col(schema::id(b, "user_id"))
        .col(schema::text(b, "role_id"))
        .col(schema::time("create_time"))
        .col(schema::time("update_time"))
        .col(schema::integer("version"))
        .to_owned();
    manager.create_table(bindings).await?;
    manager.create_index(schema::unique("bindings", &["user_id", "scope_id"])).await?;
    manager
        .create_index(schema::index("bindings", &["scope_id", "create_time", "id"]))
        .await?;

    // One row, with the number 1: every change of access adds one to it, in its own transaction, so revisions are in commit order.
    let access_state = Table::create()
        .table("access_state")
        .col(schema::integer("id").primary_key())
        .col(schema::integer("revision"))
        .to_owned();
    manager.create_table(access_state).await?;

    // What WatchChanges streams.
    let access_changes = Table::create()
        .table("access_changes")
        .col(schema::integer("revision").primary_key())
        .col(schema::text(b, "kind"))
        .col(schema::id_null(b, "user_id"))
        .col(schema::id_null(b, "project_id"))
        .col(schema::id_null(b, "session_id"))
        .col(schema::time("create_time"))
        .to_owned();
    manager.create_table(access_changes).await?;
    manager.create_index(schema::index("access_changes", &["create_time"])).await
}
