//! Answers how far each source of events has been counted, and what could not be.

use jiff::Timestamp;
use tasktracker_database::Failure;
use tasktracker_events::Topic;
use tasktracker_events::transport::Place;
use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetProjectionStatusRequest, GetProjectionStatusResponse, ProjectionStatus, SourceStatus};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use crate::app::App;
use crate::consumers::projection::TOPICS;
use crate::records::archive;
use crate::records::ids::{self, Generation};
use crate::store::{Document, HEAD, end_of, generation_of};

pub async fn get_projection_status(
    app: &App,
    call: &Call,
    _request: GetProjectionStatusRequest,
) -> Result<GetProjectionStatusResponse, RpcError> {
    let granted = app.access.in_system(call).await?;
    granted.require_in_system(Permission::OperationManage)?;

    let ends = app.events.ends(&TOPICS).await;
    let ends = ends.map_err(|error| RpcError::unavailable("what brings events", error))?;
    let mut wanted = vec![HEAD.to_owned()];
    wanted.extend(ends.iter().map(|end| ids::source(end.topic.name, end.partition)));
    let documents = app.store().get(&wanted).await?;
    let find = |id: &str| documents.iter().find(|document| document.id == id);
    let archived = app.store().count(archive::ALL, &end_of(archive::ALL)).await?;
    let dead = app.consumers.dead_letters().count().await.map_err(Failure::from)?;
    let sources = TOPICS.map(|topic| {
        let parts = ends.iter().filter(|end| end.topic == topic);
        source(topic, parts.map(|end| (end, find(&ids::source(topic.name, end.partition)))))
    });
    Ok(GetProjectionStatusResponse {
        status: Some(ProjectionStatus {
            generation: Generation(find(HEAD).map_or(1, generation_of)).name(),
            sources: sources.into(),
            dead_letter_count: i32::try_from(dead).unwrap_or(i32::MAX),
            archived_event_count: i32::try_from(archived).unwrap_or(i32::MAX),
        }),
    })
}

/// All parts of a topic together: each with its end and what is noted of it.
fn source<'a>(topic: Topic, parts: impl Iterator<Item = (&'a Place, Option<&'a Document>)>) -> SourceStatus {
    let (mut counted, mut lag, mut last) = (0, 0, None);
    for (end, document) in parts {
        let number = |field: &str| document.and_then(|document| document.fields.get_number(field));
        let position = number("position").unwrap_or_default();
        counted += position;
        lag += (end.position - position).max(0);
        last = last.max(number("time"));
    }
    SourceStatus {
        topic: topic.name.to_owned(),
        position: counted as f64,
        lag: i32::try_from(lag).unwrap_or(i32::MAX),
        last_occur_time: last.and_then(|micros| Timestamp::from_microsecond(micros).ok()).map(to_proto),
    }
}
