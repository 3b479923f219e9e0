//! Where the services are: the section `[services]` of a process that holds only one of them.

use std::str::FromStr;

use anyhow::{Context, ensure};
use http::Uri;
use serde::Deserialize;

use crate::Upstream;
use crate::lifecycle::Lifecycle;

/// The defaults of the section, with what each key means.
pub const DEFAULTS: &str = include_str!("../services.default.toml");

/// The section `[services]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    auth: String,
    core: String,
    analytics: String,
    files: String,
}

/// Addresses of the instances of a service.
#[derive(Debug, Clone)]
pub struct Addresses(Vec<Uri>);

impl Services {
    /// The way to a service, by its name.
    ///
    /// # Errors
    /// Its addresses cannot be read, or there is no such service.
    pub fn way_to(&self, name: &'static str, lifecycle: &Lifecycle) -> anyhow::Result<Upstream> {
        let text = match name {
            "auth" => &self.auth,
            "core" => &self.core,
            "analytics" => &self.analytics,
            "files" => &self.files,
            _ => anyhow::bail!("there is no service {name}"),
        };
        let addresses = text
            .parse()
            .with_context(|| format!("services.{name} is {text:?}; it must be like \"http://host:50052\""))?;
        Ok(Upstream::instances(name, addresses, lifecycle))
    }
}

impl Addresses {
    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Uri> {
        self.0.iter()
    }
}

impl FromStr for Addresses {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let addresses: Vec<Uri> = parts.map(str::parse).collect::<Result<_, _>>()?;
        ensure!(!addresses.is_empty(), "no address");
        for address in &addresses {
            ensure!(
                matches!(address.scheme_str(), Some("http" | "https")) && address.host().is_some(),
                "{address} is no address of a service"
            );
            ensure!(matches!(address.path(), "" | "/"), "{address} has a path");
        }
        Ok(Self(addresses))
    }
}

#[cfg(test)]
mod tests {
    use super::Addresses;

    #[test]
    fn addresses_are_read_and_nonsense_is_refused() {
        let read: Addresses = "http://a:1, https://[::1]:2".parse().unwrap();
        assert_eq!(
            read.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["http://a:1/", "https://[::1]:2/"]
        );
        for nonsense in ["", " , ", "a:1", "ftp://a", "http://a/path", "http://"] {
            assert!(nonsense.parse::<Addresses>().is_err(), "{nonsense:?}");
        }
    }
}
