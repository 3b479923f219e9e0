//! The real broker: each test has topics of its own there, which a later run removes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use tasktracker_events::Topic;
use tasktracker_events::kafka::{Settings, topics};
use tokio::sync::OnceCell;

/// What the names of all topics of tests begin with; the second of their making follows.
const MARK: &str = "test-";
/// Topics that are older are nobody's any more.
const OLD: u64 = 15 * 60;

/// Topics of tests: fewer partitions than real ones, so that a small broker bears them.
pub const TOPICS: [Topic; 2] = [
    Topic {
        partitions: 3,
        ..Topic::CORE_TASK
    },
    Topic::AUTH_ACCESS,
];

/// The broker with topics of one's own; nothing where there is none.
pub async fn settings() -> Option<Settings> {
    let settings = bare().await?;
    topics::apply_these(&settings, &TOPICS).await.unwrap();
    Some(settings)
}

/// The broker, and names of one's own under which there is nothing yet.
#[expect(
    clippy::disallowed_methods,
    reason = "tests learn of the broker by the environment, and name topics by the time"
)]
pub async fn bare() -> Option<Settings> {
    let Ok(brokers) = std::env::var("TASKTRACKER_TEST_KAFKA") else {
        eprintln!("skipped on Kafka: TASKTRACKER_TEST_KAFKA is not set");
        return None;
    };
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static SWEPT: OnceCell<()> = OnceCell::const_new();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    SWEPT.get_or_init(|| sweep(&brokers, now)).await;
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Some(Settings {
        brokers,
        topic_prefix: format!("{MARK}{now}-{}-{number}.", std::process::id()),
        session_seconds: 6,
        replication_factor: 1,
        ..Settings::default()
    })
}

/// Removes what earlier runs left.
async fn sweep(brokers: &str, now: u64) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new().set("bootstrap.servers", brokers).create().unwrap();
    let metadata = admin.inner().fetch_metadata(None, Duration::from_secs(10)).unwrap();
    let is_old = |name: &&str| {
        let made = name.strip_prefix(MARK).and_then(|rest| rest.split('-').next()?.parse::<u64>().ok());
        made.is_some_and(|made| made + OLD < now)
    };
    let names: Vec<&str> = metadata.topics().iter().map(|topic| topic.name()).filter(is_old).collect();
    if !names.is_empty() {
        let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
        // Another run may be at it, too.
        drop(admin.delete_topics(&names, &options).await);
    }
}
