//! Documents as BSON: `_id`, `revision`, and the fields as one document in it, which is replaced as a whole. Nothing is nested deeper, and
//! no name has a dot or a dollar in it, so every server of the wire protocol takes them.

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document as Bsons, doc};

use crate::store::{Document, Fields, StoreError, Value};

/// As it is stored.
pub fn to_bson(id: &str, revision: i64, fields: &Fields) -> Bsons {
    let fields: Bsons = fields.0.iter().map(|(name, value)| (name.clone(), value_to_bson(value))).collect();
    doc! { "_id": id, "revision": revision, "fields": fields }
}

/// As it was stored.
///
/// # Errors
/// It is none of ours.
pub fn from_bson(stored: Bsons) -> Result<Document, StoreError> {
    let id = stored.get_str("_id").unwrap_or_default().to_owned();
    let revision = stored.get_i64("revision").map_err(|error| StoreError::damaged(&id, error))?;
    let mut fields = Fields::default();
    for (name, value) in stored.get_document("fields").map_err(|error| StoreError::damaged(&id, error))? {
        let value = match value {
            Bson::Int64(number) => Value::Number(*number),
            Bson::Int32(number) => Value::Number(i64::from(*number)),
            Bson::String(text) => Value::Text(text.clone()),
            Bson::Binary(binary) => Value::Bytes(binary.bytes.clone()),
            _ => {
                return Err(StoreError::damaged(
                    &id,
                    format!("the field {name} is neither number nor text nor bytes"),
                ));
            }
        };
        fields.0.insert(name.clone(), value);
    }
    Ok(Document { id, revision, fields })
}

fn value_to_bson(value: &Value) -> Bson {
    match value {
        Value::Number(number) => Bson::Int64(*number),
        Value::Text(text) => Bson::String(text.clone()),
        Value::Bytes(bytes) => Bson::Binary(Binary {
            subtype: BinarySubtype::Generic,
            bytes: bytes.clone(),
        }),
    }
}

/// About how many bytes the fields are.
pub fn size_of(fields: Option<&Fields>) -> usize {
    const NAMES: usize = 128;
    let value = |value: &Value| match value {
        Value::Number(_) => 8,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    };
    let fields = fields.map(|fields| fields.0.iter().map(|(name, of)| name.len() + 8 + value(of)).sum::<usize>());
    NAMES + fields.unwrap_or_default()
}
