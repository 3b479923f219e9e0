//! Makes an account. The first one is made with the set-up token and owns the instance; of two who come with it at once, one gets it.
//! Not idempotent.

use tasktracker_database::{CommitError, Id};
use tasktracker_identity::Call;
use tasktracker_proto::auth::v1::{RegisterRequest, RegisterResponse};
use tasktracker_proto::r#type::v1::ErrorReason;
use tasktracker_server::{Code, RpcError};

use crate::app::App;
use crate::config::Registration;
use crate::db::changes::{self, Change};
use crate::db::entities::bindings;
use crate::db::people::Person;
use crate::db::{INSTANCE_SCOPE, instance, members, people};
use crate::domain::display_name::DisplayName;
use crate::domain::email::Email;
use crate::domain::password;
use crate::domain::role::SystemRole;
use crate::domain::secret::{self, SecretHash};
use crate::facts;
use crate::failure::{Failure, stored};
use crate::rpc::convert;

pub async fn register(app: &App, _call: &Call, request: RegisterRequest) -> Result<RegisterResponse, RpcError> {
    let email = Email::parse(&request.email).map_err(|error| RpcError::invalid("email", error.to_string()))?;
    let name = DisplayName::parse(&request.display_name).map_err(|error| RpcError::invalid("display_name", error.to_string()))?;
    let password = password::accept(&request.password, &email).map_err(|error| RpcError::invalid("password", error.to_string()))?;

    let (role, setup) = admit(app, &request.setup_token).await?;
    if people::is_email_taken(app.db.reader(), email.canonical()).await.map_err(stored)? {
        return Err(email_taken());
    }
    let mut salt = [0; 16];
    salt.copy_from_slice(&app.ids.secret()[..16]);
    let hash = app.passwords.hash(password, salt).await?;

    let now = app.now();
    let user = people::make(Id(app.ids.next()), &email, &name, now);
    let binding = bindings::Model {
        id: Id(app.ids.next()),
        scope_id: INSTANCE_SCOPE,
        user_id: user.id,
        role_id: role.id().to_owned(),
        create_time: now,
        update_time: now,
        version: 1,
    };
    let mut txn = app.db.begin();
    if let Some(token) = &setup {
        instance::spend_setup_token(&mut txn, token.as_str(), now);
    }
    people::insert(&mut txn, &user, &hash);
    members::insert(&mut txn, &binding);
    let change = changes::record(
        &mut txn,
        Change::Access {
            user_id: Some(user.id),
            project_id: None,
        },
        now,
    );
    facts::user(&mut txn, app, Some(user.id), &user);
    changes::commit(txn, change, app).await.map_err(refused)?;

    tracing::info!(user.id = %user.id, role = role.id(), "account made");
    let person = Person {
        user,
        system_role: Some(role),
    };
    Ok(RegisterResponse {
        user: Some(convert::user(&person, true)),
    })
}

/// The role that a newcomer gets, and the set-up token to spend for it.
async fn admit(app: &App, presented: &str) -> Result<(SystemRole, Option<SecretHash>), RpcError> {
    let instance = instance::find(app.db.reader()).await.map_err(stored)?;
    let instance = instance.ok_or_else(|| RpcError::internal(anyhow::anyhow!("the instance has no row")))?;
    if instance.setup_time.is_none() {
        let token = secret::read_setup_token(presented).ok_or_else(closed)?;
        let right = instance.setup_token_hash.is_some_and(|hash| secret::same(&hash, &token));
        return if right {
            Ok((SystemRole::Owner, Some(token)))
        } else {
            Err(closed())
        };
    }
    match app.config.registration {
        Registration::Open if presented.is_empty() => Ok((app.config.default_role.role(), None)),
        Registration::Open | Registration::Closed => Err(closed()),
    }
}

fn refused(error: CommitError) -> RpcError {
    match error {
        CommitError::GuardMissed => closed(),
        error if error.unique("users", &["canonical_email"]) => email_taken(),
        error => Failure::from(error).into(),
    }
}

fn closed() -> RpcError {
    RpcError::new(
        Code::PermissionDenied,
        ErrorReason::RegistrationClosed,
        "registration is closed, or the set-up token is wrong or spent",
    )
}

fn email_taken() -> RpcError {
    RpcError::new(
        Code::AlreadyExists,
        ErrorReason::EmailTaken,
        "this e-mail address has an account already",
    )
}
