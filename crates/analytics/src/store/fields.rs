//! The fields of a document, and how they are written as JSON: the same bytes for the same fields.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value. There is nothing else: no lists, no documents in documents, no missing values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes; in JSON `{"$binary": "base64"}`.
    Bytes(Vec<u8>),
}

/// Fields by name, in the order of names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub BTreeMap<String, Value>);

impl Fields {
    /// Adds a number.
    #[must_use]
    pub fn number(mut self, name: impl Into<String>, number: i64) -> Self {
        self.0.insert(name.into(), Value::Number(number));
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.insert(name.into(), Value::Text(text.into()));
        self
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.into(), Value::Bytes(bytes.into()));
        self
    }

    /// The number of this name.
    #[must_use]
    pub fn get_number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text of this name.
    #[must_use]
    pub fn get_text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of this name.
    #[must_use]
    pub fn get_bytes(&self, name: &str) -> Option<&[u8]> {
        match self.0.get(name)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Adds to a number; one that becomes zero vanishes.
    pub fn add(&mut self, name: &str, amount: i64) {
        let sum = self.get_number(name).unwrap_or_default() + amount;
        if sum == 0 {
            self.0.remove(name);
        } else {
            self.0.insert(name.to_owned(), Value::Number(sum));
        }
    }

    /// All numbers, in the order of their names.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().filter_map(|(name, value)| match value {
            Value::Number(number) => Some((name.as_str(), *number)),
            _ => None,
        })
    }
}

const BINARY: &str = "$binary";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(BINARY, &STANDARD.encode(bytes))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, a text, or bytes")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Number).map_err(E::custom)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match map.next_entry::<String, String>()? {
            Some((name, text)) if name == BINARY => STANDARD.decode(text).map(Value::Bytes).map_err(A::Error::custom),
            _ => Err(A::Error::custom("a document in a document")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_json_and_are_always_written_alike() {
        let fields = Fields::default()
            .text("b", "x \"|\u{1f980}")
            .number("a", i64::MIN)
            .bytes("c", [0, 255]);
        let json = serde_json::to_string(&fields).unwrap();
        assert_eq!(
            json,
            "{\"a\":-9223372036854775808,\"b\":\"x \\\"|\u{1f980}\",\"c\":{\"$binary\":\"AP8=\"}}"
        );
        assert_eq!(serde_json::from_str::<Fields>(&json).unwrap(), fields);
        for damaged in [
            "{\"a\":1.5}",
            "{\"a\":null}",
            "{\"a\":[1]}",
            "{\"a\":{\"b\":\"c\"}}",
            "{\"a\":{\"$binary\":\"?\"}}",
        ] {
            assert!(serde_json::from_str::<Fields>(damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn sums_that_become_zero_vanish() {
        let mut fields = Fields::default();
        fields.add("n", 2);
        fields.add("n", -3);
        assert_eq!(fields.get_number("n"), Some(-1));
        fields.add("n", 1);
        assert_eq!(fields, Fields::default());
    }
}
