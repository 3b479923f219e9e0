//! Projects between the API and the rules.

use std::collections::BTreeSet;

use tasktracker_proto::core::v1 as proto;
use tasktracker_server::time::to_proto;

use crate::domain::choices::Visibility;
use crate::domain::invalid::Invalid;
use crate::domain::mask::EditableField;
use crate::domain::project::{Project, ProjectError, ProjectField, ProjectFields};
use crate::domain::version::Etag;
use crate::domain::zone::Zone;

/// A project as the API shows it.
pub fn of_project(project: &Project) -> proto::Project {
    proto::Project {
        id: project.id.to_string(),
        key: project.key.to_string(),
        name: project.fields.name.clone(),
        description: project.fields.description.clone(),
        time_zone: project.fields.time_zone.to_string(),
        visibility: project.fields.visibility.number(),
        creator_id: project.creator_id.to_string(),
        create_time: Some(to_proto(project.create_time)),
        update_time: Some(to_proto(project.update_time)),
        archive_time: project.archive_time.map(to_proto),
        delete_time: project.delete_time.map(to_proto),
        etag: Etag::of(project.version).to_string(),
    }
}

/// What a write answers so that a later read can wait for it.
pub fn consistency_token(project: &Project) -> String {
    format!("{}:{}", project.id, project.version)
}

/// The fields that a client decides, in the types of the rules, and what is wrong with them. A wrong value, and one that is not among
/// `wanted`, is replaced by the default.
pub fn to_fields(sent: &proto::Project, wanted: &BTreeSet<ProjectField>) -> (ProjectFields, Vec<Invalid>) {
    let mut broken = Vec::new();
    let mut note = |field: ProjectField, problem: String| {
        if wanted.contains(&field) {
            broken.push(Invalid::new(field.name(), problem));
        }
    };
    let time_zone = match sent.time_zone.as_str() {
        "" => Zone::UTC,
        name => name.parse().unwrap_or_else(|error| {
            note(ProjectField::TimeZone, format!("{error}"));
            Zone::UTC
        }),
    };
    let visibility = match sent.visibility {
        0 => Visibility::Private,
        number => Visibility::from_number(number).unwrap_or_else(|| {
            note(ProjectField::Visibility, "must be one of its values".to_owned());
            Visibility::Private
        }),
    };
    (
        ProjectFields {
            name: sent.name.clone(),
            description: sent.description.clone(),
            time_zone,
            visibility,
        },
        broken,
    )
}

/// The verdict of the rules, with what was already found wrong: a client learns everything at once.
pub fn all_at_once<T>(mut broken: Vec<Invalid>, verdict: Result<T, ProjectError>) -> Result<T, ProjectError> {
    match verdict {
        Err(ProjectError::Invalid(more)) => {
            broken.extend(more);
            Err(ProjectError::Invalid(broken))
        }
        Ok(_) | Err(ProjectError::Conflict(_)) if !broken.is_empty() => Err(ProjectError::Invalid(broken)),
        verdict => verdict,
    }
}

/// The fields that are set in a message: what an update without a mask changes.
pub fn set_fields(sent: &proto::Project) -> Vec<ProjectField> {
    let mut set = Vec::new();
    let mut note = |is_set: bool, field: ProjectField| {
        if is_set {
            set.push(field);
        }
    };
    note(!sent.name.is_empty(), ProjectField::Name);
    note(!sent.description.is_empty(), ProjectField::Description);
    note(!sent.time_zone.is_empty(), ProjectField::TimeZone);
    note(sent.visibility != 0, ProjectField::Visibility);
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(wanted: &[ProjectField], sent: proto::Project) -> (String, Visibility, Vec<&'static str>) {
        let (fields, broken) = to_fields(&sent, &wanted.iter().copied().collect());
        (
            fields.time_zone.to_string(),
            fields.visibility,
            broken.iter().map(|invalid| invalid.field).collect(),
        )
    }

    #[test]
    fn what_is_not_given_has_a_default() {
        assert_eq!(
            fields(ProjectField::ALL, proto::Project::default()),
            ("UTC".to_owned(), Visibility::Private, vec![])
        );
    }

    #[test]
    fn only_wanted_fields_can_be_wrong() {
        let sent = proto::Project {
            time_zone: "Mars/Olympus".to_owned(),
            visibility: 9,
            ..proto::Project::default()
        };
        assert_eq!(fields(ProjectField::ALL, sent.clone()).2, ["time_zone", "visibility"]);
        assert_eq!(fields(&[ProjectField::Name], sent).2, [""; 0]);
    }

    #[test]
    fn without_a_mask_the_set_fields_change() {
        assert_eq!(set_fields(&proto::Project::default()), []);
        let all = proto::Project {
            name: "a".to_owned(),
            description: "b".to_owned(),
            time_zone: "UTC".to_owned(),
            visibility: 1,
            ..proto::Project::default()
        };
        assert_eq!(set_fields(&all), ProjectField::ALL);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let (zone, name) = (Invalid::new("time_zone", "x"), Invalid::new("name", "y"));
        let both = all_at_once::<()>(vec![zone.clone()], Err(ProjectError::Invalid(vec![name.clone()])));
        assert_eq!(both, Err(ProjectError::Invalid(vec![zone.clone(), name])));
        assert_eq!(
            all_at_once(vec![zone.clone()], Ok(())),
            Err(ProjectError::Invalid(vec![zone.clone()]))
        );
        assert_eq!(
            all_at_once::<()>(vec![zone], Err(ProjectError::ReadOnly)),
            Err(ProjectError::ReadOnly)
        );
        assert_eq!(all_at_once(vec![], Ok(7)), Ok(7));
    }
}
