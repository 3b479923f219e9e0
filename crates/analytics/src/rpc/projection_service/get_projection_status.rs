//! Answers how far each source of events has been counted, and what could not be.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tasktracker_database::Failure;
use tasktracker_events::Topic;
use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetProjectionStatusRequest, GetProjectionStatusResponse, ProjectionStatus, SourceStatus};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::app::{App, Positions};
use crate::consumers::projection::TOPICS;
use crate::records::archive;
use crate::records::ids::{self, Generation};
use crate::store::{Document, HEAD, all_in, end_of, generation_of};

pub async fn get_projection_status(
    app: &App,
    call: &Call,
    _request: GetProjectionStatusRequest,
) -> Result<GetProjectionStatusResponse, RpcError> {
    let granted = app.access.in_system(call).await?;
    granted.require_in_system(Permission::OperationManage)?;

    let head = app.store().get(&[HEAD.to_owned()]).await?.pop();
    let all = (ids::SOURCES.to_owned(), end_of(ids::SOURCES));
    let counted = all_in(app.store(), &all).await?;
    let ends = app
        .ends
        .ask(&TOPICS)
        .await
        .map_err(|error| RpcError::unavailable("events", error))?;
    let archived = app.store().count(archive::ALL, &end_of(archive::ALL)).await?;
    let dead = app.consumers.dead_letters().count().await.map_err(Failure::from)?;
    let sources = TOPICS.iter().flat_map(|topic| sources(*topic, &counted, &ends)).collect();
    Ok(GetProjectionStatusResponse {
        status: Some(ProjectionStatus {
            generation: Generation(head.as_ref().map_or(1, generation_of)).name(),
            sources,
            dead_letter_count: i32::try_from(dead).unwrap_or(i32::MAX),
            archived_event_count: i32::try_from(archived).unwrap_or(i32::MAX),
        }),
    })
}

/// The parts of a topic, as far as anything is known of them; one part at least.
fn sources(topic: Topic, counted: &[Document], ends: &Positions) -> Vec<SourceStatus> {
    let of_topic = |document: &Document| ids::partition_of_source(&document.id, topic.name);
    let mut parts: BTreeSet<i32> = counted.iter().filter_map(of_topic).collect();
    parts.extend(ends.keys().filter(|(name, _)| name == topic.name).map(|(_, partition)| *partition));
    if parts.is_empty() {
        parts.insert(0);
    }
    let status = |partition: i32| {
        let document = counted.iter().find(|document| of_topic(document) == Some(partition));
        let number = |field: &str| document.and_then(|document| document.fields.get_number(field));
        let position = number("position").unwrap_or_default();
        let end = ends.get(&(topic.name.to_owned(), partition)).copied().unwrap_or_default();
        let time = number("time").and_then(|micros| Timestamp::from_microsecond(micros).ok());
        SourceStatus {
            topic: topic.name.to_owned(),
            partition,
            position: position as f64,
            lag: i32::try_from((end - position).max(0)).unwrap_or(i32::MAX),
            last_occur_time: time.map(to_proto),
        }
    };
    parts.into_iter().map(status).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Fields;

    #[test]
    fn each_part_of_a_topic_has_its_own_place() {
        let topic = Topic::CORE_TASK;
        let other = Topic::CORE_PROJECT;
        let place = |topic: Topic, partition, position| Document {
            id: ids::source(topic.name, partition),
            revision: 1,
            fields: Fields::default().number("position", position).number("time", 0),
        };
        let counted = [place(topic, 0, 5), place(topic, 10, 7), place(other, 0, 90)];
        let ends = [(0, 9), (2, 4), (10, 7)].map(|(partition, end)| ((topic.name.to_owned(), partition), end));
        let told = sources(topic, &counted, &ends.into());
        let told: Vec<_> = told
            .iter()
            .map(|of| (of.partition, of.position as i64, of.lag, of.last_occur_time.is_some()))
            .collect();
        assert_eq!(told, [(0, 5, 4, true), (2, 0, 4, false), (10, 7, 0, true)]);
        let nothing = sources(topic, &[], &Positions::new());
        assert_eq!(nothing.iter().map(|of| (of.partition, of.lag)).collect::<Vec<_>>(), [(0, 0)]);
    }
}
