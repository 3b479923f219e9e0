//! Headers of an event as one text: a JSON list of names and values, so that an operator can read them in the table. Bytes that are no text
//! are hexadecimal digits in a list of their own, and come back as they were.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::event::Headers;

/// As they are kept.
pub(super) fn write(headers: &Headers) -> String {
    let list: Vec<Value> = headers
        .iter()
        .map(|(name, value)| match std::str::from_utf8(value) {
            // No store takes a NUL in text.
            Ok(text) if !text.contains('\0') => json!([name, text]),
            _ => json!([name, [hexadecimal(value)]]),
        })
        .collect();
    Value::from(list).to_string()
}

/// As they came. What is not readable is left out: it is only for looking at.
pub(super) fn read(text: &str) -> Headers {
    let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    list.iter().filter_map(header).collect()
}

fn header(value: &Value) -> Option<(String, Bytes)> {
    let name = value.get(0)?.as_str()?.to_owned();
    let value = value.get(1)?;
    let bytes = match value.as_str() {
        Some(text) => Bytes::copy_from_slice(text.as_bytes()),
        None => Bytes::from(bytes(value.get(0)?.as_str()?)?),
    };
    Some((name, bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_were() {
        let headers: Headers = [
            ("ce_id", b"x\"y\\z" as &[u8]),
            ("odd", &[0xff, 0x00, 0x0a]),
            ("", b""),
            ("ce_id", "again Ü 🦀".as_bytes()),
            ("nul", b"a\0b"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Bytes::from_static(value)))
        .collect();
        assert_eq!(read(&write(&headers)), headers);
        assert!(!write(&headers).contains('\0'));
        assert_eq!(read("no list"), Headers::new());
    }
}
