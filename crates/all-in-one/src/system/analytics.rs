//! Analytics in the process.

use std::sync::Arc;

use tasktracker_analytics::{App, Parts};
use tonic::service::RoutesBuilder;

use super::house::{House, Service};

/// Where Analytics listens by itself.
pub const PORT: u16 = 50053;

/// Starts Analytics.
pub async fn start(house: &House) -> anyhow::Result<(App, Service)> {
    let db = house.database("analytics").await?;
    tasktracker_analytics::migrate(&db).await?;
    let analytics = App::new(Parts {
        clock: house.clock.clone(),
        ids: house.ids.clone(),
        access: house.access(&house.credential("analytics")),
        consumers: house.consumers("analytics", &db),
        events: Arc::new(house.log.clone()),
        config: house.settings.analytics,
        lifecycle: house.lifecycle.clone(),
        db,
    });
    tasktracker_analytics::start(&analytics, house.settings.events.deliver);
    let mut routes = RoutesBuilder::default();
    tasktracker_analytics::add_to(&mut routes, &analytics);
    let service = house
        .service("analytics port", PORT, &tasktracker_analytics::SERVICES, routes)
        .await?;
    Ok((analytics, service))
}
