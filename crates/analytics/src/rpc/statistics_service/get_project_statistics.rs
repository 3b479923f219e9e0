//! Answers a project's numbers: now, and day by day in its zone.

use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetProjectStatisticsRequest, GetProjectStatisticsResponse, ProjectStatistics};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use super::convert;
use crate::app::App;
use crate::consistency::{self, Token};
use crate::domain::days::Asked;

pub async fn get_project_statistics(
    app: &App,
    call: &Call,
    request: GetProjectStatisticsRequest,
) -> Result<GetProjectStatisticsResponse, RpcError> {
    let project_id = convert::id("project_id", &request.project_id)?;
    let asked = Asked::read(&request.start_date, &request.end_date).map_err(convert::refused)?;
    let token = Token::read(&request.consistency_token)?;
    let granted = app.access.in_project(call, project_id).await?;
    granted.require(Permission::AnalyticsView, "project")?;
    consistency::reach(app, call, token).await?;

    let now = app.now();
    let (zone, sum) = app.numbers().of_project(project_id, asked, now).await?;
    let days = asked.on(zone.day_of(now)).map_err(convert::refused)?;
    Ok(GetProjectStatisticsResponse {
        statistics: Some(ProjectStatistics {
            project_id: project_id.to_string(),
            category_counts: convert::category_counts(&sum),
            overdue_count: convert::to_count(sum.overdue),
            days: convert::day_counts(&sum, days),
            time_zone: zone.name().to_owned(),
            as_of_time: Some(to_proto(now)),
        }),
    })
}
