//! Kafka under the conformance suite.

use std::sync::Arc;

use tasktracker_database::Database;
use tasktracker_events::kafka::Settings;
use tasktracker_events::{Publisher, Subscriber};
use tasktracker_server::clock::SharedClock;
use tasktracker_server::ids::Ids;

use super::{broker, process};
use crate::conformance::Transport;
use crate::world::{self, World};

/// A broker, and a database for dead letters.
pub struct KafkaTransport {
    world: World,
    settings: Settings,
    publisher: Arc<dyn Publisher>,
}

pub async fn start() -> Option<KafkaTransport> {
    let settings = broker::settings().await?;
    Some(KafkaTransport {
        world: world::sqlite().await,
        publisher: process(&settings),
        settings,
    })
}

impl KafkaTransport {
    /// Members with one name throw each other out.
    fn named(&self) -> Arc<dyn Subscriber> {
        process(&Settings {
            instance: "the-only-one".to_owned(),
            ..self.settings.clone()
        })
    }
}

impl Transport for KafkaTransport {
    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::clone(&self.publisher)
    }

    async fn member(&self) -> Arc<dyn Subscriber> {
        process(&self.settings)
    }

    async fn killed(self) -> Self {
        Self {
            publisher: process(&self.settings),
            world: self.world.restarted().await,
            ..self
        }
    }

    fn forget_the_dead(&self) {
        // The broker does that by itself.
    }

    async fn replaceable(&self) -> Arc<dyn Subscriber> {
        self.named()
    }

    async fn usurper(&self) -> Arc<dyn Subscriber> {
        self.named()
    }

    fn database(&self) -> Database {
        self.world.owner.clone()
    }

    fn clock(&self) -> SharedClock {
        self.world.shared_clock()
    }

    fn ids(&self) -> Ids {
        self.world.ids.clone()
    }
}
