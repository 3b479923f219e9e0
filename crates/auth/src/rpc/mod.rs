//! The RPCs of Auth, one a file. The layer of `identity` has let only callers through that the RPC's policy allows.

mod access_service;
mod account_service;
mod contact_service;
pub mod convert;
mod credential_service;
mod key_service;
mod permission_service;
pub mod scope_service;
mod session_service;
mod user_service;

use tasktracker_proto::auth::v1::access_service_server::AccessServiceServer;
use tasktracker_proto::auth::v1::account_service_server::AccountServiceServer;
use tasktracker_proto::auth::v1::contact_service_server::ContactServiceServer;
use tasktracker_proto::auth::v1::credential_service_server::CredentialServiceServer;
use tasktracker_proto::auth::v1::key_service_server::KeyServiceServer;
use tasktracker_proto::auth::v1::permission_service_server::PermissionServiceServer;
use tasktracker_proto::auth::v1::scope_service_server::ScopeServiceServer;
use tasktracker_proto::auth::v1::session_service_server::SessionServiceServer;
use tasktracker_proto::auth::v1::user_service_server::UserServiceServer;
use tonic::service::{Routes, RoutesBuilder};

use crate::app::App;

/// Metadata that carries the revision from which a change of access holds.
const REVISION: &str = "x-authz-revision";

/// The services of Auth that clients may call, by their full names.
pub const PUBLIC_SERVICES: [&str; 5] = [
    "tasktracker.auth.v1.SessionService",
    "tasktracker.auth.v1.AccountService",
    "tasktracker.auth.v1.UserService",
    "tasktracker.auth.v1.AccessService",
    "tasktracker.auth.v1.KeyService",
];

/// The services of Auth that only other services may call.
pub const INTERNAL_SERVICES: [&str; 4] = [
    "tasktracker.auth.v1.PermissionService",
    "tasktracker.auth.v1.ScopeService",
    "tasktracker.auth.v1.CredentialService",
    "tasktracker.auth.v1.ContactService",
];

/// Largest request message, in bytes.
const MAX_REQUEST: usize = 1024 * 1024;

/// Adds Auth's services to a server, to be surrounded by the identity layer and the stack.
pub fn add_to(routes: &mut RoutesBuilder, app: &App) {
    routes
        .add_service(SessionServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(AccountServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(UserServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(AccessServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(KeyServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(PermissionServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(ScopeServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(CredentialServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST))
        .add_service(ContactServiceServer::new(app.clone()).max_decoding_message_size(MAX_REQUEST));
}

/// All services of Auth.
#[must_use]
pub fn routes(app: &App) -> Routes {
    let mut routes = RoutesBuilder::default();
    add_to(&mut routes, app);
    routes.routes()
}
