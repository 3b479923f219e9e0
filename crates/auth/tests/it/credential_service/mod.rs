//! Credentials for tokens.

mod exchange_credential;
mod issue_service_token;
