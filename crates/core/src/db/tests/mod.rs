//! Lists on real databases: what filters let through, which rows pages have, and how the databases find them.

mod filters;
mod mail_suppressions;
mod notifications;
mod pages;
mod plans;
mod store;
