//! JSON, strictly: one value and nothing after it, valid UTF-8, no key twice, at most 128 levels deep (serde_json's own limit).

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use tasktracker_server::RpcError;

use crate::failure::Failure;

/// Reads a body.
///
/// # Errors
/// It is no JSON in this sense.
pub fn parse(bytes: &[u8]) -> Result<Value, Failure> {
    match serde_json::from_slice::<Strict>(bytes) {
        Ok(Strict(value)) => Ok(value),
        Err(error) => Err(malformed(&error)),
    }
}

fn malformed(error: &serde_json::Error) -> Failure {
    // The parser's words name a place and what is wrong there; they hold nothing of ours.
    Failure::malformed(format!("the body is no valid JSON: {error}"))
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands there twice")));
            }
            let Strict(value) = entries.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// The body is JSON, but no object.
#[must_use]
pub fn no_object(field: &str) -> RpcError {
    RpcError::invalid(field, "must be a JSON object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_parsers_let_pass_is_refused() {
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        for wrong in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            "{} {}",
            "{}x",
            "{'a':1}",
            "[1,]",
            "NaN",
            "1e400",
            "",
            "{\"a\":\"\u{1}\"}",
            &deep,
        ] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong:.40}");
        }
        assert!(parse(b"{\"a\":\"\xff\"}").is_err());
        assert_eq!(
            parse(b" {\"a\": [1, -2, 9007199254740993, null, true, \"x\"]} ").unwrap(),
            serde_json::json!({"a": [1, -2, 9007199254740993_i64, null, true, "x"]})
        );
    }
}
