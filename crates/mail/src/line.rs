//! One line of text, as it may stand in a header: whatever it is made from, it cannot begin another header.

use std::fmt;
use std::str::FromStr;

/// The longest line: a header of many kilobytes helps nobody.
const LONGEST: usize = 1000;

/// One line of visible text: no control characters, no line separators, no marks that change the direction of what follows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line(String);

impl Line {
    /// The text as one line: what breaks lines or hides becomes a space, runs of spaces become one, and what is too long is cut.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut line = String::with_capacity(text.len().min(LONGEST));
        for word in text
            .split(|letter: char| letter.is_whitespace() || is_unfit(letter))
            .filter(|word| !word.is_empty())
        {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            if line.len() > LONGEST {
                break;
            }
        }
        if line.len() > LONGEST {
            line.truncate(line.floor_char_boundary(LONGEST - 3));
            line.truncate(line.trim_end().len());
            line.push('…');
        }
        Self(line)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::of(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::of(&text)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Controls, line separators, and marks that make text read another way than it is written.
fn is_unfit(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text cannot be the name of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name of an extra header must be X- and up to 60 ASCII letters, digits and hyphens")]
pub struct BadHeaderName;

/// The name of an extra header: `X-` and letters, digits and hyphens, so it is none that means something to mail programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderName(String);

impl HeaderName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HeaderName {
    type Err = BadHeaderName;

    fn from_str(name: &str) -> Result<Self, BadHeaderName> {
        let rest = name.strip_prefix("X-").ok_or(BadHeaderName)?;
        let fits = (1..=60).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if fits { Ok(Self(name.to_owned())) } else { Err(BadHeaderName) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_breaks_lines_becomes_a_space() {
        assert_eq!(
            Line::of("  Hello,\r\nBcc: all@example.com\u{2028}x\0y\tz ").as_str(),
            "Hello, Bcc: all@example.com x y z"
        );
        assert_eq!(Line::of("Задача\u{202e}txt").as_str(), "Задача txt");
        assert!(Line::of(" \r\n ").is_empty());
        let long = Line::of(&"я".repeat(5000));
        assert!(long.as_str().len() <= LONGEST + 3 && long.as_str().ends_with("я…"));
    }

    #[test]
    fn extra_headers_are_x_headers() {
        assert_eq!(
            "X-TaskTracker-Reason".parse::<HeaderName>().unwrap().as_str(),
            "X-TaskTracker-Reason"
        );
        for name in ["", "X-", "To", "Bcc", "x-a", "X-A:", "X-A B", "X-A\r\nTo", "X-é"] {
            assert_eq!(name.parse::<HeaderName>(), Err(BadHeaderName), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_one_line(text in any::<String>()) {
            let line = Line::of(&text);
            prop_assert!(line.as_str().chars().all(|letter| !is_unfit(letter)));
            prop_assert_eq!(&Line::of(line.as_str()), &line);
        }
    }
}
