//! What lists are refused for, and how their pages are asked for.

use tasktracker_database::cursor::Context;
use tasktracker_database::page::Paging;
use tasktracker_identity::Call;
use tasktracker_server::RpcError;

use crate::app::App;
use crate::domain::filter::BadFilter;
use crate::domain::order::BadOrder;

/// Longest description of what is wrong with a filter: it may quote the filter, and travels in a header.
const LONGEST_PROBLEM: usize = 500;

/// Reads a request for a page. `parts` are those of the request that must be the same on every page; the size may change.
///
/// # Errors
/// INVALID_ARGUMENT for a token that is not of this list and caller.
pub fn open(app: &App, call: &Call, rpc: &str, page_size: i32, page_token: &str, parts: &[(&str, String)]) -> Result<Paging, RpcError> {
    let context = Context::new(rpc, &call.caller().to_string());
    let context = parts.iter().fold(context, |context, (name, value)| context.with(name, value));
    Paging::open(&app.sealer, context, page_size, page_token)
}

/// A filter that cannot be read.
pub fn bad_filter(bad: &BadFilter) -> RpcError {
    let mut problem = bad.to_string();
    if problem.len() > LONGEST_PROBLEM {
        problem.truncate(problem.floor_char_boundary(LONGEST_PROBLEM));
        problem.push_str("...");
    }
    RpcError::invalid("filter", problem)
}

/// An order that cannot be read.
pub fn bad_order(bad: &BadOrder) -> RpcError {
    RpcError::invalid("order_by", bad.to_string())
}
