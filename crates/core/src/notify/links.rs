//! Where links in mails lead, whom mails are from, and the tokens that end mails: sealed, without an address in them, and valid for ever,
//! because mails are kept for ever.

use serde_json::json;
use tasktracker_database::cursor::{Context, Sealer};
use tasktracker_mail::{BadAddress, BadLink, BadMessageId, Link, Mailbox, MessageId};
use uuid::Uuid;

const RPC: &str = "tasktracker.core.v1.NotificationService/Unsubscribe";

/// What mails need to know of this installation.
#[derive(Debug, Clone)]
pub struct Links {
    /// Without a slash at its end.
    public_url: String,
    host: String,
    from: Mailbox,
    sealer: Sealer,
}

/// The settings make no links.
#[derive(Debug, thiserror::Error)]
pub enum BadLinks {
    /// The public URL is none.
    #[error("the public URL {0}")]
    PublicUrl(BadLink),
    /// Nor has it a host that can stand in a Message-ID.
    #[error("the host of the public URL cannot send mail: {0}")]
    Host(BadMessageId),
    /// The sender of mails is none.
    #[error("mail.from {0}")]
    From(BadAddress),
}

/// What mails are about, for those who want no more of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One task.
    Task(Uuid),
    /// A whole project.
    Project(Uuid),
}

impl Scope {
    /// Id of the task or project.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Task(id) | Self::Project(id) => id,
        }
    }
}

impl Links {
    /// For an installation that people reach at `public_url`, whose mails are from `from`.
    ///
    /// # Errors
    /// One of them cannot stand in a mail.
    pub fn new(public_url: &str, from: &str, sealer: Sealer) -> Result<Self, BadLinks> {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let link: Link = public_url.parse().map_err(BadLinks::PublicUrl)?;
        let authority = link.as_str().split('/').nth(2).unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
        let host = match authority.strip_prefix('[') {
            // An IPv6 address: its colons have no place in a Message-ID.
            Some(address) => address.split(']').next().unwrap_or_default().replace(':', "-"),
            None => authority.split(':').next().unwrap_or_default().to_owned(),
        };
        MessageId::new("x", &host).map_err(BadLinks::Host)?;
        Ok(Self {
            public_url,
            host,
            from: from.parse().map_err(BadLinks::From)?,
            sealer,
        })
    }

    /// Whom mails are from.
    #[must_use]
    pub fn from(&self) -> &Mailbox {
        &self.from
    }

    /// A Message-ID of this installation.
    ///
    /// # Errors
    /// The unique part cannot stand there.
    pub fn message_id(&self, unique: &str) -> Result<MessageId, BadMessageId> {
        MessageId::new(unique, &self.host)
    }

    /// The page of a task, or of a comment on it.
    ///
    /// # Errors
    /// The key is none: a defect.
    pub fn task(&self, key: &str, comment_id: Option<Uuid>) -> Result<Link, BadLink> {
        let comment = comment_id.map(|id| format!("#comment-{id}")).unwrap_or_default();
        format!("{}/tasks/{key}{comment}", self.public_url).parse()
    }

    /// The page of a project.
    ///
    /// # Errors
    /// The key is none: a defect.
    pub fn project(&self, key: &str) -> Result<Link, BadLink> {
        format!("{}/projects/{key}", self.public_url).parse()
    }

    /// Where a POST ends a person's mails about something, and a GET asks whether to.
    ///
    /// # Errors
    /// The public URL is too long.
    pub fn unsubscribe(&self, user_id: Uuid, scope: Scope) -> Result<Link, BadLink> {
        let token = self.token(user_id, scope);
        format!("{}/v1/notifications:unsubscribe?token={token}", self.public_url).parse()
    }

    /// The token alone.
    #[must_use]
    pub fn token(&self, user_id: Uuid, scope: Scope) -> String {
        let kind = if matches!(scope, Scope::Task(_)) { "task" } else { "project" };
        self.sealer.seal(&context(), &[json!(user_id), json!(kind), json!(scope.id())])
    }

    /// Whose mails about what a token ends; none for one that this installation did not make.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<(Uuid, Scope)> {
        let values = self.sealer.open(&context(), token).ok()??;
        let [user_id, kind, scope_id] = values.as_slice() else {
            return None;
        };
        let id = |value: &serde_json::Value| Uuid::try_parse(value.as_str()?).ok();
        let (user_id, scope_id) = (id(user_id)?, id(scope_id)?);
        match kind.as_str()? {
            "task" => Some((user_id, Scope::Task(scope_id))),
            "project" => Some((user_id, Scope::Project(scope_id))),
            _ => None,
        }
    }
}

/// Whoever has the mail may end the mails: no caller is named.
fn context() -> Context {
    Context::new(RPC, "whoever has the mail")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(secret: u8) -> Links {
        let sealer = Sealer::new(&[secret; 32], "core");
        Links::new("https://tracker.example.com:8443/", "Task Tracker <no-reply@example.com>", sealer).unwrap()
    }

    #[test]
    fn links_lead_to_the_public_url() {
        let links = links(1);
        assert_eq!(
            links.task("WEB-12", None).unwrap().as_str(),
            "https://tracker.example.com:8443/tasks/WEB-12"
        );
        let comment = Uuid::from_u128(5);
        let expected = format!("https://tracker.example.com:8443/tasks/WEB-12#comment-{comment}");
        assert_eq!(links.task("WEB-12", Some(comment)).unwrap().as_str(), expected);
        assert_eq!(
            links.project("WEB").unwrap().as_str(),
            "https://tracker.example.com:8443/projects/WEB"
        );
        assert_eq!(links.message_id("7").unwrap().as_str(), "7@tracker.example.com");
        let local = Links::new("http://[::1]:8080", "a@b.c", Sealer::new(&[1; 32], "core")).unwrap();
        assert_eq!(local.message_id("7").unwrap().as_str(), "7@--1");
    }

    #[test]
    fn tokens_are_opened_by_the_same_installation_only() {
        let (user, task) = (Uuid::from_u128(7), Uuid::from_u128(8));
        for scope in [Scope::Task(task), Scope::Project(task)] {
            let token = links(1).token(user, scope);
            assert_eq!(links(1).open(&token), Some((user, scope)));
            assert_eq!(links(2).open(&token), None);
            assert_eq!(links(1).open(&format!("{token}A")), None);
            assert_eq!(links(1).open(&token[1..]), None);
        }
        assert_eq!(links(1).open(""), None);
        // A page token of the same key is no such token.
        let sealer = Sealer::new(&[1; 32], "core");
        let other = sealer.seal(&Context::new("other", "x"), &[json!(user), json!("task"), json!(task)]);
        assert_eq!(links(1).open(&other), None);
    }

    #[test]
    fn settings_that_make_no_links_are_named() {
        let sealer = || Sealer::new(&[1; 32], "core");
        assert!(matches!(
            Links::new("tracker.example.com", "a@b.c", sealer()),
            Err(BadLinks::PublicUrl(_))
        ));
        assert!(matches!(Links::new("https://:80", "a@b.c", sealer()), Err(BadLinks::Host(_))));
        let refused = Links::new("https://example.com", "nobody", sealer()).unwrap_err();
        assert!(refused.to_string().starts_with("mail.from must be"), "{refused}");
    }
}
