//! The account of servers that refuse to run as root: root lends them one without rights. Everybody else runs them as themselves.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::environment;

/// An account without rights.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Account {
    user: u32,
    group: u32,
}

/// In this order: the server's own, if its package made one, or the one that owns nothing.
const NAMES: &[&str] = &["postgres", "nobody"];

/// The account to start servers with; none unless this is root.
///
/// # Errors
///
/// When root has no such account.
pub fn without_rights() -> Result<Option<Account>> {
    if !environment::is_root() {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd").context("cannot read the accounts of this machine")?;
    let account = NAMES.iter().find_map(|name| find(&accounts, name));
    account
        .map(Some)
        .context("PostgreSQL does not run as root: make an account `postgres`")
}

fn find(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let account = fields.find(|fields| fields.first() == Some(&name))?;
    Some(Account {
        user: account.get(2)?.parse().ok()?,
        group: account.get(3)?.parse().ok()?,
    })
}

impl Account {
    /// Lets a command run with it, without root's further groups.
    pub fn lend(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }

    /// Gives it a file or folder.
    ///
    /// # Errors
    ///
    /// When this is not root after all.
    pub fn give(self, path: &Path) -> Result<()> {
        std::os::unix::fs::chown(path, Some(self.user), Some(self.group)).with_context(|| format!("cannot give {} away", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_account_by_its_name() {
        let accounts = "root:x:0:0:root:r:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find(accounts, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!(find(accounts, "post"), None);
    }

    #[test]
    fn root_lends_an_account_that_is_not_root() {
        match without_rights().unwrap() {
            None => assert!(!environment::is_root()),
            Some(account) => {
                let mut command = Command::new("id");
                account.lend(command.arg("-u"));
                assert_eq!(environment::output(&mut command).unwrap().trim(), account.user.to_string());
                assert_ne!(account.user, 0);
            }
        }
    }
}
