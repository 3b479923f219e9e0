//! Addresses for mail.

mod get_contacts;
