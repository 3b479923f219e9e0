//! Reads the values of a filter: each kind of field has its own way of writing them.

use jiff::{Timestamp, Unit};
use uuid::Uuid;

use super::super::choices::Named;
use super::super::due::parse_date;
use super::super::ids::{UserId, parse_uuid};
use super::expression::Literal;
use super::syntax::{BadFilter, Word};

/// The caller, where a person is meant.
const ME: &str = "me";

pub(super) fn id(word: &Word) -> Result<Uuid, BadFilter> {
    parse_uuid(&word.text).map_err(|_| expected(word, "an id (a UUID)"))
}

pub(super) fn person(word: &Word, me: UserId) -> Result<Uuid, BadFilter> {
    if !word.quoted && word.text == ME {
        return Ok(me.uuid());
    }
    parse_uuid(&word.text).map_err(|_| expected(word, "a user's id (a UUID), or `me`"))
}

pub(super) fn integer(word: &Word) -> Result<Literal, BadFilter> {
    word.text
        .parse()
        .map(Literal::Integer)
        .map_err(|_| expected(word, "a whole number"))
}

pub(super) fn decimal(word: &Word) -> Result<Literal, BadFilter> {
    let number: Option<f64> = word.text.parse().ok();
    number
        .filter(|number| number.is_finite())
        .map(Literal::Decimal)
        .ok_or_else(|| expected(word, "a number"))
}

pub(super) fn choice(word: &Word, names: &[Named]) -> Result<Literal, BadFilter> {
    let named = names
        .iter()
        .find(|named| word.text.eq_ignore_ascii_case(named.short) || word.text.eq_ignore_ascii_case(named.name));
    let possible = || names.iter().map(|named| named.short).collect::<Vec<_>>().join(", ");
    named
        .map(|named| Literal::Integer(named.number.into()))
        .ok_or_else(|| expected(word, &format!("one of {}", possible())))
}

pub(super) fn date(word: &Word) -> Result<Literal, BadFilter> {
    parse_date(&word.text)
        .map(Literal::Date)
        .map_err(|_| expected(word, "a day, YYYY-MM-DD"))
}

pub(super) fn date_or_instant(word: &Word) -> Result<Literal, BadFilter> {
    let stored_precision = |instant: Timestamp| instant.round(Unit::Microsecond).ok();
    parse_date(&word.text)
        .map(Literal::Date)
        .ok()
        .or_else(|| word.text.parse().ok().and_then(stored_precision).map(Literal::Instant))
        .ok_or_else(|| expected(word, "a day, YYYY-MM-DD, or a time such as 2026-05-01T10:00:00Z"))
}

pub(super) fn flag(word: &Word) -> Result<Literal, BadFilter> {
    word.text.parse().map(Literal::Flag).map_err(|_| expected(word, "true or false"))
}

fn expected(word: &Word, what: &str) -> BadFilter {
    BadFilter::new(word.position, format!("expected {what}"))
}
