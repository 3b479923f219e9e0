//! Documents on a server of the MongoDB wire protocol, where the tests are given one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tasktracker_analytics::store::{MongoSettings, MongoStore};

use super::conformance;
use super::proxy::Proxy;

/// A database of its own on the server that the tests were given; it is dropped by [`Own::end`].
pub struct Own {
    pub settings: MongoSettings,
}

impl Own {
    /// None without a server.
    pub fn new() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
        let Ok(server) = std::env::var("TASKTRACKER_TEST_MONGODB") else {
            eprintln!("skipped: TASKTRACKER_TEST_MONGODB names no server");
            return None;
        };
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("analytics_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Some(Self {
            settings: MongoSettings::at(server, name),
        })
    }

    /// The same behind a proxy, which must be mended at the end.
    pub async fn behind_a_proxy(mut self) -> (Proxy, Self) {
        let server = self
            .settings
            .url
            .trim_start_matches("mongodb://")
            .split('/')
            .next()
            .expect("a host")
            .to_owned();
        let host = server.rsplit('@').next().expect("a host").to_owned();
        let proxy = Proxy::start(host.clone()).await;
        // What is beside the address stays; a cluster would name its members otherwise, past the proxy.
        let url = self.settings.url.replace(&host, &proxy.address.to_string());
        let (slash, mark) = (url["mongodb://".len()..].contains('/'), url.contains('?'));
        let direct = if mark {
            "&directConnection=true"
        } else if slash {
            "?directConnection=true"
        } else {
            "/?directConnection=true"
        };
        self.settings.url = format!("{url}{direct}");
        // What is left unfinished is taken over soon.
        self.settings.command_timeout_ms = 1_000;
        (proxy, self)
    }

    /// Its documents.
    pub async fn open(&self) -> Arc<MongoStore> {
        Arc::new(MongoStore::open(&self.settings).await.expect("opens"))
    }

    /// Drops it.
    pub async fn end(self) {
        let client = mongodb::Client::with_uri_str(&self.settings.url).await.expect("connects");
        client.database(&self.settings.database).drop().await.expect("drops");
    }
}

#[tokio::test]
async fn mongodb_is_a_store() {
    let Some(own) = Own::new() else { return };
    conformance::all(&*own.open().await).await;
    own.end().await;
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_with_its_setting_and_without_its_password() {
    let Some(own) = Own::new() else { return };
    let database = own.settings.database.clone();
    let said = async |url: &str| {
        let mut settings = MongoSettings::at(url, &database);
        settings.select_timeout_ms = 300;
        let error = MongoStore::open(&settings).await.expect_err("cannot be used");
        format!("{error:#}")
    };
    let away = said("mongodb://ada:hush@127.0.0.1:1").await;
    assert!(away.contains("analytics.mongodb.url at 127.0.0.1:1"), "{away}");
    let host = own.settings.url.trim_start_matches("mongodb://");
    let refused = said(&format!("mongodb://ada:hush@{host}")).await;
    assert!(refused.contains("analytics.mongodb.url"), "{refused}");
    let strange = said("mongodb://ada:hu/sh@host").await;
    let looked_up = said("mongodb+srv://ada:hush@host").await;
    for said in [&strange, &looked_up] {
        assert!(said.starts_with("analytics.mongodb.url"), "{said}");
    }
    for said in [away, refused, strange, looked_up] {
        assert!(!said.contains("hush") && !said.contains("hu/sh"), "{said}");
    }
    own.end().await;
}
