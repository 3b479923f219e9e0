//! Lints of the messages that an RPC takes and answers.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::protos::{Rpc, holds};

/// Every text in a request has a rule that bounds it; masks and resources are checked where they are declared.
pub fn request_strings_are_bounded(rpc: &Rpc) -> Vec<String> {
    let request = rpc.method.input();
    let Some(rule) = request.parent_pool().get_extension_by_name("buf.validate.field") else {
        return Vec::new();
    };
    let texts = request.fields().filter(|field| matches!(field.kind(), Kind::String | Kind::Bytes));
    texts
        .filter(|field| !field.options().has_extension(&rule))
        .map(|field| format!("`{}` of the request has no buf.validate rule", field.name()))
        .collect()
}

/// Instants are Timestamps named `..._time`, and nothing else is.
pub fn times_are_named_so(rpc: &Rpc) -> Vec<String> {
    let mut complaints = Vec::new();
    for field in own_fields(rpc) {
        let is_instant = holds(&field, "google.protobuf.Timestamp");
        // `local_date_time` is a deadline on somebody's wall clock: a text, and no instant.
        let is_named_so = field.name().ends_with("_time") && field.name() != "local_date_time";
        if is_instant != is_named_so && field.name() != "time" {
            complaints.push(format!("`{}`: instants, and only they, are named `..._time`", field.full_name()));
        }
    }
    complaints
}

/// No 64-bit numbers where JSON is spoken: they become texts there.
pub fn numbers_survive_json(rpc: &Rpc) -> Vec<String> {
    const WIDE: [Kind; 5] = [Kind::Int64, Kind::Uint64, Kind::Sint64, Kind::Fixed64, Kind::Sfixed64];
    let wide = own_fields(rpc)
        .into_iter()
        .filter(|field| rpc.is_exposed() && WIDE.contains(&field.kind()));
    // Sizes of files go beyond 2^31; every client has to take them as texts.
    wide.filter(|field| !field.name().ends_with("_bytes") && field.name() != "offset")
        .map(|field| format!("`{}`: a 64-bit number is a text in JSON; use int32 or double", field.full_name()))
        .collect()
}

/// Reasons of errors fit into ErrorInfo.
pub fn long_reasons(pool: &DescriptorPool) -> Vec<String> {
    let reasons = pool.get_enum_by_name("tasktracker.type.v1.ErrorReason");
    reasons
        .iter()
        .flat_map(|reasons| reasons.values().filter_map(|value| long_reason(value.name())).collect::<Vec<_>>())
        .collect()
}

/// ErrorInfo takes 63 characters.
fn long_reason(name: &str) -> Option<String> {
    let reason = name.trim_start_matches("ERROR_REASON_");
    (reason.len() > 63).then(|| format!("{name}: longer than 63 characters"))
}

/// Fields of all our messages that an RPC takes or answers, at any depth, by name.
fn own_fields(rpc: &Rpc) -> Vec<FieldDescriptor> {
    let mut messages: BTreeMap<String, MessageDescriptor> = BTreeMap::new();
    let mut waiting = vec![rpc.method.input(), rpc.method.output()];
    while let Some(message) = waiting.pop() {
        if message.package_name().starts_with("tasktracker.") && messages.insert(message.full_name().to_owned(), message.clone()).is_none()
        {
            waiting.extend(message.fields().filter_map(|field| field.kind().as_message().cloned()));
        }
    }
    messages.values().flat_map(|message| message.fields().collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{complaints, route};
    use super::*;

    #[test]
    fn unbounded_texts() {
        let bounded = "string name = 1 [(buf.validate.field).string.max_len = 9]; int32 size = 2; Thing thing = 3;";
        assert!(complaints(request_strings_are_bounded, "GetThing", "", bounded, "").is_empty());
        assert_eq!(
            complaints(
                request_strings_are_bounded,
                "GetThing",
                "",
                "string name = 1; repeated string names = 2;",
                ""
            )
            .len(),
            2
        );
    }

    #[test]
    fn times() {
        let good = "google.protobuf.Timestamp due_time = 1;";
        assert!(complaints(times_are_named_so, "GetThing", "", "", good).is_empty());
        assert_eq!(
            complaints(
                times_are_named_so,
                "GetThing",
                "",
                "string due_time = 1;",
                "google.protobuf.Timestamp due = 1;"
            )
            .len(),
            2
        );
    }

    #[test]
    fn wide_numbers() {
        let options = route(r#"get: "/v1/things""#);
        assert_eq!(
            complaints(
                numbers_survive_json,
                "GetThing",
                &options,
                "",
                "int64 count = 1; int64 size_bytes = 2; int32 small = 3;"
            )
            .len(),
            1
        );
        assert!(complaints(numbers_survive_json, "GetThing", "", "", "int64 revision = 1;").is_empty());
    }

    #[test]
    fn reasons() {
        assert!(long_reason(&format!("ERROR_REASON_{}", "A".repeat(63))).is_none());
        assert!(long_reason(&format!("ERROR_REASON_{}", "A".repeat(64))).is_some());
    }
}
