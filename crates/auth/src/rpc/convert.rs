//! Messages to and from what is stored: ids that were sent, and rows as the resources that clients see.

use tasktracker_database::{Id, Time};
use tasktracker_proto::auth::v1::{ProjectMember, Session, SessionKind, User, UserState};
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

use crate::db::INSTANCE_SCOPE;
use crate::db::entities::{bindings, sessions};
use crate::db::people::{self, Person};
use crate::domain::session;

/// A moment.
pub fn time(time: Time) -> Option<prost_types::Timestamp> {
    Some(to_proto(time.timestamp()))
}

/// An id that was validated.
pub fn id(text: &str, field: &str) -> Result<Id, RpcError> {
    Uuid::try_parse(text)
        .map(Id)
        .map_err(|_| RpcError::invalid(field, "must be a UUID"))
}

/// The id of a project. The nil UUID is the instance's own scope, which no project may touch.
pub fn project_id(text: &str) -> Result<Id, RpcError> {
    let id = id(text, "project_id")?;
    if id == INSTANCE_SCOPE {
        Err(RpcError::invalid("project_id", "must not be nil"))
    } else {
        Ok(id)
    }
}

/// A person; address and role only for those who may know them.
pub fn user(person: &Person, with_private: bool) -> User {
    let user = &person.user;
    let state = if user.state == people::ACTIVE {
        UserState::Active
    } else {
        UserState::Deactivated
    };
    User {
        id: user.id.to_string(),
        display_name: user.display_name.clone(),
        avatar_url: user.avatar_url.clone(),
        state: state.into(),
        email: with_private.then(|| user.email.clone()),
        system_role_id: person.system_role.filter(|_| with_private).map(|role| role.id().to_owned()),
        create_time: time(user.create_time),
        update_time: time(user.update_time),
        etag: etag(user.version),
    }
}

/// A session.
pub fn session(session: &sessions::Model) -> Session {
    let kind = match session::SessionKind::parse(&session.kind) {
        Some(session::SessionKind::Browser) => SessionKind::Browser,
        Some(session::SessionKind::Native) => SessionKind::Native,
        None => SessionKind::Unspecified,
    };
    Session {
        id: session.id.to_string(),
        user_id: session.user_id.to_string(),
        kind: kind.into(),
        user_agent: session.user_agent.clone(),
        create_time: time(session.create_time),
        expire_time: time(session.expire_time),
    }
}

/// A role in a project.
pub fn member(binding: &bindings::Model) -> ProjectMember {
    ProjectMember {
        id: binding.id.to_string(),
        project_id: binding.scope_id.to_string(),
        user_id: binding.user_id.to_string(),
        role_id: binding.role_id.clone(),
        create_time: time(binding.create_time),
        update_time: time(binding.update_time),
        etag: etag(binding.version),
    }
}

/// The etag of a version: opaque to clients, quoted as RFC 7232 wants it.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}
