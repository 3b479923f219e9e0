//! On which version an edit is based, by the etag inside the resource: where it is an older one, history says what has changed since.

use tasktracker_server::RpcError;

use crate::domain::version::Etag;

/// The older version that an edit is based on; none where it is based on the present one, or does not say.
///
/// # Errors
/// INVALID_ARGUMENT for what is no etag; ABORTED for a version that does not exist yet.
pub fn older(etag: &str, field: &str, version: i64) -> Result<Option<i64>, RpcError> {
    if etag.is_empty() {
        return Ok(None);
    }
    let base: Etag = etag.parse().map_err(|error| RpcError::invalid(field, format!("{error}")))?;
    match base.version() {
        base if base > version => Err(RpcError::etag_mismatch(&Etag::of(version).to_string())),
        base => Ok(Some(base).filter(|base| *base < version)),
    }
}

#[cfg(test)]
mod tests {
    use tasktracker_server::Code;

    use super::*;

    #[test]
    fn only_an_older_version_needs_history() {
        assert_eq!(older("", "task.etag", 3).unwrap(), None);
        assert_eq!(older("\"3\"", "task.etag", 3).unwrap(), None);
        assert_eq!(older("\"2\"", "task.etag", 3).unwrap(), Some(2));
    }

    #[test]
    fn what_was_never_sent_is_refused() {
        assert_eq!(older("\"4\"", "task.etag", 3).unwrap_err().code(), Code::Aborted);
        assert_eq!(older("3", "task.etag", 3).unwrap_err().code(), Code::InvalidArgument);
    }
}
