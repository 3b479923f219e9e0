//! How long sessions and their credentials live, and when a session is over.

use jiff::{SignedDuration, Timestamp};

/// How a device holds its credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKind {
    /// One opaque cookie.
    Browser,
    /// Access tokens and a rotating refresh token.
    Native,
}

impl SessionKind {
    /// The id in the database.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Native => "native",
        }
    }

    /// The kind with this id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        [Self::Browser, Self::Native].into_iter().find(|kind| kind.id() == id)
    }
}

/// The lifetimes of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A session ends so long after signing in, whatever happens.
    pub absolute: SignedDuration,
    /// A session ends when it was not used for so long.
    pub idle: SignedDuration,
    /// A spent refresh token may come again for so long, for the case that the answer got lost.
    pub grace: SignedDuration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            absolute: SignedDuration::from_hours(30 * 24),
            idle: SignedDuration::from_hours(14 * 24),
            grace: SignedDuration::from_secs(10),
        }
    }
}

impl Lifetimes {
    /// When a session made now ends whatever happens.
    #[must_use]
    pub fn session_end(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.absolute).expect("adding a duration of hours saturates")
    }

    /// Until when a session used now lives without being used again.
    #[must_use]
    pub fn idle_end(&self, now: Timestamp, session_end: Timestamp) -> Timestamp {
        now.saturating_add(self.idle)
            .expect("adding a duration of hours saturates")
            .min(session_end)
    }
}

/// What decides whether a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionState {
    /// Whether somebody ended it: signed out, reuse of a token, an administrator.
    pub ended: bool,
    /// Whether its user can sign in.
    pub user_active: bool,
    /// When it ends whatever happens.
    pub expire_time: Timestamp,
    /// When it ends without being used.
    pub idle_expire_time: Timestamp,
}

impl SessionState {
    /// Whether the session's credentials work. A session is over in the instant of its end.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.ended && self.user_active && now < self.expire_time && now < self.idle_expire_time
    }
}

/// What a device calls itself, made fit to be shown: no control characters, at most 200 characters.
#[must_use]
pub fn device_name(user_agent: &str) -> String {
    user_agent
        .chars()
        .filter(|letter| !letter.is_control())
        .take(200)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const LIVE: fn() -> SessionState = || SessionState {
        ended: false,
        user_active: true,
        expire_time: at(100),
        idle_expire_time: at(50),
    };

    #[test]
    fn a_session_is_over_in_the_instant_of_its_end() {
        assert!(LIVE().is_live(at(49)));
        assert!(!LIVE().is_live(at(50)));
        assert!(
            !SessionState {
                idle_expire_time: at(200),
                ..LIVE()
            }
            .is_live(at(100))
        );
        assert!(!SessionState { ended: true, ..LIVE() }.is_live(at(0)));
        assert!(
            !SessionState {
                user_active: false,
                ..LIVE()
            }
            .is_live(at(0))
        );
    }

    #[test]
    fn nothing_outlives_the_session() {
        let lifetimes = Lifetimes::default();
        let end = lifetimes.session_end(at(0));
        assert_eq!(end, at(30 * 86_400));
        assert_eq!(lifetimes.idle_end(at(0), end), at(14 * 86_400));
        assert_eq!(lifetimes.idle_end(at(29 * 86_400), end), end);
    }

    #[test]
    fn device_names_are_short_and_plain() {
        assert_eq!(device_name(" curl/8.9\r\n{\"level\":\"x\"}\0 "), "curl/8.9{\"level\":\"x\"}");
        assert_eq!(device_name(&"ä".repeat(500)).chars().count(), 200);
        for kind in [SessionKind::Browser, SessionKind::Native] {
            assert_eq!(SessionKind::parse(kind.id()), Some(kind));
        }
    }
}
