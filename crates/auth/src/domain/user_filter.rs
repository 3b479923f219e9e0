//! The filter of the directory: `display_name:"ada" AND state = ACTIVE AND email = "ada@example.com"`. Terms are joined by AND; anything
//! else is an error that says where.

use super::display_name::folded;
use super::email::Email;

/// At most so many terms.
const MAX_TERMS: usize = 20;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// The folded name contains this folded text.
    NameContains(String),
    /// Only people who can sign in (`true`), or only those who cannot.
    Active(bool),
    /// The canonical address is this.
    Email(String),
}

/// What is wrong with a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidFilter(String);

fn wrong<T>(message: impl Into<String>) -> Result<T, InvalidFilter> {
    Err(InvalidFilter(message.into()))
}

/// Reads a filter; an empty one has no terms.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(filter: &str) -> Result<Vec<Term>, InvalidFilter> {
    let mut words = words(filter)?.into_iter().peekable();
    let mut terms = Vec::new();
    while words.peek().is_some() {
        if !terms.is_empty() && words.next() != Some(Word::Bare("AND".to_owned())) {
            return wrong("terms must be joined by AND");
        }
        let (Some(Word::Bare(field)), Some(Word::Sign(sign)), Some(Word::Bare(value) | Word::Quoted(value))) =
            (words.next(), words.next(), words.next())
        else {
            return wrong("each term must be a field, : or =, and a value");
        };
        if terms.len() == MAX_TERMS {
            return wrong(format!("must have at most {MAX_TERMS} terms"));
        }
        terms.push(term(&field, sign, &value)?);
    }
    Ok(terms)
}

fn term(field: &str, sign: char, value: &str) -> Result<Term, InvalidFilter> {
    match (field, sign) {
        ("display_name", ':') => Ok(Term::NameContains(folded(value))),
        ("state", '=') => match value.strip_prefix("USER_STATE_").unwrap_or(value) {
            "ACTIVE" => Ok(Term::Active(true)),
            "DEACTIVATED" => Ok(Term::Active(false)),
            _ => wrong("state must be ACTIVE or DEACTIVATED"),
        },
        ("email", '=') => match Email::parse(value) {
            Ok(email) => Ok(Term::Email(email.canonical().to_owned())),
            Err(error) => wrong(format!("email {error}")),
        },
        ("display_name" | "state" | "email", _) => wrong(format!("{field} cannot be compared with {sign}")),
        _ => wrong("the fields are display_name, state and email"),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Bare(String),
    Quoted(String),
    Sign(char),
}

fn words(text: &str) -> Result<Vec<Word>, InvalidFilter> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => {}
            ':' | '=' => words.push(Word::Sign(letter)),
            '"' => words.push(Word::Quoted(quoted(&mut letters)?)),
            first if first.is_alphanumeric() => {
                let mut word = String::from(first);
                while let Some(next) = letters.next_if(|next| next.is_alphanumeric() || "_.@+-".contains(*next)) {
                    word.push(next);
                }
                words.push(Word::Bare(word));
            }
            other => return wrong(format!("must not hold {other:?} outside of quotes")),
        }
    }
    Ok(words)
}

/// The rest of a quoted text; `\"` and `\\` stand for themselves.
fn quoted(letters: &mut impl Iterator<Item = char>) -> Result<String, InvalidFilter> {
    let mut value = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return Ok(value),
            '\\' => match letters.next() {
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                _ => return wrong("after \\ there must be \" or \\"),
            },
            other => value.push(other),
        }
    }
    wrong("a quote is not closed")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn filters_are_read() {
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("   "), Ok(vec![]));
        let name = |text: &str| Term::NameContains(text.to_owned());
        assert_eq!(parse("display_name:ada"), Ok(vec![name("ada")]));
        assert_eq!(parse("display_name:ZOË"), Ok(vec![name("zoë")]));
        assert_eq!(parse(r#"display_name : "Ada \"B\" \\ %_""#), Ok(vec![name("ada \"b\" \\ %_")]));
        assert_eq!(
            parse(r#"display_name:"ada" AND state = ACTIVE AND email="Ada@Example.com""#),
            Ok(vec![name("ada"), Term::Active(true), Term::Email("ada@example.com".to_owned())])
        );
        assert_eq!(parse("state=USER_STATE_DEACTIVATED"), Ok(vec![Term::Active(false)]));
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let many = vec!["state=ACTIVE"; 21].join(" AND ");
        for text in [
            "ada",
            "display_name",
            "display_name:",
            "display_name = ada",
            "state:ACTIVE",
            "state = SLEEPING",
            "email = nobody",
            "password = \"x\"",
            "state = ACTIVE OR state = DEACTIVATED",
            "state = ACTIVE state = ACTIVE",
            "state = ACTIVE AND",
            "AND state = ACTIVE",
            "display_name:\"ada",
            "display_name:\"a\\n\"",
            "title = \"x\" OR 1=1",
            "'; DROP TABLE users",
            "(state = ACTIVE)",
            &many,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn any_value_survives_quoting(value in "\\PC{0,30}") {
            let filter = format!("display_name:\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(parse(&filter), Ok(vec![Term::NameContains(folded(&value))]));
        }
    }
}
