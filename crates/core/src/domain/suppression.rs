//! When an address gets no more mail. Mail that bounces or is called spam costs the whole installation its good name with other mail servers.

use std::time::Duration;

/// Why an address gets no mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suppression {
    /// A mail came back, and the next one would, too.
    Bounce,
    /// Its reader says that our mail is spam.
    Complaint,
    /// The mail server refused the address for good.
    Rejected,
    /// Mails came back too often, though each time for a reason that may pass: for a while only.
    Repeated,
}

/// What was told of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Nothing will ever arrive there.
    PermanentBounce,
    /// It did not arrive this time.
    TransientBounce,
    /// Its reader says that it is spam.
    Complaint,
}

impl Suppression {
    /// How long mails that came back count together.
    pub const WINDOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// So many are too often.
    pub const TOO_OFTEN: u64 = 3;
    /// How long `Repeated` lasts.
    pub const PAUSE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    const ALL: [Self; 4] = [Self::Bounce, Self::Complaint, Self::Rejected, Self::Repeated];

    /// What follows for the address from what was told; `before` mails came back within the window before this one.
    #[must_use]
    pub fn following(told: Told, before: u64) -> Option<Self> {
        match told {
            Told::PermanentBounce => Some(Self::Bounce),
            Told::Complaint => Some(Self::Complaint),
            Told::TransientBounce => (before + 1 >= Self::TOO_OFTEN).then_some(Self::Repeated),
        }
    }

    /// Its number in the database.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Bounce => 1,
            Self::Complaint => 2,
            Self::Rejected => 3,
            Self::Repeated => 4,
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|suppression| suppression.number() == number)
    }

    /// One word for metrics and operators.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Complaint => "complaint",
            Self::Rejected => "rejected",
            Self::Repeated => "repeated",
        }
    }
}

impl Told {
    /// Its number in the database.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::PermanentBounce => 1,
            Self::TransientBounce => 2,
            Self::Complaint => 3,
        }
    }

    /// One word for metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PermanentBounce => "permanent_bounce",
            Self::TransientBounce => "transient_bounce",
            Self::Complaint => "complaint",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_news_ends_mails_and_passing_trouble_only_when_it_repeats() {
        assert_eq!(Suppression::following(Told::PermanentBounce, 0), Some(Suppression::Bounce));
        assert_eq!(Suppression::following(Told::Complaint, 0), Some(Suppression::Complaint));
        for (before, expected) in [
            (0, None),
            (1, None),
            (2, Some(Suppression::Repeated)),
            (9, Some(Suppression::Repeated)),
        ] {
            assert_eq!(Suppression::following(Told::TransientBounce, before), expected, "{before}");
        }
    }

    #[test]
    fn numbers_are_kept() {
        for (number, word) in [(1, "bounce"), (2, "complaint"), (3, "rejected"), (4, "repeated")] {
            assert_eq!(Suppression::from_number(number).map(Suppression::word), Some(word));
        }
        assert_eq!(Suppression::from_number(0), None);
    }
}
