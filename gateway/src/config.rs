//! What an operator may set of the gateway. `config.default.toml` says what each key means; a test keeps the two in step.

use std::time::Duration;

use serde::Deserialize;

/// The defaults, with what each key means.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// The section `[gateway]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where browsers reach this instance, such as `https://tasks.example.com`.
    pub public_url: String,
    /// Largest JSON body, and largest message of a unary RPC.
    pub max_body_bytes: usize,
    /// Largest message of a streaming RPC.
    pub max_stream_message_bytes: usize,
    /// Other origins whose pages may call the API with a bearer token.
    pub cors_origins: Vec<String>,
    /// Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// Whether gRPC reflection answers.
    pub reflection: bool,
    /// Longest duration of a unary call, in milliseconds.
    pub request_timeout_ms: u64,
    /// Longest silence of a stream before it is cut, in milliseconds.
    pub stream_idle_ms: u64,
    /// Pause between the signs of life of server-sent events, in milliseconds.
    pub heartbeat_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:8080".to_owned(),
            max_body_bytes: 1 << 20,
            max_stream_message_bytes: 2 << 20,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            reflection: true,
            request_timeout_ms: 30_000,
            stream_idle_ms: 60_000,
            heartbeat_ms: 15_000,
        }
    }
}

impl Config {
    /// Longest duration of a unary call.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    /// Longest silence of a stream.
    #[must_use]
    pub fn stream_idle(&self) -> Duration {
        Duration::from_millis(self.stream_idle_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let documented: toml::Table = toml::from_str(DEFAULTS).unwrap();
        let documented: Config = documented["gateway"].clone().try_into().unwrap();
        assert_eq!(format!("{documented:?}"), format!("{:?}", Config::default()));
    }
}
