//! What a service stands on once Auth can be asked, and how a service is made callable: the same surroundings in one process as over a
//! network.

use std::sync::Arc;

use tasktracker_identity::Access;
use tasktracker_identity::changes::Changes;
use tasktracker_identity::keys::FromAuth;
use tasktracker_identity::layer::IdentityLayer;
use tasktracker_identity::service::Credential;
use tasktracker_identity::token::Verifier;
use tasktracker_jobs::operations;
use tasktracker_server::stack::Stack;
use tasktracker_server::{Upstream, standard};
use tonic::service::RoutesBuilder;
use tonic_health::server::HealthReporter;
use tower::Layer;

use crate::ground::Ground;

/// The ground, and the way to Auth.
#[derive(Debug, Clone)]
pub struct House {
    /// What there is before any service.
    pub ground: Ground,
    /// The way to Auth.
    pub auth: Upstream,
    /// Changes of access, as they happen.
    pub changes: Changes,
    identity: IdentityLayer,
}

impl std::ops::Deref for House {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        &self.ground
    }
}

impl House {
    /// A house whose Auth is in another process; `name` is the service that lives here, in whose name Auth's changes are followed.
    #[must_use]
    pub fn beside(ground: Ground, auth: Upstream, name: &'static str) -> Self {
        let (changes, identity) = identity(&ground, auth.clone());
        let house = Self {
            ground,
            auth,
            changes,
            identity,
        };
        house.follow_changes(name);
        house
    }

    /// A house with Auth in it. It answers the house and Auth as others call it. `bare` are Auth's routes without a guard, only to ask it
    /// for its public keys: they need none.
    ///
    /// # Errors
    /// The protos do not hold one of the services: a defect.
    pub async fn with_auth(
        ground: Ground,
        bare: RoutesBuilder,
        routes: RoutesBuilder,
        services: &[&'static str],
        name: &'static str,
    ) -> anyhow::Result<(Self, HealthReporter)> {
        let keys = Upstream::local(Stack::around(bare.routes(), ground.ids.clone()));
        let (changes, identity) = identity(&ground, keys);
        let (auth, health) = surround(&ground, &identity, services, routes).await?;
        let house = Self {
            ground,
            auth,
            changes,
            identity,
        };
        house.follow_changes(name);
        Ok((house, health))
    }

    fn follow_changes(&self, name: &'static str) {
        self.changes
            .follow(self.credential(name).calling(self.auth.clone()), &self.ground.lifecycle);
    }

    /// The credential of a service.
    #[must_use]
    pub fn credential(&self, service: &'static str) -> Credential {
        Credential::new(self.auth.clone(), service, &self.secret, self.clock.clone())
    }

    /// How a service asks who may do what.
    #[must_use]
    pub fn access(&self, credential: &Credential) -> Access {
        Access::new(credential.calling(self.auth.clone()), self.changes.clone(), self.clock.clone())
    }

    /// Makes routes callable, with health and reflection for these services.
    ///
    /// # Errors
    /// The protos do not hold one of the services: a defect.
    pub async fn surround(&self, services: &[&'static str], routes: RoutesBuilder) -> anyhow::Result<(Upstream, HealthReporter)> {
        surround(&self.ground, &self.identity, services, routes).await
    }
}

fn identity(ground: &Ground, keys: Upstream) -> (Changes, IdentityLayer) {
    let changes = Changes::new(ground.clock.clone());
    let verifier = Verifier::new(Arc::new(FromAuth(keys)), ground.clock.clone());
    let identity = IdentityLayer::new(Arc::new(verifier), changes.clone());
    (changes, identity)
}

async fn surround(
    ground: &Ground,
    identity: &IdentityLayer,
    services: &[&'static str],
    mut routes: RoutesBuilder,
) -> anyhow::Result<(Upstream, HealthReporter)> {
    // Operations answer on each port, see `operations.rs`.
    let health = standard::add(&mut routes, &[services, &[operations::SERVICE]].concat()).await?;
    let surrounded = Stack::around(identity.layer(routes.routes()), ground.ids.clone());
    Ok((Upstream::local(surrounded), health))
}

/// A service as others call it.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name, such as `core`.
    pub name: &'static str,
    /// Its services that clients may call.
    pub public: &'static [&'static str],
    /// The way to it.
    pub upstream: Upstream,
    /// Says whether it takes calls.
    pub health: HealthReporter,
}
