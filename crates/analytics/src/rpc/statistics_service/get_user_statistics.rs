//! Answers a person's numbers, summed over the projects whose numbers the caller may see: nothing of any other project is in them.

use tasktracker_identity::Call;
use tasktracker_proto::analytics::v1::{GetUserStatisticsRequest, GetUserStatisticsResponse, UserStatistics};
use tasktracker_proto::auth::v1::Permission;
use tasktracker_server::RpcError;
use tasktracker_server::time::to_proto;

use super::convert;
use crate::app::App;
use crate::consistency::{self, Token};
use crate::domain::days::Asked;
use crate::domain::zone::Zone;

pub async fn get_user_statistics(app: &App, call: &Call, request: GetUserStatisticsRequest) -> Result<GetUserStatisticsResponse, RpcError> {
    let user_id = convert::id("user_id", &request.user_id)?;
    let asked = Asked::read(&request.start_date, &request.end_date).map_err(convert::refused)?;
    let days = asked.on(Zone::UTC.day_of(app.now())).map_err(convert::refused)?;
    let token = Token::read(&request.consistency_token)?;
    let caller = call.user_id()?;
    let accessible = app.access.accessible(call, Permission::AnalyticsView).await?;
    consistency::reach(app, call, token).await?;

    let now = app.now();
    let (is_known, sum) = app.numbers().of_user(user_id, &accessible.project_ids, asked, now).await?;
    // Whoever calls exists, even where the news of it has not come yet.
    if !is_known && user_id != caller {
        return Err(RpcError::not_found("user"));
    }
    Ok(GetUserStatisticsResponse {
        statistics: Some(UserStatistics {
            user_id: user_id.to_string(),
            category_counts: convert::category_counts(&sum),
            overdue_count: convert::to_count(sum.overdue),
            days: convert::day_counts(&sum, days),
            as_of_time: Some(to_proto(now)),
        }),
    })
}
