//! The real stores besides PostgreSQL, as the variables name them, in the words of a process's settings. What is not named is left out: events
//! then take the log in the database, statistics are kept there too, and files in a folder.

/// The settings of one instance whose data is told from that of others by a prefix.
#[must_use]
pub fn settings(prefix: &str) -> Vec<(String, String)> {
    let mut settings = Vec::new();
    let mut set = |name: &str, value: &str| settings.push((format!("TASKTRACKER_{name}"), value.to_owned()));
    if let Some(brokers) = variable("TASKTRACKER_TEST_KAFKA") {
        set("EVENTS__KAFKA__BROKERS", &brokers);
        set("EVENTS__KAFKA__TOPIC_PREFIX", &format!("{prefix}."));
        set("EVENTS__KAFKA__REPLICATION_FACTOR", "1");
        // The next process shall not wait long for the partitions of one that was killed.
        set("EVENTS__KAFKA__SESSION_SECONDS", "6");
    }
    if let Some(url) = variable("TASKTRACKER_TEST_MONGODB") {
        set("ANALYTICS__MONGODB__URL", &url);
        set("ANALYTICS__MONGODB__DATABASE", prefix);
    }
    if let Some(url) = variable("TASKTRACKER_TEST_S3") {
        let (access_key, secret_key, endpoint) = parts_of(&url);
        set("FILES__S3__ENDPOINT", &endpoint);
        set("FILES__S3__BUCKET", "tests");
        set("FILES__S3__CREATE_BUCKET", "true");
        set("FILES__S3__PREFIX", &format!("{prefix}/"));
        set("FILES__S3__ACCESS_KEY", access_key);
        set("FILES__S3__SECRET_KEY", secret_key);
    }
    settings
}

/// Key, secret and address of `http://key:secret@host:port`.
fn parts_of(url: &str) -> (&str, &str, String) {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (keys, host) = rest.split_once('@').expect("keys");
    let (access_key, secret_key) = keys.split_once(':').expect("a key and a secret");
    (access_key, secret_key, format!("{scheme}://{host}"))
}

#[expect(clippy::disallowed_methods, reason = "tests learn of the servers by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
