//! Auth in the process: the first service, because the others ask it for keys, tokens and permissions.

use std::sync::Arc;

use tasktracker_identity::changes::Changes;
use tasktracker_identity::keys::FromAuth;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::service::Credential;
use tasktracker_identity::token::Verifier;
use tasktracker_jobs::operations;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Upstream, standard};
use tonic::service::RoutesBuilder;
use tower::Layer;

use super::house::{Ground, House, Service};

/// Where Auth listens by itself.
pub const PORT: u16 = 50051;

/// Starts Auth, and what others need of it.
pub async fn start(ground: Ground) -> anyhow::Result<(tasktracker_auth::App, House)> {
    let deps = tasktracker_auth::Deps {
        db: ground.database("auth").await?,
        clock: ground.clock.clone(),
        ids: ground.ids.clone(),
        secret: ground.secret.clone(),
        publisher: Arc::new(ground.log.clone()),
        subscriber: Arc::new(ground.log.clone()),
        deliver: ground.settings.events.deliver,
        lifecycle: ground.lifecycle.clone(),
    };
    let auth = tasktracker_auth::start(ground.settings.auth.clone(), deps).await?;

    // Auth without a guard, only to ask it for its public keys: they need none.
    let mut bare = RoutesBuilder::default();
    tasktracker_auth::add_to(&mut bare, &auth);
    let keys = FromAuth(Upstream::local(Stack::around(bare.routes(), ground.ids.clone())));
    let changes = Changes::new(ground.clock.clone());
    let identity = IdentityLayer::new(Arc::new(Verifier::new(Arc::new(keys), ground.clock.clone())), changes.clone());

    let mut routes = RoutesBuilder::default();
    tasktracker_auth::add_to(&mut routes, &auth);
    let services = [
        &tasktracker_auth::PUBLIC_SERVICES[..],
        &tasktracker_auth::INTERNAL_SERVICES[..],
        &[operations::SERVICE],
    ]
    .concat();
    standard::add(&mut routes, &services).await?;
    let upstream = Upstream::local(Stack::around(identity.layer(routes.routes()), ground.ids.clone()));

    let follower = Credential::new(upstream.clone(), "core", &ground.secret, ground.clock.clone());
    changes.follow(follower.calling(upstream.clone()), &ground.lifecycle);
    let house = House {
        ground,
        auth: Service::new("auth port", PORT, &tasktracker_auth::PUBLIC_SERVICES, upstream),
        changes,
        identity,
    };
    Ok((auth, house))
}
