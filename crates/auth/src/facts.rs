//! What Auth tells the other services: events, written in the transaction of the change. No name and no address is in them.

use tasktracker_database::{Id, Time, Transaction};
use tasktracker_events::{meta, outbox};
use tasktracker_identity::Call;
use tasktracker_proto::events::v1::access_event::Kind;
use tasktracker_proto::events::v1::{AccessEvent, UserEvent, UserState};
use tasktracker_server::{RpcError, request};

use crate::app::App;
use crate::db::entities::users;
use crate::db::people::ACTIVE;

/// Tells what an account is now. `by` is the person who did it; none for an operator at the machine.
pub fn user(txn: &mut Transaction, app: &App, by: Option<Id>, user: &users::Model) {
    let state = if user.state == ACTIVE {
        UserState::Active
    } else {
        UserState::Deactivated
    };
    let event = UserEvent {
        meta: Some(meta(
            app.ids.next(),
            user.update_time.into(),
            by.map(|id| id.0),
            "auth",
            &causation_id(),
        )),
        user_id: user.id.to_string(),
        version: user.version,
        state: state.into(),
    };
    outbox::append(txn, &event);
}

/// Tells what happened to somebody's access to a project.
///
/// # Errors
/// The caller is no person.
pub fn access(
    txn: &mut Transaction,
    app: &App,
    call: &Call,
    (project_id, user_id): (Id, Id),
    kind: Kind,
    now: Time,
) -> Result<(), RpcError> {
    let event = AccessEvent {
        meta: Some(meta(app.ids.next(), now.into(), Some(call.user_id()?), "auth", &causation_id())),
        project_id: project_id.to_string(),
        user_id: user_id.to_string(),
        kind: Some(kind),
    };
    outbox::append(txn, &event);
    Ok(())
}

fn causation_id() -> String {
    request::current_id().map(|id| id.to_string()).unwrap_or_default()
}
