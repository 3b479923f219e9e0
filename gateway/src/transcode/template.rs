//! Path templates of `google.api.http`: `/v1/projects/{project_id}/tasks/{task.id}:move`, with `*`, `**` and `{name=a/*/**}`.

use percent_encoding::percent_decode_str;
use tasktracker_server::RpcError;

/// A part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text.
    Literal(String),
    /// Any one segment that is not empty.
    One,
    /// All the rest; only at the end.
    Rest,
}

/// A variable of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Path of the request field, such as `["task", "id"]`.
    pub field: Vec<String>,
    start: usize,
    end: usize,
    multiple: bool,
}

impl Variable {
    /// Whether the segment at this place belongs to the variable.
    #[must_use]
    pub fn covers(&self, index: usize) -> bool {
        (self.start..self.end).contains(&index)
    }
}

/// A path template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// As it was written.
    pub text: String,
    /// Its segments.
    pub segments: Vec<Segment>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// What follows the colon.
    pub verb: Option<String>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// It does not follow the grammar of `google/api/http.proto`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let read = || -> Option<Self> {
            let mut rest = text.strip_prefix('/')?;
            let mut verb = None;
            if let Some(colon) = rest.rfind(':')
                && !rest[colon..].contains(['/', '}'])
            {
                verb = Some(literal(&rest[colon + 1..])?);
                rest = &rest[..colon];
            }
            let (mut segments, mut variables) = (Vec::new(), Vec::new());
            loop {
                let start = segments.len();
                if let Some(open) = rest.strip_prefix('{') {
                    let (inside, after) = open.split_once('}')?;
                    let (field, pattern) = inside.split_once('=').unwrap_or((inside, "*"));
                    for part in pattern.split('/') {
                        segments.push(segment(part)?);
                    }
                    let field: Vec<_> = field.split('.').map(literal).collect::<Option<_>>()?;
                    let multiple = segments.len() - start > 1 || segments.last() == Some(&Segment::Rest);
                    variables.push(Variable {
                        field,
                        start,
                        end: segments.len(),
                        multiple,
                    });
                    rest = after;
                } else {
                    let end = rest.find('/').unwrap_or(rest.len());
                    segments.push(segment(&rest[..end])?);
                    rest = &rest[end..];
                }
                if rest.is_empty() {
                    break;
                }
                rest = rest.strip_prefix('/')?;
            }
            let inner_rest = segments.iter().rev().skip(1).any(|segment| *segment == Segment::Rest);
            (!inner_rest).then(|| Self {
                text: text.to_owned(),
                segments,
                variables,
                verb,
            })
        };
        read().ok_or_else(|| anyhow::anyhow!("{text} is no path template"))
    }

    /// The variable that a segment belongs to.
    #[must_use]
    pub fn variable_at(&self, index: usize) -> Option<&Variable> {
        self.variables.iter().find(|variable| variable.covers(index))
    }

    /// The value of a variable in a path that matched.
    ///
    /// # Errors
    /// It is no UTF-8 when decoded.
    pub fn value(&self, variable: &Variable, path: &[&str]) -> Result<String, RpcError> {
        let end = if self.segments.get(variable.end - 1) == Some(&Segment::Rest) {
            path.len()
        } else {
            variable.end
        };
        let parts = &path[variable.start..end];
        let decoded: Result<Vec<String>, _> = parts.iter().map(|part| decode(part, variable.multiple)).collect();
        decoded.map(|parts| parts.join("/")).ok_or_invalid(&variable.field.join("."))
    }
}

trait OrInvalid<T> {
    fn ok_or_invalid(self, field: &str) -> Result<T, RpcError>;
}

impl<T> OrInvalid<T> for Result<T, std::str::Utf8Error> {
    fn ok_or_invalid(self, field: &str) -> Result<T, RpcError> {
        self.map_err(|_| RpcError::invalid(field, "is no UTF-8 in the path"))
    }
}

/// Decodes one segment. A variable of several segments keeps `%2F`, or its borders would be lost.
fn decode(part: &str, keep_slashes: bool) -> Result<String, std::str::Utf8Error> {
    if !keep_slashes {
        return Ok(percent_decode_str(part).decode_utf8()?.into_owned());
    }
    let pieces: Vec<_> = part
        .replace("%2f", "%2F")
        .split("%2F")
        .map(|piece| percent_decode_str(piece).decode_utf8().map(String::from))
        .collect::<Result<_, _>>()?;
    Ok(pieces.join("%2F"))
}

fn segment(text: &str) -> Option<Segment> {
    match text {
        "*" => Some(Segment::One),
        "**" => Some(Segment::Rest),
        text => literal(text).map(Segment::Literal),
    }
}

fn literal(text: &str) -> Option<String> {
    let valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    valid.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_as_google_writes_them() {
        let template = Template::parse("/v1/{name=shelves/*/books/*}/{a.b}:publish").unwrap();
        assert_eq!(template.verb.as_deref(), Some("publish"));
        assert_eq!(template.segments.len(), 6);
        assert_eq!(template.variables[1].field, ["a", "b"]);
        let path = ["v1", "shelves", "s%2F1", "books", "b%20%C3%A4", "x%2Fy"];
        assert_eq!(template.value(&template.variables[0], &path).unwrap(), "shelves/s%2F1/books/b ä");
        assert_eq!(template.value(&template.variables[1], &path).unwrap(), "x/y");
        assert!(template.value(&template.variables[1], &["", "", "", "", "", "%FF"]).is_err());
    }

    #[test]
    fn the_rest_is_one_variable() {
        let template = Template::parse("/v1/{path=**}").unwrap();
        assert_eq!(template.value(&template.variables[0], &["v1", "a", "b%2f"]).unwrap(), "a/b%2F");
    }

    #[test]
    fn what_breaks_the_grammar_is_refused() {
        for wrong in [
            "v1",
            "/",
            "/v1//x",
            "/v1/{id",
            "/v1/{}",
            "/v1/**/x",
            "/v1/a b",
            "/v1/{id}x",
            "/v1/x:",
            "/v1/{a=}",
        ] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
