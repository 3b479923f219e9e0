//! What every process of the project promises at its border, shown on a service that does nothing but misbehave.

mod deadlines;
mod foreign;
mod lifecycle;
mod limits;
mod listen;
mod panics;
mod raw;
mod reflection;
mod request_ids;
mod slow_clients;
mod stopping;
mod streams;
mod things;
