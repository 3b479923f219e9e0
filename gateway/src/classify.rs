//! What kind of request it is, by method, version and content type.

use http::header::{self, HeaderMap};
use http::{Method, Request, Version};

use crate::cors::Cors;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A browser asks whether another origin's page may call.
    Preflight,
    /// Native gRPC.
    Grpc,
    /// Native gRPC over HTTP/1.1, whose trailers would be lost in silence.
    GrpcWithoutTrailers,
    /// gRPC-web, with the content type in the one spelling that the translation knows.
    GrpcWeb(&'static str),
    /// A gRPC content type with a method that cannot be a call.
    GrpcWrongMethod,
    /// REST, documents, the UI.
    Plain,
}

impl Kind {
    /// The kind of a request.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        if Cors::is_preflight(request) {
            return Self::Preflight;
        }
        let Some(kind) = by_content_type(request.headers()) else {
            return Self::Plain;
        };
        if request.method() != Method::POST {
            return Self::GrpcWrongMethod;
        }
        match kind {
            Self::Grpc if request.version() != Version::HTTP_2 => Self::GrpcWithoutTrailers,
            kind => kind,
        }
    }

    /// For metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Grpc | Self::GrpcWithoutTrailers | Self::GrpcWrongMethod => "grpc",
            Self::GrpcWeb(_) => "grpc-web",
            Self::Plain => "http",
        }
    }
}

fn by_content_type(headers: &HeaderMap) -> Option<Kind> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next()?.trim().to_ascii_lowercase();
    let rest = essence.strip_prefix("application/grpc")?;
    Some(match rest {
        "-web" | "-web+proto" => Kind::GrpcWeb("application/grpc-web+proto"),
        "-web-text" | "-web-text+proto" => Kind::GrpcWeb("application/grpc-web-text+proto"),
        "" => Kind::Grpc,
        other if other.starts_with('+') => Kind::Grpc,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(method: &str, version: Version, content_type: &str) -> Kind {
        let request = Request::builder()
            .method(method)
            .version(version)
            .header("content-type", content_type)
            .body(())
            .unwrap();
        Kind::of(&request)
    }

    #[test]
    fn content_types_decide_whatever_their_case_and_parameters() {
        assert_eq!(kind("POST", Version::HTTP_2, "application/grpc"), Kind::Grpc);
        assert_eq!(kind("POST", Version::HTTP_2, "application/grpc+proto"), Kind::Grpc);
        assert_eq!(kind("POST", Version::HTTP_11, "application/grpc"), Kind::GrpcWithoutTrailers);
        assert_eq!(
            kind("POST", Version::HTTP_11, "Application/gRPC-Web+proto; charset=utf-8"),
            Kind::GrpcWeb("application/grpc-web+proto")
        );
        assert_eq!(
            kind("POST", Version::HTTP_11, "application/grpc-web-text;charset=utf-8"),
            Kind::GrpcWeb("application/grpc-web-text+proto")
        );
        assert_eq!(kind("GET", Version::HTTP_11, "application/grpc-web"), Kind::GrpcWrongMethod);
        assert_eq!(kind("POST", Version::HTTP_11, "application/json"), Kind::Plain);
        assert_eq!(kind("POST", Version::HTTP_11, "application/grpcx"), Kind::Plain);
    }
}
