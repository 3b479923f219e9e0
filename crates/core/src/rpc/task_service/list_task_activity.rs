//! Lists what happened to a task, the newest first.

use std::collections::BTreeMap;

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Value as Json;
use tasktracker_database::Failure;
use tasktracker_identity::Call;
use tasktracker_proto::core::v1::{Activity, FieldChange, ListTaskActivityRequest, ListTaskActivityResponse};
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;
use uuid::Uuid;

use super::{convert, load};
use crate::app::App;
use crate::db::activity_pages::{self, ActivityRow};
use crate::rpc::paging;

const RPC: &str = "tasktracker.core.v1.TaskService/ListTaskActivity";

pub async fn list_task_activity(app: &App, call: &Call, request: ListTaskActivityRequest) -> Result<ListTaskActivityResponse, RpcError> {
    let task = convert::task_ref("task_id", &request.task_id)?;
    let (task, _) = load::visible(app, call, &task).await?;

    let parts = [("parent", task.id.to_string())];
    let paging = paging::open(app, call, RPC, request.page_size, &request.page_token, &parts)?;
    let after = paging.after(&activity_pages::keys())?;
    let mut rows = activity_pages::list_of_task(app.db.reader(), task.id, after, paging.limit())
        .await
        .map_err(Failure::from)?;
    let next_page_token = paging.finish(&mut rows, weight, |row| vec![row.seq.into()]);
    let activities = rows.into_iter().map(|row| of_row(row, task.id)).collect();
    Ok(ListTaskActivityResponse {
        activities,
        next_page_token,
    })
}

/// Bytes of the values before and after: descriptions and comments may be long.
fn weight(row: &ActivityRow) -> usize {
    let length = |value: &serde_json::Value| value.as_str().map_or(100, str::len);
    row.changes
        .iter()
        .map(|change| length(&change.before) + length(&change.after))
        .sum()
}

fn of_row(row: ActivityRow, task_id: Uuid) -> Activity {
    let change = |change: activity_pages::RecordedChange| FieldChange {
        field: change.field,
        before: Some(to_value(change.before)),
        after: Some(to_value(change.after)),
    };
    Activity {
        id: row.id.to_string(),
        task_id: task_id.to_string(),
        actor_id: row.actor,
        create_time: Some(to_proto(row.create_time.into())),
        kind: row.kind,
        changes: row.changes.into_iter().map(change).collect(),
        comment_id: row.comment_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// JSON as a message. Numbers of JSON messages are doubles; what a field can hold is exact in them.
fn to_value(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(values) => Kind::ListValue(ListValue {
            values: values.into_iter().map(to_value).collect(),
        }),
        Json::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().map(|(name, value)| (name, to_value(value))).collect();
            Kind::StructValue(Struct { fields })
        }
    };
    Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_of_every_kind() {
        let list = |values: &[&str]| {
            Kind::ListValue(ListValue {
                values: values.iter().map(|text| to_value(json!(text))).collect(),
            })
        };
        for (given, expected) in [
            (Json::Null, Kind::NullValue(0)),
            (json!(true), Kind::BoolValue(true)),
            (json!(2.5), Kind::NumberValue(2.5)),
            (json!("ü"), Kind::StringValue("ü".to_owned())),
            (json!(["a", "b"]), list(&["a", "b"])),
        ] {
            assert_eq!(to_value(given).kind, Some(expected));
        }
        let Some(Kind::StructValue(due)) = to_value(json!({"date": "2026-05-01"})).kind else {
            panic!("an object is a struct")
        };
        assert_eq!(due.fields["date"].kind, Some(Kind::StringValue("2026-05-01".to_owned())));
    }
}
