//! The gateway over real sockets, in front of a service that is made of descriptors alone. The list is the pitfalls that other gateways
//! have paid for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod backend;
mod browsers;
mod deadlines;
mod documents;
mod grpc;
mod grpc_web;
mod headers;
mod later;
mod rest_answers;
mod rest_requests;
mod rest_routes;
mod start;
mod streams;
mod transfers;
mod world;
