//! How the pages of these lists are asked for. A page is merged from several services.

use tasktracker_database::cursor::Context;
use tasktracker_database::page::Paging;
use tasktracker_identity::Call;
use tasktracker_server::RpcError;

use crate::operations::{Operations, SERVICE};

/// Reads a request for a page. `parts` are those of the request that must be the same on every page; the size may change.
///
/// # Errors
/// INVALID_ARGUMENT for a token that is not of this list and caller.
pub fn open(
    operations: &Operations,
    call: &Call,
    rpc: &str,
    (size, token): (i32, &str),
    parts: &[(&str, &str)],
) -> Result<Paging, RpcError> {
    let context = Context::new(&format!("{SERVICE}/{rpc}"), &call.caller().to_string());
    let context = parts.iter().fold(context, |context, (name, value)| context.with(name, value));
    Paging::open(&operations.sealer, context, size, token)
}
