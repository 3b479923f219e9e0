//! The one secret of an instance. Everything that must be secret is derived from it by HKDF under a label, so an operator keeps one thing.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use aws_lc_rs::hkdf;

/// Fewest characters of a secret that an operator chooses.
const MIN_LENGTH: usize = 32;

/// The secret of an instance. It does not print.
#[derive(Clone)]
pub struct InstanceSecret(Vec<u8>);

impl std::fmt::Debug for InstanceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InstanceSecret(hidden)")
    }
}

impl InstanceSecret {
    /// A secret that an operator gave.
    ///
    /// # Errors
    /// It is too short, or a placeholder.
    pub fn given(text: &str) -> anyhow::Result<Self> {
        ensure!(
            text.len() >= MIN_LENGTH,
            "instance.secret must have at least {MIN_LENGTH} characters; `openssl rand -hex 32` makes a good one"
        );
        let lower = text.to_lowercase();
        ensure!(
            !["change", "secret", "example", "placeholder"]
                .iter()
                .any(|word| lower.contains(word)),
            "instance.secret is a placeholder"
        );
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// A secret that nobody keeps.
    #[must_use]
    pub fn in_memory(fresh: [u8; 32]) -> Self {
        Self(fresh.to_vec())
    }

    /// The secret kept in a data directory; made from `fresh` bytes at the first start.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn in_data_dir(folder: &Path, fresh: impl FnOnce() -> [u8; 32]) -> anyhow::Result<Self> {
        let path = folder.join("instance.secret");
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::given(text.trim()).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let text = fresh().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                write_private(&path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
                Self::given(&text)
            }
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// A key for one purpose.
    #[must_use]
    pub fn derive(&self, label: &str) -> [u8; 32] {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tasktracker");
        let mut key = [0; 32];
        salt.extract(&self.0)
            .expand(&[label.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are within HKDF's bound");
        key
    }

    /// What a service presents to Auth for its token, in hexadecimal.
    #[must_use]
    pub fn of_service(&self, name: &str) -> String {
        self.derive(&format!("service {name}"))
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    // Written beside and renamed: a crash leaves no half secret.
    let beside = path.with_extension("new");
    let mut file = std::fs::File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_kept_private_and_found_again() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = InstanceSecret::in_data_dir(folder.path(), || [7; 32]).unwrap();
        let again = InstanceSecret::in_data_dir(folder.path(), || [8; 32]).unwrap();
        assert_eq!(first.derive("x"), again.derive("x"));
        assert_ne!(first.derive("x"), first.derive("y"));
        let mode = std::fs::metadata(folder.path().join("instance.secret"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn short_and_placeholder_secrets_are_refused() {
        assert!(InstanceSecret::given("short").is_err());
        assert!(InstanceSecret::given("change-me-change-me-change-me-change-me").is_err());
    }
}
